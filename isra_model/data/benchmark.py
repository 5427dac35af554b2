"""A benchmark names domains and classes; a task picks a source, a target and the target's classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class BenchmarkError(ValueError):
    """A benchmark, domain or class that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class ImageSet:
    """The labelled images of one domain, still encoded.

    Attributes
    ----------
    name : the domain's name.
    encoded : one entry an image, a file's path or the encoded bytes.
    labels : (n,) int64, index into the benchmark's classes.
    heldout : (n,) bool, true for images that no training may see.
    keys : one stable, unique name an image.
    """

    name: str
    encoded: tuple[Path | bytes, ...]
    labels: NDArray[np.int64]
    heldout: NDArray[np.bool_]
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.encoded)

    def select(self, mask: NDArray[np.bool_]) -> ImageSet:
        """Return the images where ``mask`` (n,) is true, in the same order."""
        chosen = np.flatnonzero(mask)
        return ImageSet(
            name=self.name,
            encoded=tuple(self.encoded[i] for i in chosen),
            labels=self.labels[chosen],
            heldout=self.heldout[chosen],
            keys=tuple(self.keys[i] for i in chosen),
        )


@dataclass(frozen=True)
class Benchmark:
    """Named domains that share one list of classes."""

    name: str
    classes: tuple[str, ...]
    domains: Mapping[str, ImageSet]

    def domain(self, name: str) -> ImageSet:
        """Return a domain by name.

        Raises
        ------
        BenchmarkError
            If there is no such domain.
        """
        if name not in self.domains:
            raise BenchmarkError(f"{self.name} has no domain '{name}'; choose one of {', '.join(self.domains)}.")
        return self.domains[name]


@dataclass(frozen=True)
class Task:
    """One partial domain adaptation task: all source classes, a subset of them in the target."""

    benchmark: Benchmark
    source: str
    target: str
    target_classes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return ``<benchmark>-<source>-to-<target>``, the checkpoint folder's name."""
        return f"{self.benchmark.name}-{self.source}-to-{self.target}"

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Return (C,) bool, true where a source class also belongs to the target."""
        return np.isin(np.array(self.benchmark.classes), np.array(self.target_classes))

    def source_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the source images of all classes, from the training or the held-out split."""
        domain = self.benchmark.domain(self.source)
        return domain.select(domain.heldout == heldout)

    def target_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the target images of the target classes, from the training or the held-out split."""
        domain = self.benchmark.domain(self.target)
        return domain.select((domain.heldout == heldout) & self.shared[domain.labels])
