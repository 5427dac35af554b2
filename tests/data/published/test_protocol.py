"""Office-Home, Office-31, VisDA-2017 and DomainNet-126 in the layouts that they are downloaded in, made small."""

from pathlib import Path

import numpy as np
import pytest

from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError, Published
from isra_model.data.benchmarks import load_benchmark
from isra_model.data.published import PROTOCOLS
from isra_model.data.published.protocol import Protocol
from isra_model.data.streams import decode_images
from isra_model.data.transforms import Preprocessing
from tests.data.conftest import MakeImages

HOME = PROTOCOLS["office-home"]


@pytest.fixture(scope="module")
def office_home(make_images: MakeImages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Art and Clipart, an image a class."""
    paths = [f"{domain}/{name}/00001.jpg" for domain in ("Art", "Clipart") for name in HOME.classes]
    return make_images(tmp_path_factory.mktemp("OfficeHomeDataset"), paths)


def test_office_home_is_a_folder_of_domains(office_home: Path) -> None:
    task = load_task("office-home", "Art", "Clipart", office_home)

    assert (task.source, task.target, task.name) == ("Art", "Clipart", "office-home-art-to-clipart")
    assert (len(task.benchmark.classes), len(task.source_images())) == (65, 65)
    assert len(task.target_classes) == len(task.target_images()) == 25
    assert (task.target_classes[0], task.target_classes[-1]) == ("Alarm_Clock", "Fork")
    assert task.source_images().keys[0] == "Alarm_Clock/00001.jpg"
    assert len(decode_images(task.target_images(), Preprocessing(8, 8))) == 25


def test_only_the_two_domains_of_the_task_have_to_be_there(office_home: Path) -> None:
    assert list(load_benchmark("office-home", "Clipart", "Art", office_home).domains) == ["Clipart", "Art"]


def test_another_number_of_images_than_published_is_said(office_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_task("office-home", "Art", "Clipart", office_home)

    assert capsys.readouterr().err.splitlines() == [
        "office-home: domain 'Art' has 65 images of all classes where 2,427 were published: compare your copy.",
        "office-home: domain 'Clipart' has 25 images of target classes where 1,675 were published: compare your copy.",
    ]


def test_the_published_number_of_images_is_no_news(
    office_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = Published(HOME.published.target_classes, {"Art": 65}, {"Clipart": 25})
    monkeypatch.setitem(PROTOCOLS, "office-home", Protocol(HOME.name, HOME.domains, HOME.classes, counted))

    load_task("office-home", "Art", "Clipart", office_home)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("folder", ["Real World", "RealWorld", "Real_World", "real-world"])
def test_copies_spell_domains_and_classes_in_their_own_way(
    folder: str, make_images: MakeImages, tmp_path: Path
) -> None:
    root = make_images(tmp_path, [f"{folder}/{name.replace('_', ' ').lower()}/1.JPG" for name in HOME.classes])

    task = load_task("office-home", "real_world", "Real World", root)

    assert (task.source, task.benchmark.classes) == ("Real World", HOME.classes)
    np.testing.assert_array_equal(np.sort(task.source_images().labels), np.arange(65))


def test_office_31_has_a_folder_of_images_in_each_domain(make_images: MakeImages, tmp_path: Path) -> None:
    classes = PROTOCOLS["office-31"].classes
    paths = [f"{domain}/images/{name}/frame_0001.jpg" for domain in ("amazon", "dslr") for name in classes]

    task = load_task("office-31", "Amazon", "dslr", make_images(tmp_path, paths))

    assert len(task.benchmark.classes) == 31
    assert task.target_classes == (
        "back_pack",
        "bike",
        "calculator",
        "headphones",
        "keyboard",
        "laptop_computer",
        "monitor",
        "mouse",
        "mug",
        "projector",
    )


def test_visda_is_train_and_validation(make_images: MakeImages, tmp_path: Path) -> None:
    classes = PROTOCOLS["visda-2017"].classes
    paths = [f"{domain}/{name}/1.png" for domain in ("train", "validation") for name in classes]
    root = make_images(tmp_path, paths)
    (root / "train" / "image_list.txt").write_text("aeroplane/1.png 0\n")

    task = load_task("visda-2017", "train", "validation", root)

    assert task.target_classes == ("aeroplane", "bicycle", "bus", "car", "horse", "knife")


def test_domainnet_126_leaves_the_other_classes_of_domainnet_out(make_images: MakeImages, tmp_path: Path) -> None:
    classes = [*PROTOCOLS["domainnet-126"].classes, "airplane", "zigzag"]
    paths = [f"{domain}/{name}/{domain}_001_000001.jpg" for domain in ("real", "sketch") for name in classes]

    task = load_task("domainnet-126", "real", "sketch", make_images(tmp_path, paths))

    assert (len(task.source_images()), len(task.target_images())) == (126, 40)
    assert (task.target_classes[0], task.target_classes[-1]) == ("aircraft_carrier", "crocodile")


def test_domainnet_126_is_what_its_lists_say_where_there_are_lists(make_images: MakeImages, tmp_path: Path) -> None:
    classes = PROTOCOLS["domainnet-126"].classes
    lines = [f"{domain}/{name}/1.jpg" for domain in ("real", "sketch") for name in classes]
    root = make_images(tmp_path, [*lines, "sketch/ant/not-in-the-list.jpg"])
    for domain in ("real", "sketch"):
        listed = [f"{domain}/{name}/1.jpg {label}" for label, name in enumerate(classes)]
        (root / f"{domain}_list.txt").write_text("\n".join(listed))

    task = load_task("domainnet-126", "real", "sketch", root)

    assert task.benchmark.classes == classes
    assert task.target_images().keys == tuple(f"sketch/{name}/1.jpg" for name in classes[:40])


def test_a_class_missing_in_the_source_is_named(office_home: Path, make_images: MakeImages, tmp_path: Path) -> None:
    paths = [f"Art/{name}/1.jpg" for name in HOME.classes if name not in ("Mug", "Webcam")]
    root = make_images(tmp_path, [*paths, *(f"Product/{name}/1.jpg" for name in HOME.classes)])

    with pytest.raises(BenchmarkError, match=r"'Art' has no image of class 'Mug' \(and of 1 more\): copy them again"):
        load_task("office-home", "Art", "Product", root)


def test_an_empty_class_is_named(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [f"Art/{name}/1.jpg" for name in HOME.classes])
    (root / "Art/Bed/1.jpg").unlink()
    with pytest.raises(BenchmarkError, match="domain 'Art' has no image of class 'Bed': copy them again"):
        load_task("office-home", "Art", "Art", root)


@pytest.mark.parametrize(
    ("root", "source", "message"),
    [
        ("nowhere", "Art", "nowhere is not a folder: check the path"),
        (".", "Photos", "office-home has no domain 'Photos'; choose one of Art, Clipart, Product, Real World"),
        (".", "Product", "has no folder 'Product': give the folder that holds Art, Clipart, Product, Real World"),
        ("Art", "Art", "Art has no folder 'Art': give the folder that holds"),
        ("wrong", "Art", "wrong/Art has no folder of a class, such as 'Alarm_Clock': give the benchmark's folder"),
    ],
)
def test_a_wrong_root_is_one_line_that_names_it(
    office_home: Path, make_images: MakeImages, root: str, source: str, message: str
) -> None:
    make_images(office_home, ["wrong/Art/Sofa Bed/1.jpg"])
    with pytest.raises(BenchmarkError, match=message) as refusal:
        load_task("office-home", source, "Clipart", office_home / root)
    assert "\n" not in str(refusal.value)


def test_a_truncated_image_is_skipped_and_named(make_images: MakeImages, png: bytes, tmp_path: Path) -> None:
    root = make_images(tmp_path, [f"Art/{name}/1.jpg" for name in HOME.classes])
    (root / "Art/Bed/2.jpg").write_bytes(png[: len(png) // 2])

    decoded = decode_images(load_task("office-home", "Art", "Art", root).source_images(), Preprocessing(8, 8))

    assert len(decoded) == 65
    assert decoded.skipped == ("Bed/2.jpg: The image is damaged or incomplete: save or download it again.",)
