"""Benchmarks from image lists: ``path label`` lines, as BA3US, PADA and Transfer-Learning-Library use them."""

from __future__ import annotations

import codecs
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, Files, ImageSet
from isra_model.data.names import plain

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff \t"
HEADINGS = frozenset(("category", "class", "classid", "label", "labels", "target", "y"))
PATH_HEADINGS = frozenset(("file", "filename", "image", "path"))
_LABELLED = re.compile(r"""(?P<path>.*?)\s*[\s,;]\s*["']?(?P<label>\d+)["']?\s*,?""")
_DRIVE = re.compile(r"^[A-Za-z]:(?=/)")


@dataclass(frozen=True)
class _Line:
    """A line of a list: the path as written, but for quotes and backslashes, and its label, if it has one."""

    place: str
    text: str
    path: str
    label: int


@dataclass(frozen=True)
class _Entry:
    key: str
    label: int


def load_image_lists(
    name: str, lists: Mapping[str, Path], root: Path | None = None, classes: Sequence[str] | None = None
) -> Benchmark:
    """Read one image list a domain.

    A line is a path, which may contain spaces or stand in quotes, and behind a space, tab, comma or semicolon a label
    from 0. A list none of whose lines has a label is an unlabelled domain. Empty lines, those that begin with ``#``
    and a heading such as ``path,label`` are passed over. Paths are relative to ``root``, or to the list's own folder,
    and may not leave it. Where the first line is an absolute path of its author's machine, as in the lists of BA3US,
    the leading folders that do not exist here are taken off every line. Without ``classes``, a class has the name of
    the one folder that all its images lie in, whatever its spelling, or else its number.

    Raises
    ------
    BenchmarkError
        If a list is missing or empty, a line is malformed, a file is missing or outside the root, a file has two
        labels, or a label has no image.
    """
    bases = {domain: Path(os.path.normpath(Path.cwd() / (root or path.parent))) for domain, path in lists.items()}
    domains = {domain: _read(path, bases[domain]) for domain, path in lists.items()}
    entries = [entry for domain in domains.values() for entry in domain if entry.label != UNKNOWN]
    count = _number_of_classes(entries, classes)
    names = tuple(classes) if classes is not None else _folder_names(entries, count)
    sets = {domain: _image_set(domain, found, bases[domain]) for domain, found in domains.items()}
    return Benchmark(name, names, sets)


def _read(path: Path, root: Path) -> list[_Entry]:
    lines = list(_lines(path, root))
    if not lines:
        raise BenchmarkError(f"{path} lists no image: write one 'path label' line for each.")
    foreign = _foreign_root(lines[0].path, root)
    if any(line.label != UNKNOWN for line in lines):
        _require_labels(lines)
    entries = list(dict.fromkeys(_entry(line, foreign, root) for line in lines))
    _require_one_label_each(entries, path)
    return entries


def _lines(path: Path, root: Path) -> Iterator[_Line]:
    numbered = [(number, line.rstrip(INVISIBLE).strip()) for number, line in enumerate(_text(path).splitlines(), 1)]
    written = [(number, line) for number, line in numbered if line and not line.startswith("#")]
    for place, (number, line) in enumerate(written):
        parsed = _parsed(line, f"{path}, line {number}", root)
        if place or not _is_heading(parsed):
            yield parsed


def _text(path: Path) -> str:
    """Return a text file's content, whatever byte-order mark it begins with."""
    if not path.exists():
        raise BenchmarkError(f"There is no list {path}: check the path, which starts from the folder you are in.")
    try:
        content = path.read_bytes()
        encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8-sig")
        return content.decode(encoding).lstrip("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{path} is not a text file: give a file of 'path label' lines, in UTF-8.") from error


def _parsed(text: str, place: str, root: Path) -> _Line:
    found = _LABELLED.fullmatch(text)
    whole = _portable(text)
    if found and found["path"] and not (root / whole).is_file():
        return _Line(place, text, _portable(found["path"]), int(found["label"]))
    return _Line(place, text, whole, UNKNOWN)


def _portable(path: str) -> str:
    """Return a path without quotes, and with slashes: those of Windows are turned, and its drive is left out."""
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        path = path[1:-1]
    return _DRIVE.sub("", path.replace("\\", "/"), count=1).strip()


