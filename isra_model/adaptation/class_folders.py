"""The folders that images were brought in: which are called as a class of the model, and which are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from isra_model.data.benchmark import UNKNOWN
from isra_model.data.names import match


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
