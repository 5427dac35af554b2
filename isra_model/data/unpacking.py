"""What a stranger brings, a zip or several files, into a folder of its own: bounded, and never out of that folder."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from isra_model.data.benchmark import Ignored
from isra_model.data.decoding import UPLOADS, ImageError, decode_image
from isra_model.data.listing import MACHINE_FILES, MADE_BY_MACHINE, is_machine_folder, why_no_image

ENCRYPTED = 0x1
DAMAGED = "The zip is damaged: pack the folder anew and send it again."
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError)
"""What reading a damaged zip, or a file in it, can raise."""


class UnpackingError(ValueError):
    """What was brought cannot be used; the message says what to do and names no folder of the server."""


@dataclass(frozen=True)
class UnpackingLimits:
    """What may be brought.

    Attributes
    ----------
    entries : int
        Files and folders that a zip may list, read from its directory before anything is unpacked.
    images : int
        Images in all.
    total_bytes : int
        Bytes of all files unpacked.
    file_bytes : int
        Bytes of one file unpacked; a larger one is ignored.
    ratio : float
        Unpacked bytes of an entry to its packed ones; images hardly shrink.
    depth : int
        Folders in one another.
    """

    entries: int = 2000
    images: int = 500
    total_bytes: int = 256 * 2**20
    file_bytes: int = UPLOADS.max_bytes
    ratio: float = 200.0
    depth: int = 8


@dataclass(frozen=True)
class Brought:
    """The images that were brought, and what was not used.

    Attributes
    ----------
    folder : Path
        Where they lie, as ``0.img``, ``1.img`` and so on: no name of theirs names a file.
    keys : tuple[str, ...]
        The path that each image had, by its place.
    sizes : tuple[tuple[int, int], ...]
        Width and height of each in pixels.
    ignored : tuple[Ignored, ...]
        What was left out, and why.
    """

    folder: Path
    keys: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    ignored: tuple[Ignored, ...]

    def path(self, place: int) -> Path:
        """Return the file of an image."""
        return self.folder / f"{place}.img"


@dataclass(frozen=True)
class _Entry:
    """A file with the path that it was brought under; ``content`` is opened only when it is wanted."""

    key: str
    size: int
    archive: zipfile.ZipFile | None
    source: zipfile.ZipInfo | Path

    def read(self, most: int) -> bytes:
        if isinstance(self.source, Path):
            with self.source.open("rb") as file:
                return file.read(most + 1)
        assert self.archive is not None
        with self.archive.open(self.source) as packed:
            return packed.read(most + 1)


def unpack(files: Sequence[tuple[str, Path]], folder: Path, limits: UnpackingLimits | None = None) -> Brought:
    """Bring the images of zips and single files into an empty ``folder``; each is opened once to see that it can be.

    Parameters
    ----------
    files : Sequence[tuple[str, Path]]
        What each file was called, and where it lies.
    folder : Path
        Nothing is written elsewhere.
    limits : UnpackingLimits | None
        What may be brought.

    Raises
    ------
    UnpackingError
        If there is no image, or more than the limits allow, or a zip is damaged, encrypted or leads out of its folder.
    """
    limits = limits or UnpackingLimits()
    keys, sizes, ignored = list[str](), list[tuple[int, int]](), list[Ignored]()
    total = 0
    for entry in _entries(files, limits):
        content, reason = _read(entry, limits)
        if reason:
            ignored.append(Ignored(entry.key, reason, by_machine=reason == MADE_BY_MACHINE))
            continue
        total += len(content)
        if len(keys) == limits.images or total > limits.total_bytes:
            raise UnpackingError(_too_much(limits))
        try:
            sizes.append(decode_image(content).size)
        except ImageError as error:
            ignored.append(Ignored(entry.key, str(error)))
            continue
        (folder / f"{len(keys)}.img").write_bytes(content)
        keys.append(entry.key)
    if not keys:
        raise UnpackingError(_no_image(ignored))
    return Brought(folder, tuple(keys), tuple(sizes), tuple(ignored))


def _entries(files: Sequence[tuple[str, Path]], limits: UnpackingLimits) -> Iterator[_Entry]:
    """Yield what is in the files, zips opened; a zip is judged as a whole before anything of it is read."""
    if len(files) > limits.entries:
        raise UnpackingError(f"These are {len(files):,} files: bring at most {limits.entries:,}.")
    for name, path in files:
        if not zipfile.is_zipfile(path):
            if name.casefold().endswith(".zip"):
                raise UnpackingError("This is no whole zip: pack the folder anew, or bring the images themselves.")
            yield _Entry(_plain_key(name, limits.depth), path.stat().st_size, None, path)
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                for info in _judged(archive, limits):
                    yield _Entry(info.filename, info.file_size, archive, info)
        except UNREADABLE as error:
            raise UnpackingError(DAMAGED) from error


def _judged(archive: zipfile.ZipFile, limits: UnpackingLimits) -> list[zipfile.ZipInfo]:
    """Return the zip's files; nothing of them has been read, its directory says what they are."""
    listed = archive.infolist()
    if len(listed) > limits.entries:
        raise UnpackingError(f"The zip lists {len(listed):,} files: bring at most {limits.images} images.")
    found = [info for info in listed if not info.is_dir()]
    for info in found:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]) or "\0" in info.filename:
            raise UnpackingError("A path in the zip leads out of its folder: pack the images' folder itself.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnpackingError("The zip holds a symbolic link: pack the images themselves.")
        if info.flag_bits & ENCRYPTED:
            raise UnpackingError("The zip has a password: pack it without one.")
        if len(path.parts) > limits.depth:
            raise UnpackingError(f"The zip has folders more than {limits.depth} deep: pack the images' folder itself.")
        if info.file_size > limits.ratio * max(info.compress_size, 1):
            raise UnpackingError("The zip holds a file that unpacks to far more than any image does: leave it out.")
    if sum(info.file_size for info in found) > limits.total_bytes:
        raise UnpackingError(_too_much(limits))
    return found


def _read(entry: _Entry, limits: UnpackingLimits) -> tuple[bytes, str]:
    """Return an image's bytes, or why it is ignored."""
    path = PurePosixPath(entry.key.replace("\\", "/"))
    if path.name.casefold() in MACHINE_FILES or any(map(is_machine_folder, path.parts)):
        return b"", MADE_BY_MACHINE
    if entry.size > limits.file_bytes:
        return b"", f"more than {limits.file_bytes // 2**20} MB"
    try:
        content = entry.read(limits.file_bytes)
    except UNREADABLE as error:
        raise UnpackingError(DAMAGED) from error
    if len(content) > limits.file_bytes:
        raise UnpackingError("The zip holds a file that is larger than it says: pack the folder anew.")
    reason = why_no_image(content)
    return (b"" if reason else content, reason)


def _plain_key(name: str, depth: int) -> str:
    """Return a file's name with the folders that it was chosen with, the last ``depth``; alone if they lead out."""
    path = PurePosixPath(name.replace("\\", "/"))
    plain = not path.is_absolute() and ".." not in path.parts
    return "/".join(path.parts[-depth:]) if plain and path.name else path.name or "image"


def _too_much(limits: UnpackingLimits) -> str:
    return f"This is too much for one job: bring at most {limits.images} images and {limits.total_bytes // 2**20} MB."


def _no_image(ignored: Sequence[Ignored]) -> str:
    seen = f" ({PurePosixPath(ignored[0].name).name}: {ignored[0].reason})" if ignored else ""
    return f"There is no image in what you brought{seen}: bring PNG, JPEG or WebP files, or a zip of them."
