"""Endless batches of indices and augmentations as pure functions of (seed, step): a resumed run needs no history."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isra_model.data.augmentation import Augmentation, draw, strengthen
from isra_model.data.benchmark import BenchmarkError, ImageSet
from isra_model.data.decoding import INCOMPLETE, OWN_FILES, ImageError, decode_image
from isra_model.data.names import listed, printable
from isra_model.data.transforms import Preprocessing, cut, fixed_crops, prepare, random_crops, upload

MOST_NAMED = 5
"""Unreadable images that a message names."""

IN_MEMORY = 2 * 2**30
"""Bytes of decoded images that one set may hold; a larger set is decoded as it is needed."""


@dataclass(frozen=True)
class DecodedImages:
    """The images of one set in memory, resized but not yet cropped.

    Attributes
    ----------
    pixels : Tensor
        (n, 3, R, R) uint8; or a frozen backbone's pooled features (n, width, 1, 1), float32.
    labels : Tensor
        (n,) int64, on the CPU.
    keys : tuple[str, ...]
        One name an image.
    skipped : tuple[str, ...]
        One line an image that could not be read and was left out.
    incomplete : tuple[str, ...]
        The keys of images that lack their last bytes.
    """

    pixels: Tensor
    labels: Tensor
    keys: tuple[str, ...]
    skipped: tuple[str, ...]
    incomplete: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def between(self, start: int, stop: int) -> Tensor:
        """Return the pixels of the images from ``start`` to before ``stop``, (stop - start, 3, R, R)."""
        return self.pixels[start:stop]

    def cut(self, index: Tensor, crops: Tensor, side: int) -> Tensor:
        """Return the crops of the images at ``index``, see `isra_model.data.transforms.cut`; features as they are."""
        if self.pixels.is_floating_point():
            return self.pixels[upload(index, self.pixels.device)]
        return cut(self.pixels, index, crops, side)

    def on(self, device: torch.device) -> DecodedImages:
        """Return the same images with their pixels on ``device``."""
        return replace(self, pixels=self.pixels.to(device))


class EncodedImages:
    """The images of a set that is too large to hold decoded: each is decoded whenever it is asked for, by threads.

    An image that turns out to be unreadable is from then on another name for the next readable one of the set, pixels
    and label. Which one that is hangs on the files alone, so a resumed run sees the same images.
    """

    def __init__(self, images: ImageSet, preprocessing: Preprocessing) -> None:
        """Take a set, and how its images are framed and resized."""
        self.name, self.keys, self.preprocessing = images.name, images.keys, preprocessing
        self.labels = torch.from_numpy(images.labels.copy())
        self._encoded, self._given = images.encoded, images.labels
        self._unreadable: dict[int, str] = {}
        self._incomplete: set[str] = set()
        self._threads = ThreadPoolExecutor()

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return one line an image that could not be read so far."""
        return tuple(line for _, line in sorted(self._unreadable.items()))

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Return the keys, as they can be printed, of images that lack their last bytes, of those seen so far."""
        return tuple(sorted(self._incomplete))

    def between(self, start: int, stop: int) -> Tensor:
        """Return the pixels of the images from ``start`` to before ``stop``, (stop - start, 3, R, R) uint8.

        Raises
        ------
        BenchmarkError
            If not one image of the set can be read.
        """
        return self._read(range(start, stop))

    def cut(self, index: Tensor, crops: Tensor, side: int) -> Tensor:
        """Return the crops of the images at ``index``, see `isra_model.data.transforms.cut`.

        Raises
        ------
        BenchmarkError
            If not one image of the set can be read.
        """
        return cut(self._read(index.tolist()), torch.arange(len(index)), crops, side)

    def _read(self, places: list[int] | range) -> Tensor:
        images = list(self._threads.map(self._decode, places))
        side = self.preprocessing.resize
        return torch.stack(images) if images else torch.empty(0, 3, side, side, dtype=torch.uint8)

    def _decode(self, place: int) -> Tensor:
        for candidate in chain(range(place, len(self)), range(place)):
            if candidate in self._unreadable:
                continue
            try:
                image = decode_image(self._encoded[candidate], OWN_FILES)
            except ImageError as error:
                self._unreadable[candidate] = f"{printable(self.keys[candidate])}: {error}"
            else:
                if INCOMPLETE in image.info:
                    self._incomplete.add(printable(self.keys[candidate]))
                self.labels[place] = int(self._given[candidate])
                return prepare(image, self.preprocessing)
        raise _nothing_readable(self.name, self.keys, self._unreadable[0])


Images = DecodedImages | EncodedImages


def open_images(images: ImageSet, preprocessing: Preprocessing, memory: int = IN_MEMORY) -> Images:
    """Return a set framed and resized, or still encoded if that would take more than ``memory`` bytes.

    Raises
    ------
    BenchmarkError
        If not one image can be read.
    """
    small = len(images) * 3 * preprocessing.resize**2 <= memory
    return decode_images(images, preprocessing) if small else EncodedImages(images, preprocessing)


def decode_images(images: ImageSet, preprocessing: Preprocessing) -> DecodedImages:
    """Decode a set, each image framed and resized; unreadable images are left out and named.

    Raises
    ------
    BenchmarkError
        If not one image can be read.
    """
    size = preprocessing.resize
    pixels = torch.empty(len(images), size, size, 3, dtype=torch.uint8).permute(0, 3, 1, 2)

    incomplete: set[int] = set()

    def decode(index: int) -> str | None:
        try:
            image = decode_image(images.encoded[index], OWN_FILES)
        except ImageError as error:
            return f"{printable(images.keys[index])}: {error}"
        if INCOMPLETE in image.info:
            incomplete.add(index)
        pixels[index] = prepare(image, preprocessing)
        return None

    with ThreadPoolExecutor() as pool:
        failures = list(pool.map(decode, range(len(images))))
    good = [index for index, failure in enumerate(failures) if failure is None]
    if not good:
        raise _nothing_readable(images.name, images.keys, str(failures[0]))
    return DecodedImages(
        pixels=pixels if len(good) == len(images) else pixels[good],
        labels=torch.from_numpy(images.labels[np.array(good)]),
        keys=tuple(images.keys[index] for index in good),
        skipped=tuple(failure for failure in failures if failure is not None),
        incomplete=tuple(printable(images.keys[index]) for index in sorted(incomplete)),
    )


def _nothing_readable(domain: str, keys: Sequence[str], first: str) -> BenchmarkError:
    others = f" Nor could {listed(keys[1:], MOST_NAMED - 1)}." if keys[1:] else ""
    return BenchmarkError(f"No image of the domain '{domain}' could be read, e.g. {first}{others}")


def generator_for(*key: int | str) -> torch.Generator:
    """Return a CPU generator that is a pure function of ``key``."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def _permutation(count: int, *key: int | str) -> NDArray[np.int64]:
    order: NDArray[np.int64] = torch.randperm(count, generator=generator_for(*key)).numpy()
    return order


