"""Sources of several domains, and what is said of them."""

from pathlib import Path

import numpy as np
import pytest

from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError
from isra_model.data.several import source_counts
from tests.data.conftest import MakeImages


@pytest.fixture
def root(make_images: MakeImages, tmp_path: Path) -> Path:
    return make_images(tmp_path, ["a/Mug/1.png", "b/Mug/1.png", "b/Pen/1.png", "c/Mug/1.png", "c/Pen/1.png"])


def test_a_source_joins_domains_in_the_order_given(root: Path) -> None:
    task = load_task("tree", "B+a", "c", root)

    assert (task.source, task.name) == ("b + a", f"{root.name}-b-a-to-c")
    images = task.source_images()
    assert images.keys == ("b/b/Mug/1.png", "b/b/Pen/1.png", "a/a/Mug/1.png")
    assert [Path(path).relative_to(root).as_posix() for path in images.encoded] == [key[2:] for key in images.keys]
    np.testing.assert_array_equal(images.labels, [0, 1, 0])
    assert source_counts(task) == {"b": 2, "a": 1}
    assert source_counts(load_task("tree", "b", "c", root)) == {}


def test_all_four_domains_of_office_icons_are_all_icons_in_any_order(root: Path) -> None:
    task = load_task("office-icons+tree", "colour+line+solid+duotone", "c", root)
    again = load_task("office-icons+tree", task.source, "c", root)

    assert task.source == "all icons"
    assert task.source_images().keys == again.source_images().keys
    assert list(source_counts(task)) == ["solid", "line", "duotone", "colour"]
    assert (len(task.benchmark.classes), task.target_classes) == (65, ("Mug", "Pen"))
    assert len(set(task.source_images().keys)) == len(task.source_images()) == sum(source_counts(task).values())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("b+B", "names a domain twice: name each once"),
        ("b+c", "The target 'c' is one of the source's domains: leave it out of them"),
        ("b+d", "no domain 'd'; choose one of a, b, c"),
    ],
)
def test_what_cannot_be_joined_is_said(root: Path, source: str, message: str) -> None:
    with pytest.raises(BenchmarkError, match=message):
        load_task("tree", source, "c", root)


def test_a_domain_held_out_is_the_targets_held_out_split_of_the_targets_classes(root: Path) -> None:
    task = load_task("office-icons+tree", "solid", "a", root, heldout="B")

    assert task.target_classes == ("Mug",)
    assert task.target_images().keys == ("a/Mug/1.png",)
    assert task.target_images(heldout=True).keys == ("b/Mug/1.png",)
    assert load_task("tree", "c", "b", root, heldout="a").target_images(heldout=True).keys == ("a/Mug/1.png",)


@pytest.mark.parametrize("heldout", ["b", "c"])
def test_what_is_trained_on_cannot_be_held_out(root: Path, heldout: str) -> None:
    with pytest.raises(BenchmarkError, match=f"'{heldout}' is trained on: give another domain to `heldout`"):
        load_task("tree", "b", "c", root, heldout=heldout)
