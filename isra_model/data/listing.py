"""What lies in a folder: images, recognised by content where the name does not say, and what is left out, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from isra_model.data.benchmark import Ignored
from isra_model.data.decoding import SNIFFED_BYTES, looks_like_image

IMAGE_SUFFIXES = (".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MACHINE_FOLDERS = frozenset(
    (
        *("#recycle", "#snapshot", "$recycle.bin", "@__thumb", "@eadir", "@recently-snapshot", "@recycle", "@sharebin"),
        *("@snapshot", "@tmp", "~snapshot", "__macosx", "__pycache__", "found.000", "lost+found"),
        "system volume information",
    )
)
MACHINE_FILES = frozenset(("desktop.ini", "ehthumbs.db", "icon\r", "picasa.ini", "thumbs.db"))

MADE_BY_MACHINE = "made by a program"
NO_IMAGE = "no image, by its content"
NOT_SUPPORTED = "HEIC or AVIF, save it as JPEG or PNG"
SEEN_BEFORE = "a link to a folder that is read already"
NOT_READABLE = "not readable, check its permissions"
NO_FILE = "no file, or a link to nowhere"

_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1")


@dataclass(frozen=True)
class Listing:
    """The images of a folder and what else is in it, as sorted paths relative to one root."""

    images: tuple[str, ...]
    ignored: tuple[Ignored, ...]


def is_machine_folder(name: str) -> bool:
    """Return whether a program leaves such a folder behind: `.cache` and `@eaDir`, but not `__background__`."""
    return name.startswith(".") or name.casefold() in MACHINE_FOLDERS


def made_by_machine(folder: Path) -> bool:
    """Return whether a folder is a program's, by its name, or by what CVS keeps in a folder that a class may have."""
    return is_machine_folder(folder.name) or (folder.name == "CVS" and (folder / "Entries").is_file())


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder that people made, links to folders included, sorted."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not made_by_machine(path))


def list_images(folder: Path, root: Path, *, deep: bool = True) -> Listing:
    """List the images in ``folder``, and in the folders inside it if ``deep``; ``root`` is what paths start from.

    Links to folders are followed, but not to a folder that holds this one, nor to one that was read before.
    """
    images: list[str] = []
    ignored: list[Ignored] = []
    for found in _walk(folder, root, deep=deep):
        if isinstance(found, Ignored):
            ignored.append(found)
        else:
            images.append(found)
    return Listing(tuple(sorted(images)), tuple(sorted(ignored, key=lambda each: each.name)))


def _walk(folder: Path, root: Path, *, deep: bool) -> Iterator[str | Ignored]:
    start, key = folder.resolve(), f"{folder.relative_to(root).as_posix()}/"
    if folder.is_symlink() and folder.parent.resolve().is_relative_to(start):
        yield Ignored(key, SEEN_BEFORE)
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Ignored(key, NOT_READABLE)
        return
    seen = {start}
    for here, folders, files in os.walk(folder, followlinks=True):
        place = Path(here).relative_to(root)
        for name in files:
            yield _judged(Path(here, name), (place / name).as_posix())
        descend = []
        for name in sorted(folders) if deep else ():
            path, key = Path(here, name), f"{(place / name).as_posix()}/"
            if made_by_machine(path):
                yield Ignored(key, MADE_BY_MACHINE, by_machine=True)
            elif not os.access(path, os.R_OK | os.X_OK):
                yield Ignored(key, NOT_READABLE)
            elif (target := path.resolve()) in seen or start.is_relative_to(target):
                yield Ignored(key, SEEN_BEFORE)
            else:
                seen.add(target)
                descend.append(name)
        folders[:] = descend


def _judged(path: Path, key: str) -> str | Ignored:
    """Return the key of an image, or why it is none; only a file whose name does not say so is opened."""
    name = path.name.casefold()
    if name.startswith(".") or name in MACHINE_FILES:
        return Ignored(key, MADE_BY_MACHINE, by_machine=True)
    if name.endswith(IMAGE_SUFFIXES):
        return key
    if not path.is_file():
        return Ignored(key, NO_FILE)
    try:
        with path.open("rb") as file:
            reason = why_no_image(file.read(SNIFFED_BYTES))
    except OSError:
        reason = NOT_READABLE
    return Ignored(key, reason) if reason else key


def why_no_image(head: bytes) -> str:
    """Return why a file that starts with `SNIFFED_BYTES` bytes such as ``head`` is left out; nothing of an image."""
    if looks_like_image(head):
        return ""
    return NOT_SUPPORTED if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS else NO_IMAGE
