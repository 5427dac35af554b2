"""A target without labels: images directly in its folder, or a list of paths alone."""

from pathlib import Path

import numpy as np
import pytest

from isra_model.data.benchmark import UNKNOWN, BenchmarkError
from isra_model.data.benchmarks import load_task
from tests.data.conftest import MakeImages

SOURCE = ("photo/bed/1.png", "photo/mug/2.png")


def test_images_directly_in_the_targets_folder(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*SOURCE, "phone/1.png", "phone/2.png", "phone/thumbs/1.png"])
    task = load_task("tree", "photo", "phone", root)

    assert (task.benchmark.classes, task.target_classes, task.labelled) == (("bed", "mug"), (), False)
    assert not task.shared.any()
    target = task.target_images()
    assert target.keys == ("phone/1.png", "phone/2.png")
    np.testing.assert_array_equal(target.labels, [UNKNOWN, UNKNOWN])
    assert len(task.target_images(heldout=True)) == 0
    assert task.notes == ("phone: left out, beside images without labels: phone/thumbs/",)


def test_a_list_without_labels(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*SOURCE, "my phone/1.png"])
    (root / "photo.txt").write_text("photo/bed/1.png 0\nphoto/mug/2.png 1\n")
    (root / "phone.txt").write_text("my phone/1.png\n")
    task = load_task("lists", str(root / "photo.txt"), str(root / "phone.txt"), root)
    assert (task.benchmark.classes, task.target_classes) == (("bed", "mug"), ())
    assert task.target_images().keys == ("my phone/1.png",)


def test_class_folders_give_labels_and_what_lies_beside_them_is_left_out(
    make_images: MakeImages, tmp_path: Path
) -> None:
    task = load_task("tree", "photo", "phone", make_images(tmp_path, [*SOURCE, "phone/1.png", "phone/mug/2.png"]))
    assert (task.target_classes, task.target_images().keys) == (("mug",), ("phone/mug/2.png",))
    assert task.notes == ("phone: left out, beside the class folders: phone/1.png",)


def test_a_domain_of_another_benchmark_may_lack_labels_too(make_images: MakeImages, tmp_path: Path) -> None:
    task = load_task("office-icons+tree", "solid", "phone", make_images(tmp_path, ["phone/1.png"]))
    assert (len(task.benchmark.classes), task.target_classes, len(task.target_images())) == (65, (), 1)


def test_only_the_target_may_lack_labels(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*SOURCE, "phone/1.png"])
    with pytest.raises(BenchmarkError, match="the source 'phone' has no labels, which only the target may lack"):
        load_task("tree", "phone", "photo", root)
