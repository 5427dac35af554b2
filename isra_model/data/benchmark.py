"""A benchmark names domains and classes; a task picks a source, a target and the target's classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isra_model.data.names import match


class BenchmarkError(ValueError):
    """A benchmark, domain or class that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Files(Sequence[Path]):
    """Files below one folder, which become paths only when they are asked for: there may be a million.

    Attributes
    ----------
    root : the folder.
    names : one path relative to it a file.
    """

    root: Path
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: Any) -> Any:
        return self.root / self.names[place]


@dataclass(frozen=True)
class Chosen(Sequence[Path | bytes]):
    """The encoded images at some places (n,) of a longer sequence, looked up when they are asked for."""

    images: Sequence[Path | bytes]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: Any) -> Any:
        return self.images[int(self.places[place])]


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
    encoded: Sequence[Path | bytes]
    labels: NDArray[np.int64]
    heldout: NDArray[np.bool_]
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.encoded)

    def select(self, mask: NDArray[np.bool_]) -> ImageSet:
        """Return the images where ``mask`` (n,) is true, in the same order."""
        chosen = np.flatnonzero(mask)
        in_memory = isinstance(self.encoded, tuple)
        return ImageSet(
            name=self.name,
            encoded=tuple(self.encoded[int(i)] for i in chosen) if in_memory else Chosen(self.encoded, chosen),
            labels=self.labels[chosen],
            heldout=self.heldout[chosen],
            keys=tuple(self.keys[i] for i in chosen),
        )


@dataclass(frozen=True)
class Published:
    """What a published protocol lays down beside its classes.

    Attributes
    ----------
    target_classes : the classes of every target.
    images : the number of images of each domain, all classes.
    target_images : the number of images of each domain, target classes only.
    """

    target_classes: tuple[str, ...]
    images: Mapping[str, int] = field(default_factory=dict)
    target_images: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Benchmark:
    """Named domains that share one list of classes, and the protocol they were published with, if they were."""

    name: str
    classes: tuple[str, ...]
    domains: Mapping[str, ImageSet]
    published: Published | None = None

    def domain(self, name: str) -> ImageSet:
        """Return a domain by name; case, spaces, underscores and hyphens do not matter.

        Raises
        ------
        BenchmarkError
            If there is no such domain.
        """
        found = match(name, self.domains)
        if found is None:
            raise BenchmarkError(f"{self.name} has no domain '{name}'; choose one of {', '.join(self.domains)}.")
        return self.domains[found]


@dataclass(frozen=True)
class Task:
    """One partial domain adaptation task: all source classes, a subset of them in the target."""

    benchmark: Benchmark
    source: str
    target: str
    target_classes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return ``<benchmark>-<source>-to-<target>``, the checkpoint folder's name: lower case, without spaces."""
        name = f"{self.benchmark.name}-{self.source}-to-{self.target}"
        return re.sub(r"[^\w.]+", "-", name.lower()).strip("-")

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Return (C,) bool, true where a source class also belongs to the target."""
        return np.isin(np.array(self.benchmark.classes), np.array(self.target_classes))

    @property
    def differences(self) -> tuple[str, ...]:
        """Return one line for each domain that holds another number of images than was published."""
        published = self.benchmark.published
        if published is None:
            return ()
        source, target = self.benchmark.domain(self.source), self.benchmark.domain(self.target)
        counts = (
            (self.source, "all", len(source), published.images.get(self.source)),
            (self.target, "target", int(self.shared[target.labels].sum()), published.target_images.get(self.target)),
        )
        return tuple(
            f"{self.benchmark.name}: domain '{domain}' has {found:,} images of {which} classes where {expected:,} were "
            "published: compare your copy."
            for domain, which, found, expected in counts
            if expected is not None and found != expected
        )

    def source_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the source images of all classes, from the training or the held-out split."""
        domain = self.benchmark.domain(self.source)
        return domain.select(domain.heldout == heldout)

    def target_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the target images of the target classes, from the training or the held-out split."""
        domain = self.benchmark.domain(self.target)
        return domain.select((domain.heldout == heldout) & self.shared[domain.labels])
