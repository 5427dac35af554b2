"""Benchmarks from folder trees: one folder a class, somewhere in one folder a domain."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, Files, ImageSet

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

ClassOf = Callable[[str], str | None]
"""From a class folder's name to its class, or to nothing where the folder belongs to none."""


@dataclass(frozen=True)
class _ClassFolder:
    domain: str
    name: str
    path: Path
    root: Path

    def files(self) -> list[str]:
        """Return the images' paths relative to the root."""
        found = [
            f"{Path(folder).relative_to(self.root).as_posix()}/{file}"
            for folder, _, files in os.walk(self.path)
            for file in files
            if file.lower().endswith(IMAGE_SUFFIXES) and not file.startswith(".")
        ]
        if not found:
            raise BenchmarkError(f"{self.path} holds no image: add some, or remove the folder.")
        return sorted(found)


def load_tree(root: Path) -> Benchmark:
    """Read every domain under one root: ``Art/Mug/1.jpg`` is an image of the class Mug in the domain Art.

    Raises
    ------
    BenchmarkError
        If the root is no folder, holds no folders of folders, or a class folder holds no image.
    """
    matches = _visible_folders(folder_at(root).glob("*/*"), below=root)
    if not matches:
        raise BenchmarkError(f"{root} has no folders like */*: give the folder above the domains.")
    found = [_ClassFolder(path.parent.name, path.name, path, root) for path in matches]
    domains = dict.fromkeys(folder.domain for folder in found)
    classes = tuple(sorted({folder.name for folder in found}))
    sets = {name: _image_set(name, classes, [f for f in found if f.domain == name], root) for name in domains}
    return Benchmark(root.name, classes, sets)


def load_domain(name: str, root: Path, classes: Sequence[str], class_of: ClassOf = str) -> ImageSet:
    """Read one domain, a folder of class folders, leaving out those that belong to none of ``classes``.

    Raises
    ------
    BenchmarkError
        If the domain is no folder or has no folder of a class, or a class folder holds no image.
    """
    named = [(class_of(path.name), path) for path in _class_folders(root)]
    found = [_ClassFolder(name, label, path, root) for label, path in named if label is not None and label in classes]
    if not found:
        raise BenchmarkError(f"{root} has no folder of a class, such as '{classes[0]}': give the benchmark's folder.")
    return _image_set(name, classes, found, root)


def folder_at(path: Path) -> Path:
    """Return a path that is a folder.

    Raises
    ------
    BenchmarkError
        If it is none.
    """
    if not path.is_dir():
        raise BenchmarkError(f"{path} is not a folder: check the path.")
    return path


def _class_folders(root: Path) -> list[Path]:
    matches = _visible_folders(folder_at(root).iterdir(), below=root)
    if not matches:
        raise BenchmarkError(f"{root} has no folders in it: put each class's images into a folder of its own.")
    return matches


def _visible_folders(paths: Iterable[Path], *, below: Path) -> list[Path]:
    """Keep folders that people made: `.cache` and `__MACOSX` are a machine's."""
    return sorted(
        path
        for path in paths
        if path.is_dir() and not any(part.startswith((".", "__")) for part in path.relative_to(below).parts)
    )


def _image_set(domain: str, classes: Sequence[str], folders: Iterable[_ClassFolder], root: Path) -> ImageSet:
    index = {name: label for label, name in enumerate(classes)}
    files = [(folder.name, folder.files()) for folder in folders]
    keys = tuple(file for _, names in files for file in names)
    counts = [len(names) for _, names in files]
    return ImageSet(
        name=domain,
        encoded=Files(root, keys),
        labels=np.repeat(np.array([index[name] for name, _ in files], dtype=np.int64), counts),
        heldout=np.zeros(len(keys), dtype=np.bool_),
        keys=keys,
    )