def _is_heading(line: _Line) -> bool:
    columns = re.split(r"[\s,;]+", line.text.casefold())
    return line.label == UNKNOWN and plain(columns[-1].strip("'\"")) in (HEADINGS if columns[1:] else PATH_HEADINGS)


def _require_labels(lines: Sequence[_Line]) -> None:
    """Refuse a list of which only some lines have a label."""
    bare = next((line for line in lines if line.label == UNKNOWN), None)
    if bare:
        raise BenchmarkError(
            f"{bare.place}: '{bare.text}' does not end in a label: write a path, a space and a number from 0."
        )


def _foreign_root(written: str, root: Path) -> str:
    """Return the folders of another machine that an absolute path starts with, up to what exists below ``root``."""
    path = Path(written)
    if not path.is_absolute() or path.is_relative_to(root):
        return ""
    parents = reversed(path.parents)
    return next((f"{other}/" for other in parents if _file(path.relative_to(other).as_posix(), root).is_file()), "")


def _require_one_label_each(entries: Iterable[_Entry], path: Path) -> None:
    labels: dict[str, int] = {}
    for entry in entries:
        if labels.setdefault(entry.key, entry.label) != entry.label:
            both = f"{labels[entry.key]} and {entry.label}"
            raise BenchmarkError(f"{path} gives '{entry.key}' the labels {both}: keep one of the two lines.")


def _entry(line: _Line, foreign: str, root: Path) -> _Entry:
    key = line.path.removeprefix(foreign)
    file = _file(key, root)
    if not file.is_relative_to(root):
        raise BenchmarkError(f"{line.place}: '{key}' lies outside {root}: give the folder that the paths start from.")
    if not file.is_file():
        label = "" if line.label != UNKNOWN else ", and the line does not end in a label, a number from 0"
        raise BenchmarkError(f"{line.place}: {file} does not exist: give the folder that the paths start from{label}.")
    return _Entry(file.relative_to(root).as_posix(), line.label)


def _file(key: str, root: Path) -> Path:
    """Return the file of a path below ``root``, whose accents may be composed or characters of their own.

    Characters that cannot be seen, as copying from a page adds them, are left out where there is no such file.
    """
    given = Path(os.path.normpath(root / key))
    if given.is_file():
        return given
    seen = "".join(each for each in key if unicodedata.category(each) not in ("Cc", "Cf"))
    spellings = (unicodedata.normalize(form, each) for each in (key, seen) for form in ("NFC", "NFD"))
    others = (Path(os.path.normpath(root / each)) for each in spellings)
    return next((file for file in others if file.is_file()), given)


def _number_of_classes(entries: Sequence[_Entry], classes: Sequence[str] | None) -> int:
    used = {entry.label for entry in entries}
    count = max(used, default=-1) + 1 if classes is None else len(classes)
    if max(used, default=-1) >= count:
        raise BenchmarkError(f"Label {max(used)} has no name: {count} classes are named, from label 0.")
    missing = next((label for label in range(count) if label not in used), None)
    if missing is not None and used:
        raise BenchmarkError(
            f"Label {missing} of 0 to {count - 1} has no image in any list: number the classes without gaps."
        )
    return count


def _folder_names(entries: Iterable[_Entry], count: int) -> tuple[str, ...]:
    folders: list[dict[str, str]] = [{} for _ in range(count)]
    for entry in entries:
        folder = PurePosixPath(entry.key).parent.name
        folders[entry.label].setdefault(plain(folder), folder)
    names = tuple(next(iter(spelled.values())) for spelled in folders)
    one_each = all(len(spelled) == 1 for spelled in folders) and len(set(names)) == count
    return names if one_each else tuple(str(label) for label in range(count))


def _image_set(domain: str, entries: Sequence[_Entry], root: Path) -> ImageSet:
    keys = tuple(entry.key for entry in entries)
    return ImageSet(
        name=domain,
        encoded=Files(root, keys),
        labels=np.array([entry.label for entry in entries], dtype=np.int64),
        heldout=np.zeros(len(entries), dtype=np.bool_),
        keys=keys,
    )
