"""What a run would see, before it is paid for."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from isra_model.cli import main
from isra_model.data import checking
from isra_model.data.benchmark import BenchmarkError
from isra_model.data.checking import NearMiss, check_data
from isra_model.data.contact_sheet import contact_sheet
from tests.data.conftest import MakeImages

TREE = ("photo/bed/1.png", "photo/bed/2.png", "photo/mug/3.png", "photo/sofa/4.png", "sketch/mug/5.png")


@pytest.fixture
def root(make_images: MakeImages, tmp_path: Path) -> Path:
    return make_images(tmp_path / "pictures", TREE)


def test_classes_images_sizes_and_what_is_left_out(root: Path) -> None:
    Image.new("RGB", (40, 20)).save(root / "photo/bed/large.png")
    (root / "photo/mug/damaged.png").write_bytes(b"\x89PNG")
    (root / "photo/mug/Thumbs.db").touch()
    (root / "photo/mug/notes.txt").write_text("no image")
    findings = check_data("tree", "photo", "sketch", root)

    photo, sketch = findings.domains
    assert (photo.images, sketch.images) == ({"bed": 3, "mug": 2, "sofa": 1}, {"mug": 1})
    assert (findings.shared, photo.only, sketch.only) == (("mug",), ("bed", "sofa"), ())
    assert photo.sizes == ((4, 4), (4, 4), (40, 20))
    assert photo.unreadable == (
        "photo/mug/damaged.png: The image is damaged or incomplete: save or download it again.",
    )
    assert {each.name: each.by_machine for each in photo.ignored} == {
        "photo/mug/Thumbs.db": True,
        "photo/mug/notes.txt": False,
    }
    assert findings.problem is None
    assert findings.task is not None
    assert findings.task.target_classes == ("mug",)


@pytest.mark.parametrize(("theirs", "near"), [("mugs", "mug"), ("Sofa bed", None), ("soffa", "sofa")])
def test_what_would_stop_a_run_is_a_finding_and_so_are_near_misses(
    theirs: str, near: str | None, root: Path, make_images: MakeImages
) -> None:
    findings = check_data("tree", "photo", "drawing", make_images(root, [f"drawing/{theirs}/1.png"]))
    assert f"domain 'photo' has no image of class '{theirs}'" in str(findings.problem)
    assert findings.near_misses == ((NearMiss("photo", near, "drawing", theirs),) if near else ())


def test_every_domain_without_a_task_and_a_domain_without_labels(root: Path, make_images: MakeImages) -> None:
    make_images(root, ["phone/1.png", "phone/2.png"])
    (root / "annotations").mkdir()
    phone, photo, sketch = check_data("tree", None, None, root).domains
    assert (phone.name, phone.images, phone.unlabelled) == ("phone", {}, 2)
    assert (photo.only, sketch.only) == (("bed", "sofa"), ())
    with pytest.raises(BenchmarkError, match="give both, or none"):
        check_data("tree", "photo", None, root)


def test_a_contact_sheet_has_a_line_for_each_class_of_each_domain(root: Path) -> None:
    (root / "photo/bed/2.png").write_bytes(b"")
    with Image.open(io.BytesIO(contact_sheet(check_data("tree", "photo", "sketch", root).benchmark))) as sheet:
        assert (sheet.format, sheet.height % 4) == ("PNG", 0)


def test_the_command_prints_the_findings_and_fails_as_a_run_would(
    root: Path, make_images: MakeImages, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check = ["data", "check", "--data", str(root), "--source", "photo"]
    assert main([*check, "--target", "sketch", "--sheet", str(tmp_path / "sheet.png")]) == 0
    said = capsys.readouterr().out
    assert "photo: 4 images of 3 classes, 1 to 2 each" in said
    assert "Classes only in photo: 2 (bed, sofa)" in said
    assert "A run learns 3 classes from 4 images, and adapts to 1." in said
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")

    make_images(root, ["drawing/mugs/1.png"])
    assert main([*check, "--target", "drawing"]) == 2
    said = capsys.readouterr()
    assert "Nearly alike: 'mug' in photo and 'mugs' in drawing" in said.out
    assert said.err.startswith("isra_model: pictures: domain 'photo' has no image of class 'mugs'")


def test_a_name_that_is_not_utf_8_can_be_printed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = root / os.fsdecode(b"photo/m\xffg/tr\xffunc.png")
    damaged.parent.mkdir()
    damaged.write_bytes(b"\x89PNG")
    (damaged.parent / "2.png").write_bytes((root / TREE[0]).read_bytes())
    sheet = root / "sheet.png"
    assert main(["data", "check", "--data", str(root), "--sheet", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert r"photo/m\udcffg/tr\udcffunc.png: The image is damaged" in said
    assert said.encode()


def test_what_cannot_be_read_is_not_counted_and_the_first_are_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(7):
        (root / f"photo/bed/text-{number}.png").write_text("no image")
    assert main(["data", "check", "--data", str(root), "--source", "photo", "--target", "sketch"]) == 0
    said = capsys.readouterr().out
    assert "cannot be read, left out: 7\n    photo/bed/text-0.png: The file holds text" in said
    assert "text-4.png: " in said
    assert "    and 2 more\n" in said
    assert "text-5" not in said
    assert "A run learns 3 classes from 4 images, and adapts to 1." in said


@pytest.mark.parametrize("task", [["--source", "photo", "--target", "sketch"], []])
def test_no_run_starts_where_nothing_of_a_domain_can_be_read(
    task: list[str], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "sketch/mug/5.png").write_text("no image")
    assert main(["data", "check", "--data", str(root), *task]) == 2
    said = capsys.readouterr()
    assert "A run learns" not in said.out
    assert said.err.startswith("isra_model: No image of 'sketch' can be read, so no run can start: save or download")


def test_no_run_starts_where_nothing_of_a_source_class_can_be_read(root: Path) -> None:
    (root / "photo/mug/3.png").write_text("no image")
    findings = check_data("tree", "photo", "sketch", root)
    assert str(findings.problem).startswith("No image of class 'mug' of 'photo' can be read, so no run can start")
    assert findings.task is None


def test_a_source_that_is_the_target_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "--data", str(root), "--source", "photo", "--target", "Photo/"]) == 0
    assert "Source and target are the same domain, 'photo': this trains with its labels" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sheet", "message"),
    [("photo", "is a folder: give --sheet the name"), ("photo/bed/1.png/sheet.png", "1.png is a file: give --sheet a")],
)
def test_a_sheet_that_cannot_be_written_is_refused_before_an_image_is_opened(
    sheet: str, message: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", "--data", str(root), "--sheet", str(root / sheet)]) == 2
    said = capsys.readouterr()
    assert (said.out, message in said.err) == ("", True)


def test_progress_is_shown_where_it_takes_a_while(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_data("tree", "photo", "sketch", root)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(checking, "PATIENCE", 0)
    check_data("tree", "photo", "sketch", root)
    assert "photo:   0%" in capsys.readouterr().err
