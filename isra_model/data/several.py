"""Sources of several domains: ``solid+duotone+colour`` is one labelled domain that holds the images of three."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Task
from isra_model.data.names import match

ALL_ICONS = "all icons"
ICONS = ("solid", "line", "duotone", "colour")
"""Office-Icons' domains, which together are called `ALL_ICONS`."""


@dataclass(frozen=True)
class Chained(Sequence[Path | bytes]):
    """One sequence of encoded images after another, each looked up when it is asked for."""

    parts: tuple[Sequence[Path | bytes], ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return self.ends[-1]

    def __getitem__(self, place: Any) -> Any:
        part = bisect_right(self.ends, place)
        return self.parts[part][place - (self.ends[part - 1] if part else 0)]


def domain_parts(name: str) -> tuple[str, ...]:
    """Return the domains that a source's name joins by ``+``; one for a domain alone."""
    if match(name, [ALL_ICONS]):
        return ICONS
    return tuple(part.strip() for part in name.split("+"))


def with_source(benchmark: Benchmark, source: str) -> tuple[Benchmark, str]:
    """Return the benchmark with the domain that ``source`` names, which may join several, and that domain's name.

    Raises
    ------
    BenchmarkError
        If a domain is unknown or named twice.
    """
    names = domain_parts(source)
    if match(source, benchmark.domains) or len(names) == 1:
        return benchmark, benchmark.domain(source).name
    sets = [benchmark.domain(name) for name in names]
    found = [images.name for images in sets]
    if len(set(found)) < len(found):
        raise BenchmarkError(f"'{source}' names a domain twice: name each once.")
    if set(found) == set(ICONS):
        sets = [benchmark.domain(name) for name in ICONS]
    sets = [replace(images, keys=tuple(f"{images.name}/{key}" for key in images.keys)) for images in sets]
    joined = join_sets(ALL_ICONS if set(found) == set(ICONS) else " + ".join(found), sets)
    return replace(benchmark, domains={**benchmark.domains, joined.name: joined}), joined.name


def join_sets(name: str, sets: Sequence[ImageSet]) -> ImageSet:
    """Return the images of several domains, one after the other, as those of one."""
    encoded = tuple(images.encoded for images in sets)
    in_memory = all(isinstance(images, tuple) for images in encoded)
    return ImageSet(
        name=name,
        encoded=tuple(image for images in encoded for image in images)
        if in_memory
        else Chained(encoded, tuple(accumulate(map(len, encoded)))),
        labels=np.concatenate([images.labels for images in sets]),
        heldout=np.concatenate([images.heldout for images in sets]),
        keys=tuple(key for images in sets for key in images.keys),
        ignored=tuple(each for images in sets for each in images.ignored),
        notes=tuple(note for images in sets for note in images.notes),
    )


def source_counts(task: Task) -> dict[str, int]:
    """Return how many training images each of the source's domains has; empty where the source is one domain."""
    names = domain_parts(task.source)
    if task.source in names:
        return {}
    return {name: int((~task.benchmark.domain(name).heldout).sum()) for name in names}
