"""Folders and lists as people have them: each is read as it was meant, or refused in one line."""

import os
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from isra_model.data.benchmark import BenchmarkError, Ignored
from isra_model.data.benchmarks import load_task
from isra_model.data.folder import load_tree
from isra_model.data.streams import decode_images
from isra_model.data.transforms import Preprocessing
from tests.data.conftest import MakeImages

COMPOSED = unicodedata.normalize("NFC", "vélo")
TWO = ("a/bed/1.png", "a/mug/2.png", "b/mug/3.png")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *[("bike", "Bike"), ("road bike", "road_bike"), ("Road-Bike", "ROADBIKE"), ("ÉTÉ", "été")],
        *[(COMPOSED, unicodedata.normalize("NFD", COMPOSED)), (unicodedata.normalize("NFD", COMPOSED), COMPOSED)],
    ],
)
@pytest.mark.parametrize("benchmark", ["tree", "lists"])
def test_classes_agree_however_they_are_spelled(
    ours: str, theirs: str, benchmark: str, make_images: MakeImages, tmp_path: Path
) -> None:
    root = make_images(tmp_path, [f"a/{ours}/1.png", "a/zebra/2.png", f"b/{theirs}/3.png"])
    (root / "a.txt").write_text(f"a/{ours}/1.png 0\na/zebra/2.png 1\n")
    (root / "b.txt").write_text(f"b/{theirs}/3.png 0\n")
    names = ("a", "b") if benchmark == "tree" else (str(root / "a.txt"), str(root / "b.txt"))
    task = load_task(benchmark, *names, root)
    assert (set(task.benchmark.classes), task.target_classes) == ({ours, "zebra"}, (ours,))


def test_a_root_may_be_text(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, list(TWO))
    assert (
        load_task("tree", "a", "b", str(root)).benchmark.classes == load_task("tree", "a", "b", root).benchmark.classes
    )


def test_an_argument_that_is_another_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`target` is 3: give text"):
        load_task("tree", "a", 3, tmp_path)  # type: ignore[arg-type]


def test_images_that_are_in_both_domains_are_said(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, list(TWO))
    (root / "link").symlink_to("a")
    lists = [root / name for name in ("a.txt", "b.txt")]
    for file in lists:
        file.write_text("a/bed/1.png 0\na/mug/2.png 1\n")

    assert "'link' and 'a' have in common: 2. They train with" in load_task("tree", "a", "link", root).notes[-1]
    assert "'a/mug' and 'a' have in common: 1. They train with" in load_task("tree", "a", "a/mug", root).notes[-1]
    assert "have in common: 2. They train with" in load_task("lists", str(lists[0]), str(lists[1]), root).notes[-1]
    assert load_task("tree", "a", "b", root).leaks == load_task("tree", "a", "a", root).leaks == ()


def test_folders_that_differ_in_case_alone_are_one_class_and_it_is_said(
    make_images: MakeImages, tmp_path: Path
) -> None:
    domain = load_tree(make_images(tmp_path, ["a/Bike/1.png", "a/bike/2.png", "a/mug/1.png"])).domain("a")
    assert domain.labels.tolist() == [0, 0, 1]
    assert domain.notes == ("a: 'Bike' and 'bike' are taken for one class.",)


def test_a_difference_that_numbers_make_is_kept(make_images: MakeImages, tmp_path: Path) -> None:
    assert load_tree(make_images(tmp_path, ["a/1-1/1.png", "a/11/2.png"])).classes == ("1-1", "11")


@pytest.mark.parametrize(
    "rubbish",
    [
        *["a/mug/.ipynb_checkpoints/2-checkpoint.png", "a/mug/@eaDir/2.png/SYNOPHOTO_THUMB_M.png", "a/mug/._2.png"],
        *[
            "a/mug/Thumbs.db",
            "a/mug/desktop.ini",
            "a/.ipynb_checkpoints/2.png",
            "a/@eaDir/x.png",
            "a/__MACOSX/mug/2.png",
        ],
    ],
)
def test_what_programs_leave_behind_is_left_out_in_silence(
    rubbish: str, make_images: MakeImages, tmp_path: Path
) -> None:
    task = load_task("tree", "a", "b", make_images(tmp_path, [*TWO, rubbish]))
    assert task.source_images().keys == TWO[:2]
    assert task.notes == ()
    assert [each.by_machine for each in task.benchmark.domain("a").ignored] == [True]