_whole_set = lru_cache(maxsize=16)(_permutation)


def batch_indices(count: int, batch_size: int, key: tuple[int, str], step: int) -> NDArray[np.int64]:
    """Return the ``batch_size`` indices below ``count`` of one step.

    Steps walk through one shuffled epoch after another; every image is seen once an epoch. ``key`` is the run's seed
    and the stream's name.
    """
    start, stop = step * batch_size, (step + 1) * batch_size
    parts = [
        _whole_set(count, *key, epoch)[max(0, start - epoch * count) : stop - epoch * count]
        for epoch in range(start // count, -(-stop // count))
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def balanced_indices(
    members: tuple[NDArray[np.int64], ...], batch_size: int, key: tuple[int, str], step: int
) -> NDArray[np.int64]:
    """Return the ``batch_size`` indices of one step, every class as often as any other.

    Steps walk through one shuffled round of the classes after another, and each class, whose ``members`` are given,
    through shuffled epochs of its own.
    """

    def member(round_: int, label: int) -> int:
        epoch, place = divmod(round_, len(members[label]))
        return int(members[label][_permutation(len(members[label]), *key, label, epoch)[place]])

    positions = range(step * batch_size, (step + 1) * batch_size)
    rounds = ((position // len(members), position % len(members)) for position in positions)
    chosen = [member(r, int(_whole_set(len(members), *key, "classes", r)[place])) for r, place in rounds]
    return np.array(chosen, dtype=np.int64)


@dataclass(frozen=True)
class StreamBatch:
    """Images (n, 3, crop, crop), uint8 until normalised, their labels (n,) and their places in the set (n,)."""

    images: Tensor
    labels: Tensor
    index: Tensor


@dataclass(frozen=True)
class Stream:
    """An endless, reproducible sequence of augmented batches of one image set.

    Attributes
    ----------
    images : Images
        The set.
    preprocessing : Preprocessing
        Crop and normalisation.
    seed : int
        The run's seed.
    name : str
        Tells apart the streams of one run.
    balanced : bool
        Every class is drawn equally often, instead of every image.
    augmentation : Augmentation
        What happens to the images; a frozen backbone's features stay as they are.
    """

    images: Images
    preprocessing: Preprocessing
    seed: int
    name: str
    balanced: bool = False
    augmentation: Augmentation = "weak"

    def crops(self, step: int, batch_size: int, share: slice = slice(None)) -> StreamBatch:
        """Return the uint8 crops of a step; of its ``batch_size`` images only the ``share`` is read."""
        index = torch.from_numpy(self._indices(step, batch_size))
        images = self._augmented(index, step, share)
        return StreamBatch(images, self.images.labels[index[share]], index[share])

    def _augmented(self, index: Tensor, step: int, share: slice) -> Tensor:
        generator = generator_for(self.seed, self.name, "augmentation", step)
        side, whole = self.preprocessing.crop, self.preprocessing.resize
        if self.augmentation == "weak":
            return self.images.cut(index[share], random_crops(len(index), self.preprocessing, generator)[share], side)
        if self.augmentation == "none":
            return self.images.cut(index[share], fixed_crops(len(index[share]), (whole - side) // 2), side)
        images = self.images.cut(index[share], fixed_crops(len(index[share]), 0), whole)
        return (
            images if images.is_floating_point() else strengthen(images, draw(len(index), generator).share(share), side)
        )

    @cached_property
    def _members(self) -> tuple[NDArray[np.int64], ...]:
        labels = self.images.labels.numpy().copy()
        return tuple(np.flatnonzero(labels == label) for label in np.unique(labels))

    def _indices(self, step: int, batch_size: int) -> NDArray[np.int64]:
        key = self.seed, self.name
        if self.balanced:
            return balanced_indices(self._members, batch_size, key, step)
        return batch_indices(len(self.images), batch_size, key, step)
