"""Endless batches of indices and augmentations as pure functions of (seed, step): a resumed run needs no history."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isra_model.data.benchmark import BenchmarkError, ImageSet
from isra_model.data.decoding import OWN_FILES, ImageError, open_image
from isra_model.data.transforms import Preprocessing, prepare, training_batch


@dataclass(frozen=True)
class DecodedImages:
    """The images of one set in memory, resized but not yet cropped.

    Attributes
    ----------
    pixels : (n, 3, R, R) uint8; or a frozen backbone's pooled features (n, width, 1, 1), float32.
    labels : (n,) int64.
    keys : one name an image.
    skipped : one line an image that could not be read and was left out.
    """

    pixels: Tensor
    labels: Tensor
    keys: tuple[str, ...]
    skipped: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keys)


def decode_images(images: ImageSet, size: int) -> DecodedImages:
    """Decode a set, each image resized to ``size`` pixels square; unreadable images are left out and named.

    Raises
    ------
    BenchmarkError
        If not one image can be read.
    """

    def decode(index: int) -> Tensor | str:
        try:
            return prepare(open_image(images.encoded[index], OWN_FILES), size)
        except ImageError as error:
            return f"{images.keys[index]}: {error}"

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(decode, range(len(images))))
    good = [index for index, result in enumerate(results) if isinstance(result, Tensor)]
    if not good:
        raise BenchmarkError(f"No image of the domain '{images.name}' could be read; check the benchmark's files.")
    return DecodedImages(
        pixels=torch.stack([result for result in results if isinstance(result, Tensor)]),
        labels=torch.from_numpy(images.labels[np.array(good)]),
        keys=tuple(images.keys[index] for index in good),
        skipped=tuple(result for result in results if isinstance(result, str)),
    )


def generator_for(*key: int | str) -> torch.Generator:
    """Return a CPU generator that is a pure function of ``key``."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


@lru_cache(maxsize=16)
def _permutation(count: int, seed: int, name: str, epoch: int) -> NDArray[np.int64]:
    order: NDArray[np.int64] = torch.randperm(count, generator=generator_for(seed, name, epoch)).numpy()
    return order


def batch_indices(count: int, batch_size: int, key: tuple[int, str], step: int) -> NDArray[np.int64]:
    """Return the ``batch_size`` indices below ``count`` of one step.

    Steps walk through one shuffled epoch after another; every image is seen once an epoch. ``key`` is the run's seed
    and the stream's name.
    """
    positions = np.arange(step * batch_size, (step + 1) * batch_size)
    epochs, offsets = np.divmod(positions, count)
    places = [_permutation(count, *key, int(e))[offset] for e, offset in zip(epochs, offsets, strict=True)]
    return np.array(places, dtype=np.int64)


@dataclass(frozen=True)
class StreamBatch:
    """Normalised images (n, 3, crop, crop), their labels (n,) and their places in the set (n,)."""

    images: Tensor
    labels: Tensor
    index: Tensor


@dataclass(frozen=True)
class Stream:
    """An endless, reproducible sequence of augmented batches of one image set.

    Attributes
    ----------
    images : the decoded set.
    preprocessing : crop and normalisation.
    seed : the run's seed.
    name : tells apart the streams of one run.
    """

    images: DecodedImages
    preprocessing: Preprocessing
    seed: int
    name: str

    def batch(self, step: int, batch_size: int) -> StreamBatch:
        """Return the ``batch_size`` images of a step."""
        index = torch.from_numpy(batch_indices(len(self.images), batch_size, (self.seed, self.name), step))
        augmentation = generator_for(self.seed, self.name, "augmentation", step)
        pixels = training_batch(self.images.pixels[index], self.preprocessing, augmentation)
        return StreamBatch(pixels, self.images.labels[index], index)
