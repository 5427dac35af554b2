"""The folders that images were brought in: which classes they name, or which of them are called as a known class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

from isra_model.data.benchmark import UNKNOWN
from isra_model.data.names import match, spelling


@dataclass(frozen=True)
class ClassFolders:
    """How many images are in folders of which class, and in folders that are called as none.

    Attributes
    ----------
    known : dict[str, int]
        Images by class of the model, most first.
    unknown : dict[str, int]
        Images by the innermost folder, where none on their path is called as a class; those in no folder are not here.
    """

    known: dict[str, int]
    unknown: dict[str, int]

    @classmethod
    def of(cls, keys: Iterable[str], classes: tuple[str, ...]) -> ClassFolders:
        """Return the folders of images that were brought under the paths ``keys``."""
        known, unknown = Counter[str](), Counter[str]()
        for key in keys:
            label, folders = label_of(key, classes), _folders(key)
            if label != UNKNOWN:
                known[classes[label]] += 1
            elif folders:
                unknown[folders[-1]] += 1
        return cls(_most_first(known), _most_first(unknown))


@dataclass(frozen=True)
class SourceFolders:
    """The classes that the folders of a labelled source name.

    Attributes
    ----------
    classes : tuple[str, ...]
        Their names, sorted.
    labels : tuple[int, ...]
        Each image's class; `UNKNOWN` for one beside the class folders.
    """

    classes: tuple[str, ...]
    labels: tuple[int, ...]

    @classmethod
    def of(cls, keys: Sequence[str]) -> SourceFolders:
        """Return the classes of images under the paths ``keys``: the first folders in which the paths differ.

        Names that differ in case, spaces, underscores and hyphens are one class, called as the first is.
        """
        folders = [_folders(key) for key in keys]
        common = len(list(takewhile(lambda level: len(set(level)) == 1, zip(*folders, strict=False))))
        depth = common - 1 if common and all(len(each) == common for each in folders) else common
        named = [each[depth] if len(each) > depth else None for each in folders]
        first: dict[str, str] = {}
        found = [name and first.setdefault(spelling(name), name) for name in named]
        classes = tuple(sorted(first.values()))
        return cls(classes, tuple(classes.index(name) if name else UNKNOWN for name in found))

    @property
    def images(self) -> dict[str, int]:
        """Return how many images each class has."""
        return {name: self.labels.count(label) for label, name in enumerate(self.classes)}

    @property
    def problem(self) -> str:
        """Return why nothing can be learnt from them; nothing if something can."""
        if not self.classes:
            return "Your source has no class folders: put each class's images into a folder of its own."
        if len(self.classes) == 1:
            return f"Your source has one class, '{self.classes[0]}': bring the folders of two classes or more."
        return ""


def label_of(key: str, classes: tuple[str, ...]) -> int:
    """Return the class that a folder on an image's path is called as, the innermost first; `UNKNOWN` if none is."""
    for part in reversed(_folders(key)):
        if found := match(part, classes):
            return classes.index(found)
    return UNKNOWN


def _folders(key: str) -> tuple[str, ...]:
    return PurePosixPath(key.replace("\\", "/")).parts[:-1]


def _most_first(counts: Counter[str]) -> dict[str, int]:
    """Return counts from the largest down, those of one size by name."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
