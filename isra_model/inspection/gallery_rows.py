"""The rows of a gallery: which images they are, what a network answers for them, and their thumbnails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
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
from isra_model.inspection.silhouette import silhouette
from isra_model.losses.entropy import entropy
from isra_model.networks import PdaNetwork, Response
from isra_model.training.evaluation import respond


@dataclass(frozen=True)
class GalleryRows:
    """The images of a gallery, source before target.

    Attributes
    ----------
    images : DecodedImages
        All of them, resized.
    source_rows : int
        How many of them are source images.
    """

    images: DecodedImages
    source_rows: int

    @classmethod
    def of(cls, source: DecodedImages, target: DecodedImages) -> GalleryRows:
        """Return the images of both domains."""
        both = DecodedImages(
            pixels=torch.cat([source.pixels, target.pixels]),
            labels=torch.cat([source.labels, target.labels]),
            keys=source.keys + target.keys,
            skipped=source.skipped + target.skipped,
        )
        return cls(both, len(source))

    def __len__(self) -> int:
        return len(self.images)

    def domain(self, *, source: bool) -> DecodedImages:
        """Return the source's images, or the target's."""
        part = slice(0, self.source_rows) if source else slice(self.source_rows, None)
        return replace(
            self.images, pixels=self.images.pixels[part], labels=self.images.labels[part], keys=self.images.keys[part]
        )

    def shown(self, *, target: bool) -> Pictures:
        """Return the pictures that the gallery may show: all, or the source's only."""
        pixels = self.images.pixels
        return Pictures(pixels, complete=True) if target else Pictures(pixels[: self.source_rows], complete=False)


@dataclass(frozen=True)
class Pictures:
    """The pictures of the first rows, uint8 (n, 3, R, R); `complete` where that is all rows."""

    pixels: Tensor
    complete: bool

    def tiles(self, side: int) -> Iterator[Image.Image]:
        """Yield each picture `side` pixels square, then the silhouette that stands for all others, if there are any."""
        for pixels in self.pixels.permute(0, 2, 3, 1).numpy():
            yield Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
        if not self.complete:
            yield silhouette(side)


@dataclass(frozen=True)
class Answers:
    """What a network answers for all rows.

    Attributes
    ----------
    features : NDArray[np.float32]
        (n, d) bottleneck features.
    probabilities : NDArray[np.float32]
        (n, C) softmax of the logits.
    certainty : NDArray[np.float32]
        (n,) 1 + exp(-H(p)), from 1 to 2.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    certainty: NDArray[np.float32]

    @classmethod
    def of(cls, response: Response) -> Answers:
        """Return what a network's features and logits say."""
        features, logits = response
        certainty = 1 + torch.exp(-entropy(logits))
        return cls(features.numpy(), logits.softmax(dim=1).numpy(), certainty.numpy())


def choose_rows(task: Task, limit: int, preprocessing: Preprocessing) -> GalleryRows:
    """Return the task's training images, framed and resized; of more than `limit` a fixed random part.

    Each domain may fill half of the rows, and what the other leaves free.
    """
    source, target = task.source_images(), task.target_images()
    targets = min(len(target), max(limit // 2, limit - len(source)))
    parts = _part(source, limit - targets), _part(target, targets)
    return GalleryRows.of(*(decode_images(part, preprocessing) for part in parts))


def answer(network: PdaNetwork, rows: GalleryRows, preprocessing: Preprocessing) -> Answers:
    """Return what a network answers for all rows."""
    domains = (respond(network, rows.domain(source=source), preprocessing, source=source) for source in (True, False))
    return Answers.of(Response(*(torch.cat(parts) for parts in zip(*domains, strict=True))))


def write_sprites(pictures: Pictures, folder: Path, side: int, columns: int) -> Sprites:
    """Write thumbnails of `side` pixels as square WebP sprites of `columns` by `columns` tiles, and no other sprite."""
    per_file = columns * columns
    files: list[Path] = []
    for number, tiles in enumerate(_batched(pictures.tiles(side), per_file)):
        files.append(folder / f"images-{number}.webp")
        _sheet(tiles, side, columns).save(files[-1], "WEBP", quality=80, method=6)
    for earlier in set(folder.glob("images-*.webp")) - set(files):
        earlier.unlink()
    return Sprites(tuple(files), tile=side, columns=columns, per_file=per_file, pictures=len(pictures.pixels))


def _part(images: ImageSet, count: int) -> ImageSet:
    chosen = np.zeros(len(images), dtype=np.bool_)
    chosen[np.random.default_rng(0).permutation(len(images))[:count]] = True
    return images.select(chosen)


def _batched(tiles: Iterator[Image.Image], size: int) -> Iterator[Sequence[Image.Image]]:
    while batch := tuple(islice(tiles, size)):
        yield batch


def _sheet(tiles: Sequence[Image.Image], side: int, columns: int) -> Image.Image:
    lines = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * side, lines * side), "white")
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % columns * side, place // columns * side))
    return sheet
