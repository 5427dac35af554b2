"""Benchmarks from folder trees: one folder a class, somewhere in one folder a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class _ClassFolder:
    domain: str
    name: str
    path: Path
    root: Path

    def files(self) -> list[Path]:
        found = sorted(file for file in self.path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
        if not found:
            raise BenchmarkError(f"{self.path} holds no image: add some, or remove the folder.")
        return found


def load_tree(root: Path, class_folders: str = "*/*") -> Benchmark:
    """Read every domain under one root, finding the class folders by a pattern.

    The first part of a class folder's path below the root names its domain, the last its class: ``*/*`` finds
    Office-Home's ``Art/Mug``, and ``*/images/*`` Office-31's ``amazon/images/mug``.

    Raises
    ------
    BenchmarkError
        If the root is no folder, nothing matches the pattern or a class folder holds no image.
    """
    matches = _visible_folders(_folder(root).glob(class_folders), below=root)
    if not matches:
        raise BenchmarkError(f"{root} has no folders like {class_folders}: give the folder above the domains.")
    return _benchmark(
        root.name, [_ClassFolder(path.relative_to(root).parts[0], path.name, path, root) for path in matches]
    )


def load_folders(name: str, domains: Mapping[str, Path]) -> Benchmark:
    """Read domains that lie anywhere, each a folder of class folders.

    Raises
    ------
    BenchmarkError
        If a domain is no folder or has no class folders, or a class folder holds no image.
    """
    found: list[_ClassFolder] = []
    for domain, root in domains.items():
        matches = _visible_folders(_folder(root).iterdir(), below=root)
        if not matches:
            raise BenchmarkError(f"{root} has no folders in it: put each class's images into a folder of its own.")
        found += [_ClassFolder(domain, path.name, path, root) for path in matches]
    return _benchmark(name, found)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise BenchmarkError(f"{path} is not a folder: check the path.")
    return path


def _visible_folders(paths: Iterable[Path], *, below: Path) -> list[Path]:
    """Keep folders that people made: `.cache` and `__MACOSX` are a machine's."""
    return sorted(
        path
        for path in paths
        if path.is_dir() and not any(part.startswith((".", "__")) for part in path.relative_to(below).parts)
    )


def _benchmark(name: str, folders: Sequence[_ClassFolder]) -> Benchmark:
    classes = tuple(sorted({folder.name for folder in folders}))
    domains = dict.fromkeys(folder.domain for folder in folders)
    return Benchmark(name, classes, {domain: _image_set(domain, classes, folders) for domain in domains})


def _image_set(domain: str, classes: Sequence[str], folders: Iterable[_ClassFolder]) -> ImageSet:
    index = {name: label for label, name in enumerate(classes)}
    found = [(folder, file) for folder in folders if folder.domain == domain for file in folder.files()]
    return ImageSet(
        name=domain,
        encoded=tuple(file for _, file in found),
        labels=np.array([index[folder.name] for folder, _ in found], dtype=np.int64),
        heldout=np.zeros(len(found), dtype=np.bool_),
        keys=tuple(file.relative_to(folder.root).as_posix() for folder, file in found),
    )
