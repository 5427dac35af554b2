"""Both directions of ImageNet-Caltech, an image a class."""

from pathlib import Path

import pytest

from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError
from isra_model.data.published import imagenet_caltech
from tests.data.conftest import MakeImages


@pytest.fixture(scope="module")
def root(make_images: MakeImages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ImageNet's train and val by WordNet id and Caltech-256's numbered folders, `257.clutter` among them."""
    caltech = imagenet_caltech.caltech_classes()
    folders = [f"{number}.{name}" for number, name in caltech.items()] + ["257.clutter"]
    return make_images(
        tmp_path_factory.mktemp("imagenet-caltech"),
        [
            *(f"train/{name}/{name}_1.JPEG" for name in imagenet_caltech.imagenet_classes()),
            *(f"val/{name}/ILSVRC2012_val_1.JPEG" for name in imagenet_caltech.imagenet_classes()),
            *(f"256_ObjectCategories/{folder}/{folder[:3]}_0001.jpg" for folder in folders),
        ],
    )


def test_84_classes_are_shared() -> None:
    caltech, shared = imagenet_caltech.caltech_classes(), imagenet_caltech.shared_classes()
    assert (len(caltech), len(set(caltech.values())), len(shared), len(set(shared.values()))) == (256, 256, 84, 84)
    assert set(shared.values()) <= set(imagenet_caltech.imagenet_classes())


@pytest.mark.parametrize(
    ("number", "name", "label"),
    [("161", "photocopier", 713), ("127", "laptop-101", 620), ("180", "screwdriver", 784), ("012", "binoculars", 447)],
)
def test_the_pairs_are_those_of_the_lists_that_ba3us_released(number: str, name: str, label: int) -> None:
    assert imagenet_caltech.caltech_classes()[number] == name
    assert imagenet_caltech.shared_classes()[number] == imagenet_caltech.imagenet_classes()[label]


def test_from_imagenet_the_classes_are_wordnet_ids(root: Path) -> None:
    task = load_task("imagenet-caltech", "imagenet", "caltech", root)

    assert (task.source, task.target) == ("ImageNet", "Caltech")
    assert (len(task.source_images()), len(task.target_images())) == (1000, 84)
    mug = task.benchmark.classes.index("n03063599")
    assert "041.coffee-mug/041_0001.jpg" in task.target_images().keys
    assert task.target_images().labels[task.target_images().keys.index("041.coffee-mug/041_0001.jpg")] == mug


def test_from_caltech_the_classes_are_its_names_and_the_target_is_the_validation_set(root: Path) -> None:
    task = load_task("imagenet-caltech", "Caltech", "ImageNet", root)

    assert (len(task.source_images()), len(task.target_images())) == (256, 84)
    target = task.target_images()
    label = target.labels[target.keys.index("n03063599/ILSVRC2012_val_1.JPEG")]
    assert task.benchmark.classes[label] == "coffee-mug"
    assert target.encoded[0].is_relative_to(root / "val")


def test_other_numbers_of_images_than_published_are_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_task("imagenet-caltech", "Caltech", "ImageNet", root)
    errors = capsys.readouterr().err
    assert "'Caltech' has 256 images of all classes where 29,780 were published" in errors
    assert "'ImageNet' has 84 images of target classes where 4,200 were published" in errors


def test_a_validation_set_that_was_not_sorted_is_said(root: Path, make_images: MakeImages, tmp_path: Path) -> None:
    unsorted = make_images(tmp_path, ["val/ILSVRC2012_val_00000001.JPEG"])
    (unsorted / "256_ObjectCategories").symlink_to(root / "256_ObjectCategories")
    with pytest.raises(BenchmarkError, match="val has no folders in it: put each class's images into a folder"):
        load_task("imagenet-caltech", "caltech", "imagenet", unsorted)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("imagenet", "pascal", "no domain 'pascal'; choose one of ImageNet, Caltech"),
        ("imagenet", "imagenet", "goes from ImageNet to Caltech or from Caltech to ImageNet"),
        ("imagenet", "caltech", "has no folder 'train': put train, val"),
    ],
)
def test_what_is_wrong_is_one_line(source: str, target: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=message):
        load_task("imagenet-caltech", source, target, tmp_path)


def test_a_class_missing_in_the_source_is_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "val").symlink_to(root / "val")
    caltech = tmp_path / "256_ObjectCategories"
    caltech.mkdir()
    for folder in (root / "256_ObjectCategories").iterdir():
        if not folder.name.startswith("003."):
            (caltech / folder.name).symlink_to(folder)
    with pytest.raises(BenchmarkError, match="domain 'Caltech' has no image of class 'backpack': copy them again"):
        load_task("imagenet-caltech", "caltech", "imagenet", tmp_path)
