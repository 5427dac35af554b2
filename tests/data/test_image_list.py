"""`path label` lists as the published code writes them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isra_model.data.benchmark import BenchmarkError
from isra_model.data.image_list import load_image_lists

MakeList = Callable[..., Path]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a root that holds a few pictures."""
    for file in ("Art/Alarm Clock/1.jpg", "Art/Bed/2.jpg", "Real World/Bed/3.jpg"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / file)
    return tmp_path


@pytest.fixture
def write(images: Path) -> MakeList:
    """Return a function that writes an image list into the root."""

    def make(*lines: str, name: str = "list.txt") -> Path:
        (images / name).write_text("\n".join(lines) + "\n")
        return images / name

    return make


def test_a_list_a_domain(write: MakeList, images: Path) -> None:
    art = write("Art/Alarm Clock/1.jpg 0", "Art/Bed/2.jpg 1", name="Art.txt")
    world = write("./Real World/Bed/3.jpg 1", name="Real_World.txt")
    benchmark = load_image_lists("office-home", {"Art": art, "Real World": world})

    assert benchmark.classes == ("Alarm Clock", "Bed")
    assert tuple(benchmark.domain("Art").encoded) == (images / "Art/Alarm Clock/1.jpg", images / "Art/Bed/2.jpg")
    assert benchmark.domain("Real World").keys == ("Real World/Bed/3.jpg",)
    np.testing.assert_array_equal(benchmark.domain("Real World").labels, [1])
    assert not benchmark.domain("Art").heldout.any()


def test_lists_may_lie_apart_from_their_images(images: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("lists") / "art.txt"
    path.write_text(f"Art/Alarm Clock/1.jpg 0\n{images}/Art/Bed/2.jpg\t1\n\n")
    assert len(load_image_lists("office-home", {"Art": path}, root=images).domain("Art")) == 2


def test_the_folders_of_the_authors_machine_are_taken_off(write: MakeList, images: Path) -> None:
    lines = ["/Checkpoint/ann/office_home/Art/Alarm Clock/1.jpg 0", "/Checkpoint/ann/office_home/Art/Bed/2.jpg 1"]
    benchmark = load_image_lists("office-home", {"Art": write(*lines)})
    assert benchmark.domain("Art").keys == ("Art/Alarm Clock/1.jpg", "Art/Bed/2.jpg")


def test_classes_can_be_named(write: MakeList) -> None:
    path = write("Art/Alarm Clock/1.jpg 0", "Art/Bed/2.jpg 1")
    assert load_image_lists("mine", {"Art": path}, classes=["clock", "bed"]).classes == ("clock", "bed")


def test_a_class_of_several_folders_is_called_by_its_number(write: MakeList) -> None:
    path = write("Art/Alarm Clock/1.jpg 0", "Art/Bed/2.jpg 0")
    assert load_image_lists("mine", {"Art": path}).classes == ("0",)


def test_a_line_written_twice_counts_once(write: MakeList) -> None:
    path = write("Art/Bed/2.jpg 0", "Art/Bed/2.jpg 0")
    assert len(load_image_lists("mine", {"Art": path}).domain("Art")) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "list.txt lists no image: write one"),
        (["Art/Bed/2.jpg", "Art/Bed/2.jpg 0"], "line 1: 'Art/Bed/2.jpg' does not end in a label: write a path"),
        (["Art/Bed/2.jpg 0", "", "Art/Bed/2.jpg bed"], "line 3: 'Art/Bed/2.jpg bed' does not end in a label"),
        (["Art/Bed/2.jpg -1"], "line 1: .* does not end in a label"),
        (["Art/Bed/9.jpg 0"], r"line 1: .*Art/Bed/9.jpg does not exist: give the folder that the paths start from"),
        (["../secret.jpg 0"], "line 1: '../secret.jpg' lies outside"),
        (["Art/../../secret.jpg 0"], "line 1: 'Art/../../secret.jpg' lies outside"),
        (["/etc/passwd 0"], "line 1: '/etc/passwd' lies outside"),
        (["Art/Bed/2.jpg 0", "Art/Bed/2.jpg 1"], "gives 'Art/Bed/2.jpg' the labels 0 and 1: keep one"),
        (["Art/Alarm Clock/1.jpg 0", "Art/Bed/2.jpg 2"], "Label 1 of 0 to 2 has no image in any list"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_in_one_line(write: MakeList, lines: list[str], message: str) -> None:
    with pytest.raises(BenchmarkError, match=message) as refusal:
        load_image_lists("mine", {"Art": write(*lines)})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("line", ["Art/Bed/2.jpg\u200b 0", "\u2060Art/\u200bBed/2.jpg 0", "Art/Bed/2.jpg 0\u200b"])
def test_characters_that_cannot_be_seen_are_left_out(write: MakeList, line: str) -> None:
    assert load_image_lists("mine", {"Art": write(line)}).domain("Art").keys == ("Art/Bed/2.jpg",)


def test_a_file_may_have_a_character_in_its_name_that_cannot_be_seen(write: MakeList, images: Path) -> None:
    (images / "Art/Bed/2.jpg").rename(images / "Art/Bed/2\u200b.jpg")
    assert load_image_lists("mine", {"Art": write("Art/Bed/2\u200b.jpg 0")}).domain("Art").keys == (
        "Art/Bed/2\u200b.jpg",
    )


def test_what_cannot_be_seen_is_shown_where_the_file_is_missing(write: MakeList) -> None:
    with pytest.raises(BenchmarkError, match=r"Art/Bed/2\\xa0.jpg does not exist"):
        load_image_lists("mine", {"Art": write("Art/Bed/2\xa0.jpg 0")})


def test_no_path_leaves_a_root_that_is_given_as_the_working_folder(
    write: MakeList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("../secret.jpg 0")
    (tmp_path.parent / "secret.jpg").touch()
    monkeypatch.chdir(tmp_path)

    for root in (Path(), Path("..") / tmp_path.name):
        with pytest.raises(BenchmarkError, match="lies outside"):
            load_image_lists("mine", {"Art": path}, root)


def test_a_label_without_a_name_is_said(write: MakeList) -> None:
    path = write("Art/Alarm Clock/1.jpg 0", "Art/Bed/2.jpg 1")
    with pytest.raises(BenchmarkError, match="Label 1 has no name: 1 classes are named, from label 0"):
        load_image_lists("mine", {"Art": path}, classes=["clock"])


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="There is no list .*nowhere.txt: check the path"):
        load_image_lists("mine", {"Art": tmp_path / "nowhere.txt"})
