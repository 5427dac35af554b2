"""How often images are noticed to be like no training domain: strangers should be, held-out images should not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from isra_model.data.benchmark import UNKNOWN, Files, ImageSet, Task
from isra_model.data.framing import Framing
from isra_model.data.streams import decode_images
from isra_model.data.transforms import Preprocessing
from isra_model.inspection.appearance import RECOMPRESSED, Looks, recompressed

SUFFIXES = (".jpeg", ".jpg", ".png", ".webp")


@dataclass(frozen=True)
class Noticed:
    """How many images of one kind are called unlike.

    Attributes
    ----------
    images : int
        How many there are.
    noticed : int
        How many of them are called unlike, as they are.
    recompressed : Mapping[str, int]
        How many are, after each change of `RECOMPRESSED`.
    """

    images: int
    noticed: int
    recompressed: Mapping[str, int]


def notice(looks: Looks, images: ImageSet, framing: Framing) -> Noticed:
    """Return how many images of a set, framed as the models are shown them, are called unlike."""
    pixels = decode_images(images, Preprocessing(looks.side, looks.side, framing=framing)).pixels

    def unlike(pixels: Tensor) -> int:
        return int((looks.distances(pixels) > 1).sum())

    changed = {name: unlike(recompressed(pixels, change)) for name, change in RECOMPRESSED.items()}
    return Noticed(len(pixels), unlike(pixels), changed)


def notice_all(looks: Looks, task: Task, folders: Sequence[Path], framing: Framing) -> Iterator[tuple[str, Noticed]]:
    """Give what is noticed of a task's held-out images and of each folder of strangers, by what they are called."""
    for name, images in (("source", task.source_images(heldout=True)), ("target", task.target_images(heldout=True))):
        if len(images):
            yield f"held-out {name}", notice(looks, images, framing)
    for folder in folders:
        yield "/".join(folder.absolute().parts[-2:]), notice(looks, images_below(folder), framing)


def images_below(folder: Path) -> ImageSet:
    """Return the images anywhere below a folder, without labels.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    names = tuple(sorted(file.relative_to(folder).as_posix() for file in files))
    if not names:
        raise FileNotFoundError(f"{folder.name} holds no image: name another folder.")
    labels, heldout = np.full(len(names), UNKNOWN), np.zeros(len(names), dtype=np.bool_)
    return ImageSet(folder.name, Files(folder, names), labels, heldout, names)
