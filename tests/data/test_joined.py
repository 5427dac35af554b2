"""Tasks from a domain of one benchmark to a domain of another."""

from pathlib import Path

import numpy as np
import pytest

from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError
from tests.data.conftest import MakeImages


@pytest.fixture
def two_trees(make_images: MakeImages, tmp_path: Path) -> Path:
    """Return the folders `drawings` and `photos` in one, whose classes agree but for spelling and one class each."""
    make_images(tmp_path / "drawings", ["ink/alarm-clock/1.png", "ink/mug/1.png", "ink/sofa/1.png"])
    make_images(tmp_path / "photos", ["web/Alarm_Clock/1.png", "web/Mug/1.png", "web/Mug/2.png", "web/Zebra/1.png"])
    return tmp_path


def test_classes_are_the_sources_and_target_classes_those_that_agree(two_trees: Path) -> None:
    task = load_task("tree+tree", "ink", "WEB", Path(f"{two_trees}/drawings+{two_trees}/photos"))

    assert task.name == "drawings-photos-ink-to-web"
    assert (task.benchmark.classes, task.target_classes) == (("alarm-clock", "mug", "sofa"), ("alarm-clock", "mug"))
    np.testing.assert_array_equal(task.target_images().labels, [0, 1, 1])
    assert task.target_images().keys == ("web/Alarm_Clock/1.png", "web/Mug/1.png", "web/Mug/2.png")


def test_office_icons_needs_no_folder(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, ["RealWorld/Alarm_Clock/1.jpg", "RealWorld/Mug/1.jpg", "RealWorld/TV/1.jpg"])

    task = load_task("office-icons+office-home", "solid", "Real World", root)

    assert task.name == "office-icons-office-home-solid-to-real-world"
    assert (task.source, task.target, len(task.benchmark.classes)) == ("solid", "Real World", 65)
    assert len(task.target_classes) == len(task.target_images()) == 3


@pytest.mark.parametrize(
    ("name", "folder", "message"),
    [
        ("tree+tree", "drawings", "needs two folders: give `data` as FIRST"),
        ("tree+lists+tree", "drawings", "joins 3 benchmarks: join the source's and the target's"),
        (
            "tree+nothing",
            "drawings+photos",
            "no benchmark 'nothing'; choose one of office-icons, tree, lists, office-home",
        ),
    ],
)
def test_what_cannot_be_joined_is_said(two_trees: Path, name: str, folder: str, message: str) -> None:
    data = "+".join(f"{two_trees}/{part}" for part in folder.split("+"))
    with pytest.raises(BenchmarkError, match=message):
        load_task(name, "ink", "web", Path(data))


def test_benchmarks_without_a_common_class_are_refused(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, ["a/x/cat/1.png", "b/y/dog/1.png"])
    with pytest.raises(BenchmarkError, match="No class of b is called as one of a"):
        load_task("tree+tree", "x", "y", Path(f"{root}/a+{root}/b"))
