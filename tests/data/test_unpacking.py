"""A zip or several files from a stranger: what is taken, what is ignored and what is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from isra_model.data.unpacking import UnpackingError, UnpackingLimits, unpack


def png(side: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(file, "PNG")
    return file.getvalue()


def packed(folder: Path, content: Mapping[str, bytes], mode: int = 0o644) -> list[tuple[str, Path]]:
    """Return a zip as it would be brought; ``mode`` is that of its files."""
    path = folder / "brought.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return [("brought.zip", path)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def test_nested_folders_are_read_and_what_is_no_image_is_ignored_with_a_reason(tmp_path: Path, place: Path) -> None:
    content = {"set/Mug/1.png": png(), "set/2.png": png(9), "set/notes.txt": b"hello", "__MACOSX/set/._2.png": b"x"}
    brought = unpack(packed(tmp_path, content | {"set/broken.png": png()[:40]}), place)
    assert brought.keys == ("set/Mug/1.png", "set/2.png")
    assert brought.sizes == ((8, 8), (9, 9))
    assert brought.path(1).read_bytes() == png(9)
    reasons = {each.name: each.reason for each in brought.ignored}
    assert reasons["set/notes.txt"] == "no image, by its content"
    assert reasons["__MACOSX/set/._2.png"] == "made by a program"
    assert "set/broken.png" in reasons


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("../../etc/cup.png", "cup.png"),
        ("/etc/cup.png", "cup.png"),
        ("mine/Mug/1.png", "mine/Mug/1.png"),
        ("", "image"),
    ],
)
def test_single_files_keep_the_folders_they_were_chosen_with(tmp_path: Path, place: Path, name: str, key: str) -> None:
    (tmp_path / "upload").write_bytes(png())
    assert unpack([(name, tmp_path / "upload")], place).keys == (key,)
    assert [each.name for each in place.iterdir()] == ["0.img"]


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ({"../escape.png": png()}, 0o644, "leads out"),
        ({"/etc/escape.png": png()}, 0o644, "leads out"),
        ({"C:/escape.png": png()}, 0o644, "leads out"),
        ({"a/link.png": b"/etc/passwd"}, stat.S_IFLNK | 0o777, "symbolic link"),
        ({"bomb.png": bytes(4_000_000)}, 0o644, "unpacks to far more"),
        ({f"{'a/' * 20}deep.png": png()}, 0o644, "deep"),
        ({"notes.txt": b"hello"}, 0o644, "no image"),
        ({}, 0o644, "no image"),
    ],
)
def test_a_zip_that_is_no_folder_of_images_is_refused_and_nothing_is_written(
    tmp_path: Path, place: Path, content: dict[str, bytes], mode: int, words: str
) -> None:
    with pytest.raises(UnpackingError, match=words) as refused:
        unpack(packed(tmp_path, content, mode), place)
    assert "\n" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    assert not list(place.iterdir())


def test_many_tiny_files_are_refused_from_the_directory_of_the_zip(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = packed(tmp_path, {f"{number}.png": b"" for number in range(300)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("nothing is unpacked"))
    with pytest.raises(UnpackingError, match="lists 300 files"):
        unpack(brought, place, UnpackingLimits(entries=200))


def test_too_many_images_and_files_that_are_no_zip_are_refused(tmp_path: Path, place: Path) -> None:
    brought = packed(tmp_path, {f"{number}.png": png() for number in range(3)})
    with pytest.raises(UnpackingError, match="at most 2 images"):
        unpack(brought, place, UnpackingLimits(images=2))
    (tmp_path / "not.zip").write_bytes(b"PK no zip at all")
    with pytest.raises(UnpackingError, match="no whole zip"):
        unpack([("images.zip", tmp_path / "not.zip")], place)


def test_a_zip_of_which_a_file_is_damaged_is_refused_in_words(tmp_path: Path, place: Path) -> None:
    ((name, path),) = packed(tmp_path, {"mine/mug.png": png()})
    whole = bytearray(path.read_bytes())
    begin = whole.index(b"mine/mug.png") + len(b"mine/mug.png")
    whole[begin + 8 : begin + 40] = bytes(32)
    path.write_bytes(whole)

    with pytest.raises(UnpackingError, match="damaged"):
        unpack([(name, path)], place)