@pytest.mark.parametrize(
    "name", ["@__thumb", "@Recently-Snapshot", "#snapshot", "#recycle", "@Recycle", ".thumbnails", "CVS"]
)
@pytest.mark.parametrize("place", ["a", "a/mug"])
def test_what_a_file_server_keeps_is_neither_a_class_nor_in_one(
    name: str, place: str, make_images: MakeImages, tmp_path: Path
) -> None:
    root = make_images(tmp_path, [*TWO, f"{place}/{name}/2.png"])
    (root / place / name / "Entries").touch()
    task = load_task("tree", "a", "b", root)
    assert (task.source_images().keys, task.notes) == (TWO[:2], ())


@pytest.mark.parametrize("name", ["CVS", "#1", "@home", "recycle"])
def test_a_class_may_be_called_nearly_as_a_programs_folder(name: str, make_images: MakeImages, tmp_path: Path) -> None:
    assert name in load_tree(make_images(tmp_path, [*TWO, f"a/{name}/1.png"])).classes


def test_a_class_may_begin_with_underscores(make_images: MakeImages, tmp_path: Path) -> None:
    assert load_tree(make_images(tmp_path, ["a/__background__/1.png", "a/mug/2.png"])).classes[0] == "__background__"


def test_what_lies_below_the_root_beside_the_two_domains_is_not_read(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*TWO, "c/sofa/1.png", "runs/a-to-b/ba3us/1.png"])
    (root / "annotations" / "xml").mkdir(parents=True)
    (root / ".ipynb_checkpoints").mkdir()
    task = load_task("tree", "a", "b", root)
    assert (task.benchmark.classes, set(task.benchmark.domains), task.notes) == (("bed", "mug"), {"a", "b"}, ())


def test_images_are_known_by_their_content(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*TWO, "a/mug/photo.JFIF", "a/mug/no-extension", "a/mug/png.jpg", "a/mug/5.dat"])
    Image.new("1", (4, 4)).save(root / "a/mug/binary.pbm", "PPM")
    Image.new("P", (4, 4)).save(root / "a/mug/palette.png")
    Image.new("CMYK", (4, 4)).save(root / "a/mug/print.jpeg")
    (root / "a/mug/notes.txt").write_text("not an image")
    (root / "a/mug/data.json").write_text("{}")
    (root / "a/mug/empty.jpg").touch()
    task = load_task("tree", "a", "b", root)
    names = ["2.png", "5.dat", "binary.pbm", "empty.jpg", "no-extension", "palette.png", "photo.JFIF", "png.jpg"]
    assert [Path(key).name for key in task.source_images().keys if "mug" in key] == [*names, "print.jpeg"]
    assert task.notes == ("a: left out, no image, by its content: a/mug/data.json and 1 more",)
    assert decode_images(task.source_images(), Preprocessing(4, 4)).skipped == (
        "a/mug/empty.jpg: The file is empty: save the image again and retry.",
    )


def test_links_to_folders_are_followed_but_not_in_circles(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, [*TWO, "store/blue/4.png"])
    for link, target in (("blue", root / "store/blue"), ("again", root / "store/blue"), ("up", root), ("me", ".")):
        (root / "a/mug" / link).symlink_to(target)
    domain = load_tree(root, ["a"]).domain("a")
    assert domain.keys == ("a/bed/1.png", "a/mug/2.png", "a/mug/again/4.png")
    assert [each.name for each in domain.ignored] == ["a/mug/blue/", "a/mug/me/", "a/mug/up/"]


