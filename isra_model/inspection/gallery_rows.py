"""The rows of a gallery: which images they are, what a network answers for them, and their thumbnails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from isra_model.data.benchmark import ImageSet, Task
from isra_model.data.streams import DecodedImages, decode_images
from isra_model.data.transforms import Preprocessing
from isra_model.inspection.gallery import Sprites
from isra_model.losses.entropy import entropy
from isra_model.networks.network import PdaNetwork
from isra_model.training.evaluation import respond


@dataclass(frozen=True)
class GalleryRows:
    """The images of a gallery, source before target.

    Attributes
    ----------
    images : all of them, resized.
    source_rows : how many of them are source images.
    """

    images: DecodedImages
    source_rows: int

    def __len__(self) -> int:
        return len(self.images)

    def domain(self, *, source: bool) -> DecodedImages:
        """Return the source's images, or the target's."""
        part = slice(0, self.source_rows) if source else slice(self.source_rows, None)
        return replace(
            self.images, pixels=self.images.pixels[part], labels=self.images.labels[part], keys=self.images.keys[part]
        )


@dataclass(frozen=True)
class Answers:
    """What a network answers for all rows.

    Attributes
    ----------
    features : (n, d) bottleneck features.
    probabilities : (n, C) softmax of the logits.
    certainty : (n,) 1 + exp(-H(p)), from 1 to 2.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    certainty: NDArray[np.float32]


def choose_rows(task: Task, limit: int, size: int) -> GalleryRows:
    """Return the task's training images, resized to `size` pixels; of more than `limit` a fixed random part.

    Each domain may fill half of the rows, and what the other leaves free.
    """
    source, target = task.source_images(), task.target_images()
    targets = min(len(target), max(limit // 2, limit - len(source)))
    first = decode_images(_part(source, limit - targets), size)
    second = decode_images(_part(target, targets), size)
    together = DecodedImages(
        pixels=torch.cat([first.pixels, second.pixels]),
        labels=torch.cat([first.labels, second.labels]),
        keys=first.keys + second.keys,
        skipped=first.skipped + second.skipped,
    )
    return GalleryRows(together, len(first))


def answer(network: PdaNetwork, rows: GalleryRows, preprocessing: Preprocessing) -> Answers:
    """Return what a network answers for all rows."""
    domains = (respond(network, rows.domain(source=source), preprocessing, source=source) for source in (True, False))
    features, logits = (torch.cat(parts) for parts in zip(*domains, strict=True))
    return Answers(
        features=features.numpy(),
        probabilities=logits.softmax(dim=1).numpy(),
        certainty=(1 + torch.exp(-entropy(logits))).numpy(),
    )


def write_sprites(pixels: Tensor, folder: Path, tile: int, columns: int) -> Sprites:
    """Write thumbnails of uint8 images (n, 3, R, R) as square WebP sprites of `columns` by `columns` tiles."""
    per_file = columns * columns
    files = []
    for number, batch in enumerate(torch.split(pixels, per_file)):
        files.append(folder / f"images-{number}.webp")
        _sheet(batch, tile, columns).save(files[-1], "WEBP", quality=80, method=6)
    return Sprites(files=tuple(files), tile=tile, columns=columns, per_file=per_file)


def _part(images: ImageSet, count: int) -> ImageSet:
    chosen = np.zeros(len(images), dtype=np.bool_)
    chosen[np.random.default_rng(0).permutation(len(images))[:count]] = True
    return images.select(chosen)


def _sheet(pixels: Tensor, tile: int, columns: int) -> Image.Image:
    lines = -(-len(pixels) // columns)
    sheet = Image.new("RGB", (columns * tile, lines * tile), "white")
    for place, image in enumerate(pixels.permute(0, 2, 3, 1).numpy()):
        corner = (place % columns * tile, place // columns * tile)
        sheet.paste(Image.fromarray(image).resize((tile, tile), Image.Resampling.LANCZOS), corner)
    return sheet
