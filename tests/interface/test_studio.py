"""Which checkpoints the app offers, and what it says when there is none."""

import math
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from isra_model.data.transforms import resized
from isra_model.inspection.appearance import statistics
from isra_model.interface.library import TaskEntry
from isra_model.interface.navigation import suited_payload
from isra_model.interface.page import build_page
from isra_model.interface.studio import OpenTask, Studio, StudioError, open_task
from tests.interface.conftest import NAME


def test_only_folders_with_a_gallery_are_offered(studio: Studio) -> None:
    assert studio.names == (NAME,)


def test_accuracy_is_read_from_the_main_model(studio: Studio) -> None:
    assert studio.accuracy(NAME) == 61.25


def test_a_task_is_opened_once(studio: Studio) -> None:
    assert studio.task(NAME) is studio.task(NAME)


def test_a_task_that_takes_long_to_read_keeps_no_other_waiting(studio: Studio, task_folder: Path) -> None:
    root = next(iter(studio._entries.values())).folder.parent
    shutil.copytree(task_folder, root / "slow")
    begun, may_end = threading.Event(), threading.Event()

    def opener(entry: TaskEntry) -> OpenTask:
        if entry.name == "slow":
            begun.set()
            assert may_end.wait(600)
        return open_task(entry)

    two = Studio(root, root.parent / "examples", opener)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(two.task, "slow")
        assert begun.wait(600)
        assert two.task(NAME).name == NAME
        may_end.set()
        assert slow.result().name == "slow"
    shutil.rmtree(root / "slow")


@pytest.mark.parametrize("name", ["nothing", "../" + NAME, "unfinished", ""])
def test_an_unknown_task_is_refused_without_a_path(studio: Studio, name: str) -> None:
    with pytest.raises(StudioError) as refusal:
        studio.task(name)
    assert "/" not in str(refusal.value)
    assert studio.sprite(name, 0) is None


def test_an_own_task_is_there_for_who_knows_its_name_until_it_is_deleted(studio: Studio, task_folder: Path) -> None:
    there = {"token": task_folder}
    root = next(iter(studio._entries.values())).folder.parent
    mine = Studio(root, root.parent / "examples")
    mine.own_tasks = there.get
    task = mine.task("~token")
    assert mine.names == (NAME,)
    assert mine.sprite("~token", 0) is not None
    assert "token" not in task.topics_id("ba3us-isra") + task.location
    with pytest.raises(StudioError, match="no longer here"):
        mine.task("~another")
    there.clear()
    assert not mine.holds("~token")
    with pytest.raises(StudioError, match="no longer here"):
        mine.task("~token")
    assert mine.sprite("~token", 0) is None


def test_a_sprite_beyond_the_last_is_none(studio: Studio) -> None:
    assert studio.sprite(NAME, 0) is not None
    assert studio.sprite(NAME, 99) is None


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="train one"):
        Studio(tmp_path, tmp_path)


def test_without_examples_the_first_image_of_a_gallery_is_the_example(studio: Studio, tmp_path: Path) -> None:
    root = next(iter(studio._entries.values())).folder.parent
    away = Studio(root, tmp_path / "examples")

    (example,) = away.examples

    assert (example.title, example.open()) == ("ball", studio.task(NAME).gallery.thumbnail(0))
    assert example.python == f'Inspector.from_pretrained("{root.name}/{NAME}").gallery.thumbnail(0)'
    assert build_page(away).blocks


def test_what_is_drawn_goes_to_the_task_that_adapts_to_drawings(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert suited_payload(studio) == {}

    root = next(iter(studio._entries.values())).folder.parent
    entry = TaskEntry(root, "mine", "all icons → drawings", "drawings", ("ba3us",), None, "whole", None)
    monkeypatch.setitem(studio._entries, "mine", entry)
    assert suited_payload(studio) == {"sketch": {"name": "mine", "title": "all icons → drawings"}}


class LooksOf:
    """How a target of one colour is drawn."""

    side = 8

    def __init__(self, colour: str) -> None:
        self.described = statistics(resized(Image.new("RGB", (8, 8), colour), self.side)[None])

    def target_density(self, described: NDArray[np.float64]) -> float:
        return 0.0 if np.array_equal(described, self.described) else -math.inf


def test_an_image_is_drawn_like_the_target_that_it_is_dense_among(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.drawn_like(Image.new("RGB", (8, 8), "red")) is None, "this gallery cannot tell"

    looks = {NAME: ("whole", LooksOf("blue")), "removed since": ("whole", LooksOf("red"))}
    monkeypatch.setitem(studio.__dict__, "_looks", looks)
    assert studio.drawn_like(Image.new("RGB", (8, 8), "blue")) == NAME
    assert studio.drawn_like(Image.new("RGB", (8, 8), "red")) is None
