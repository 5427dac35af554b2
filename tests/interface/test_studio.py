"""Which checkpoints the app offers, and what it says when there is none."""

from pathlib import Path

import pytest

from isra_model.interface.studio import Studio, StudioError
from tests.interface.conftest import NAME


def test_only_folders_with_a_gallery_are_offered(studio: Studio) -> None:
    assert studio.names == (NAME,)


def test_accuracy_is_read_from_the_main_model(studio: Studio) -> None:
    assert studio.accuracy(NAME) == 61.25


def test_a_task_is_opened_once(studio: Studio) -> None:
    assert studio.task(NAME) is studio.task(NAME)


@pytest.mark.parametrize("name", ["nothing", "../" + NAME, "unfinished", ""])
def test_an_unknown_task_is_refused_without_a_path(studio: Studio, name: str) -> None:
    with pytest.raises(StudioError) as refusal:
        studio.task(name)
    assert "/" not in str(refusal.value)
    assert studio.sprite(name, 0) is None


def test_a_sprite_beyond_the_last_is_none(studio: Studio) -> None:
    assert studio.sprite(NAME, 0) is not None
    assert studio.sprite(NAME, 99) is None


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="train one"):
        Studio(tmp_path, tmp_path)
