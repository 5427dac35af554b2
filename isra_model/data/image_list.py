"""Benchmarks from image lists: ``path label`` lines, as BA3US, PADA and Transfer-Learning-Library use them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, Files, ImageSet


@dataclass(frozen=True)
class _Entry:
    key: str
    label: int


def load_image_lists(
    name: str, lists: Mapping[str, Path], root: Path | None = None, classes: Sequence[str] | None = None
) -> Benchmark:
    """Read one image list a domain.

    A line is a path, which may contain spaces, and a label from 0. Paths are relative to ``root``, or to the list's own
    folder, and may not leave it. Where the first line is an absolute path of its author's machine, as in the lists of
    BA3US, the leading folders that do not exist here are taken off every line. Without ``classes``, a class has the
    name of the one folder that all its images lie in, or else its number.

    Raises
    ------
    BenchmarkError
        If a list is missing or empty, a line is malformed, a file is missing or outside the root, a file has two
        labels, or a label has no image.
    """
    bases = {domain: Path(os.path.normpath(Path.cwd() / (root or path.parent))) for domain, path in lists.items()}
    domains = {domain: _read(path, bases[domain]) for domain, path in lists.items()}
    entries = [entry for domain in domains.values() for entry in domain]
    count = _number_of_classes(entries, classes)
    names = tuple(classes) if classes is not None else _folder_names(entries, count)
    sets = {domain: _image_set(domain, found, bases[domain]) for domain, found in domains.items()}
    return Benchmark(name, names, sets)


def _read(path: Path, root: Path) -> list[_Entry]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{path} is not a text file: give a file of 'path label' lines.") from error
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    foreign = _foreign_root(numbered[0][1], root) if numbered else ""
    entries = list(
        dict.fromkeys(_entry(line.removeprefix(foreign), root, f"{path}, line {number}") for number, line in numbered)
    )
    if not entries:
        raise BenchmarkError(f"{path} lists no image: write one 'path label' line for each.")
    _require_one_label_each(entries, path)
    return entries


def _foreign_root(line: str, root: Path) -> str:
    """Return the folders of another machine that an absolute path starts with, up to what exists below ``root``."""
    path = Path(line.replace("\t", " ").rpartition(" ")[0].strip())
    if not path.is_absolute() or path.is_relative_to(root):
        return ""
    return next((f"{other}/" for other in reversed(path.parents) if (root / path.relative_to(other)).is_file()), "")


def _require_one_label_each(entries: Iterable[_Entry], path: Path) -> None:
    labels: dict[str, int] = {}
    for entry in entries:
        if labels.setdefault(entry.key, entry.label) != entry.label:
            both = f"{labels[entry.key]} and {entry.label}"
            raise BenchmarkError(f"{path} gives '{entry.key}' the labels {both}: keep one of the two lines.")


def _entry(line: str, root: Path, place: str) -> _Entry:
    key, _, label = line.replace("\t", " ").rpartition(" ")
    if not key or not label.isdecimal():
        raise BenchmarkError(f"{place}: '{line}' does not end in a label: write a path, a space and a number from 0.")
    file = Path(os.path.normpath(root / key.strip()))
    if not file.is_relative_to(root):
        raise BenchmarkError(f"{place}: '{key}' lies outside {root}: give the folder that the paths start from.")
    if not file.is_file():
        raise BenchmarkError(f"{place}: {file} does not exist: give the folder that the paths start from.")
    return _Entry(file.relative_to(root).as_posix(), int(label))


def _number_of_classes(entries: Iterable[_Entry], classes: Sequence[str] | None) -> int:
    used = {entry.label for entry in entries}
    count = max(used) + 1 if classes is None else len(classes)
    if max(used) >= count:
        raise BenchmarkError(f"Label {max(used)} has no name: {count} classes are named, from label 0.")
    missing = next((label for label in range(count) if label not in used), None)
    if missing is not None:
        raise BenchmarkError(
            f"Label {missing} of 0 to {count - 1} has no image in any list: number the classes without gaps."
        )
    return count


def _folder_names(entries: Iterable[_Entry], count: int) -> tuple[str, ...]:
    folders: list[set[str]] = [set() for _ in range(count)]
    for entry in entries:
        folders[entry.label].add(PurePosixPath(entry.key).parent.name)
    names = tuple(min(names) for names in folders)
    one_each = all(len(names) == 1 for names in folders) and len(set(names)) == count
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
