"""Folder trees of every published benchmark's shape, made small."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isra_model.data.benchmark import BenchmarkError, Ignored
from isra_model.data.folder import EMPTY, load_domain, load_tree
from isra_model.data.task import partial_task

MakeTree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> MakeTree:
    """Return a function that makes a small picture at each of the given paths."""

    def make(*files: str) -> Path:
        for file in files:
            path = tmp_path / "Office" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (2, 2)).save(path)
        return tmp_path / "Office"

    return make


def test_office_home_is_domains_of_classes(tree: MakeTree) -> None:
    root = tree("Real World/Mug/1.jpg", "Real World/Bed/2.jpg", "Art/Mug/a.png", "Art/Mug/b.PNG")
    benchmark = load_tree(root)
    assert (benchmark.name, benchmark.classes) == ("Office", ("Bed", "Mug"))
    assert list(benchmark.domains) == ["Art", "Real World"]

    world = benchmark.domain("Real World")
    assert world.keys == ("Real World/Bed/2.jpg", "Real World/Mug/1.jpg")
    assert tuple(world.encoded) == (root / "Real World/Bed/2.jpg", root / "Real World/Mug/1.jpg")
    np.testing.assert_array_equal(world.labels, [0, 1])
    np.testing.assert_array_equal(benchmark.domain("Art").labels, [1, 1])
    assert (world.labels.dtype, world.heldout.dtype, world.heldout.any()) == (np.int64, np.bool_, np.False_)


def test_a_domain_may_lie_anywhere(tree: MakeTree) -> None:
    root = tree("caltech/mug/y.jpg", "caltech/clutter/z.jpg")
    domain = load_domain("C", root / "caltech", ["bed", "mug"])
    assert (domain.name, domain.keys, domain.labels.tolist()) == ("C", ("mug/y.jpg",), [1])


def test_folders_inside_a_class_belong_to_it(tree: MakeTree) -> None:
    assert load_tree(tree("Art/Mug/blue/1.jpg", "Art/Mug/2.jpg")).domain("Art").keys == (
        "Art/Mug/2.jpg",
        "Art/Mug/blue/1.jpg",
    )


def test_what_machines_leave_behind_is_no_class(tree: MakeTree) -> None:
    root = tree("Art/Mug/1.jpg", "Art/.cache/2.jpg", "__MACOSX/Mug/3.jpg")
    (root / "Art/Mug/notes.txt").write_text("not an image")
    benchmark = load_tree(root)
    assert (benchmark.classes, list(benchmark.domains), len(benchmark.domain("Art"))) == (("Mug",), ["Art"], 1)


def test_a_wrong_root_is_named(tmp_path: Path) -> None:
    for load in (load_tree, lambda root: load_domain("photos", root, ["mug"])):
        with pytest.raises(BenchmarkError, match="nowhere is not a folder: check the path"):
            load(tmp_path / "nowhere")


def test_a_root_one_folder_too_deep_is_named(tree: MakeTree) -> None:
    root = tree("Art/Mug/1.jpg")
    with pytest.raises(BenchmarkError, match=r"Art has no folders like \*/\*: give the folder above the domains"):
        load_tree(root / "Art")
    with pytest.raises(BenchmarkError, match="Mug has no folders in it: put each class's images into"):
        load_domain("Art", root / "Art/Mug", ["Mug"])


def test_a_folder_without_images_is_no_class_and_is_named(tree: MakeTree) -> None:
    root = tree("Art/Mug/1.jpg")
    (root / "Art/Bed").mkdir()
    benchmark = load_tree(root)
    assert (benchmark.classes, benchmark.domain("Art").ignored) == (("Mug",), (Ignored("Art/Bed/", EMPTY),))


def test_the_target_classes_are_those_with_target_images(tree: MakeTree) -> None:
    root = tree("photos/Bed/1.jpg", "photos/Mug/2.jpg", "photos/Pen/3.jpg", "drawings/Mug/4.png", "drawings/Pen/5.png")
    task = partial_task(load_tree(root), "photos", "drawings")
    assert task.target_classes == ("Mug", "Pen")
    np.testing.assert_array_equal(task.shared, [False, True, True])
    assert partial_task(load_tree(root), "photos", "drawings", ["Pen"]).target_images().keys == ("drawings/Pen/5.png",)


def test_a_class_missing_in_the_source_is_named(tree: MakeTree) -> None:
    benchmark = load_tree(tree("photos/Bed/1.jpg", "photos/Cup/1.jpg", "drawings/Mug/2.png"))
    with pytest.raises(BenchmarkError, match="Office: domain 'photos' has no image of class 'Mug': add images"):
        partial_task(benchmark, "photos", "drawings")


def test_a_target_class_without_target_images_is_named(tree: MakeTree) -> None:
    benchmark = load_tree(tree("photos/Bed/1.jpg", "photos/Mug/2.jpg", "drawings/Mug/3.png"))
    with pytest.raises(BenchmarkError, match=r"'drawings' has no image of class 'Bed' \(and of 1 more\)"):
        partial_task(benchmark, "photos", "drawings", ["Bed", "Sofa", "Mug"])