@pytest.mark.parametrize("target", [".", "..", "../../data"])
def test_a_link_to_a_folder_above_is_no_class(target: str, make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path / "data", TWO)
    (root / "a/loop").symlink_to(target)
    domain = load_tree(root, ["a"]).domain("a")
    assert domain.keys == TWO[:2]
    assert domain.ignored == (Ignored("a/loop/", "a link to a folder that is read already"),)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_a_telephones_pictures_are_told_from_what_is_no_image(
    brand: bytes, make_images: MakeImages, tmp_path: Path
) -> None:
    root = make_images(tmp_path, TWO)
    (root / "a/mug/photo").write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0")
    assert load_task("tree", "a", "b", root).notes == (
        "a: left out, HEIC or AVIF, save it as JPEG or PNG: a/mug/photo",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("closed", ["a/mug", "a", "."])
def test_what_may_not_be_read_is_said(closed: str, make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path / "data", TWO)
    (root / closed).chmod(0)
    try:
        with pytest.raises(BenchmarkError, match="has one class, 'bed'|cannot be read: check its permissions"):
            load_task("tree", "a", "b", root)
    finally:
        (root / closed).chmod(0o700)


def test_the_source_alone_may_have_a_folder_between(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, ["a/images/bed/1.png", "a/images/mug/2.png", "b/mug/3.png", "b/bed/4.png"])
    with pytest.raises(BenchmarkError, match="'a' has one class, 'images': .* pass 'a/images' for 'a'"):
        load_task("tree", "a", "b", root)


def test_a_folder_between_domain_and_classes_is_named_and_can_be_passed(
    make_images: MakeImages, tmp_path: Path
) -> None:
    root = make_images(tmp_path, [path.replace("/", "/images/", 1) for path in TWO])
    with pytest.raises(BenchmarkError, match="'a' has one class, 'images': .* pass 'a/images' for 'a'") as refusal:
        load_task("tree", "a", "b", root)
    assert "\n" not in str(refusal.value)
    for source, target in (("a/images", "b/images/"), ("a\\images", ".\\b\\images\\")):
        task = load_task("tree", source, target, root)
        assert (task.source, task.target, task.target_classes) == ("a/images", "b/images", ("mug",))


def test_a_class_that_is_folders_of_images_is_said(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, ["a/old/bed/1.png", "a/old/mug/2.png", "a/new/mug/3.png", "b/old/mug/4.png"])
    assert load_task("tree", "a", "b", root).notes == (
        "a: the class 'old' is 2 folders of images: if these are the classes, pass 'a/old' for it.",
    )


@pytest.mark.parametrize(
    ("parts", "inside"),
    [
        *[(["train", "val"], "train"), (["Test", "Train", "Val"], "Train"), (["testing", "validation"], "testing")],
        *[(["annotations", "images"], "images"), (["images", "masks"], "images")],
    ],
)
@pytest.mark.parametrize("domain", ["a", "b"])
def test_the_parts_of_a_dataset_are_no_classes(
    domain: str, parts: list[str], inside: str, make_images: MakeImages, tmp_path: Path
) -> None:
    other = "b" if domain == "a" else "a"
    images = [f"{domain}/{part}/{name}/1.png" for part in parts for name in ("bed", "mug")]
    root = make_images(tmp_path, [*images, f"{other}/bed/1.png", f"{other}/mug/1.png"])
    with pytest.raises(BenchmarkError, match=f"' are taken for classes, .* pass '{domain}/{inside}' for '{domain}'"):
        load_task("tree", "a", "b", root)
    source, target = (f"{name}/{inside}" if name == domain else name for name in "ab")
    assert load_task("tree", source, target, root).target_classes == ("bed", "mug")


def test_a_class_may_be_called_as_a_part_of_a_dataset_beside_others(make_images: MakeImages, tmp_path: Path) -> None:
    root = make_images(tmp_path, ["a/bus/1.png", "a/mask/2.png", "a/train/3.png", "b/mask/4.png", "b/train/5.png"])
    assert load_task("tree", "a", "b", root).target_classes == ("mask", "train")


@pytest.mark.parametrize("source", ["a/", "A", "./a"])
def test_a_domain_may_be_written_as_a_folder(source: str, make_images: MakeImages, tmp_path: Path) -> None:
    assert load_task("tree", source, "b", make_images(tmp_path, TWO)).source == "a"


@pytest.mark.parametrize(
    "lines",
    [
        *["\ufeff{0} 0\n{1} 1\n", "# ours\n{0} 0\n\n  # theirs\n{1} 1\n", "{0} 0\r\n{1} 1\r\n", "{0}\t0\n{1}\t1\n"],
        *["{0},0\n{1}, 1\n", "path,label\n{0};0\n{1};1\n", '"{0}",0\n"{1}","1"\n', "'{0}' 0\n'{1}' 1\n"],
        *["C:\\Users\\ann\\{2} 0\nC:\\Users\\ann\\{3} 1\n", "{2} 0\n{3} 1\n"],
    ],
    ids=["mark", "comments", "crlf", "tabs", "commas", "heading", "quotes", "single", "drive", "backslashes"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_list_is_read_however_it_was_written(
    lines: str, encoding: str, make_images: MakeImages, tmp_path: Path
) -> None:
    paths = f"a/my {COMPOSED}/1, left.png", "a/mug 2/2.png"
    root = make_images(tmp_path, paths)
    written = [unicodedata.normalize("NFD", path) for path in paths]
    text = lines.format(*written, *(path.replace("/", "\\") for path in written))
    (root / "a.txt").write_bytes(text.encode(encoding))
    task = load_task("lists", str(root / "a.txt"), str(root / "a.txt"), root)
    assert task.source_images().keys == paths
    assert task.source_images().labels.tolist() == [0, 1]
