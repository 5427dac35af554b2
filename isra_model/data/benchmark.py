"""A benchmark names domains and classes; a task picks a source, a target and the target's classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isra_model.data.names import listed, match, printable

UNKNOWN = -1
"""The label of an image whose class is not known."""


class BenchmarkError(ValueError):
    """A benchmark, domain or class that cannot be used; the message, which can always be printed, says what to do."""

    def __str__(self) -> str:
        return printable(super().__str__())


@dataclass(frozen=True)
class Files(Sequence[Path]):
    """Files below one folder, which become paths only when they are asked for: there may be a million.

    Attributes
    ----------
    root : Path
        The folder.
    names : tuple[str, ...]
        One path relative to it a file.
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
class Ignored:
    """A file or folder that is left out of a domain.

    Attributes
    ----------
    name : str
        Its path below the benchmark's folder; a folder's ends in a slash.
    reason : str
        Why, in a few words.
    by_machine : bool
        Whether a program left it behind, so that nobody misses it.
    """

    name: str
    reason: str
    by_machine: bool = False


@dataclass(frozen=True)
class ImageSet:
    """The images of one domain, still encoded.

    Attributes
    ----------
    name : str
        The domain's name.
    encoded : Sequence[Path | bytes]
        One entry an image, a file's path or the encoded bytes.
    labels : NDArray[np.int64]
        (n,) int64, index into the benchmark's classes; `UNKNOWN` for an image without a label.
    heldout : NDArray[np.bool_]
        (n,) bool, true for images that no training may see.
    keys : tuple[str, ...]
        One stable, unique name an image.
    ignored : tuple[Ignored, ...]
        What lies among the images and is left out.
    notes : tuple[str, ...]
        What else a user should know of the domain, a line each.
    """

    name: str
    encoded: Sequence[Path | bytes]
    labels: NDArray[np.int64]
    heldout: NDArray[np.bool_]
    keys: tuple[str, ...]
    ignored: tuple[Ignored, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def labelled(self) -> bool:
        """Return whether the class of any image is known."""
        return bool((self.labels != UNKNOWN).any())

    def select(self, mask: NDArray[np.bool_]) -> ImageSet:
        """Return the images where ``mask`` (n,) is true, in the same order."""
        chosen = np.flatnonzero(mask)
        in_memory = isinstance(self.encoded, tuple)
        return replace(
            self,
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
    target_classes : tuple[str, ...]
        The classes of every target.
    images : Mapping[str, int]
        The number of images of each domain, all classes.
    target_images : Mapping[str, int]
        The number of images of each domain, target classes only.
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
    """One partial domain adaptation task: all source classes, a subset of them in the target.

    Attributes
    ----------
    target_classes : tuple[str, ...]
        The subset; empty where the target has no labels, so that nobody knows it. Then the target's images all have the
        label `UNKNOWN`, and whatever needs target labels is left out.
    """

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
    def labelled(self) -> bool:
        """Return whether the target has labels, so that accuracies can be measured."""
        return bool(self.target_classes)

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Return (C,) bool, true where a source class also belongs to the target; nowhere if nobody knows."""
        return np.isin(np.array(self.benchmark.classes), np.array(self.target_classes))

    @property
    def differences(self) -> tuple[str, ...]:
        """Return one line for each domain that holds another number of images than was published."""
        published = self.benchmark.published
        if published is None:
            return ()
        source, target = self.benchmark.domain(self.source), self.benchmark.domain(self.target)
        counts = [(self.source, "all", len(source), published.images.get(self.source))]
        if self.labelled:
            found = int(self.shared[target.labels].sum())
            counts.append((self.target, "target", found, published.target_images.get(self.target)))
        return tuple(
            f"{self.benchmark.name}: domain '{domain}' has {found:,} images of {which} classes where {expected:,} were "
            "published: compare your copy."
            for domain, which, found, expected in counts
            if expected is not None and found != expected
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a user should know of the images before training: what is left out, how they differ."""
        domains = [self.benchmark.domain(name) for name in dict.fromkeys((self.source, self.target))]
        lines = [line for domain in domains for line in (*domain.notes, *_left_out(domain))]
        return tuple(map(printable, (*lines, *self.differences, *self.leaks)))

    @property
    def leaks(self) -> tuple[str, ...]:
        """Return one line if images of the target are in the source too, by their files; none where both are one."""
        if self.source == self.target:
            return ()
        found = _files(self.target_images()) & _files(self.source_images())
        if not found:
            return ()
        return (
            f"Images that '{self.target}' and '{self.source}' have in common: {len(found):,}. They train with their "
            "labels, so accuracies on them say nothing of adaptation.",
        )

    def source_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the source images of all classes, from the training or the held-out split."""
        domain = self.benchmark.domain(self.source)
        return domain.select((domain.heldout == heldout) & (domain.labels != UNKNOWN))

    def target_images(self, *, heldout: bool = False) -> ImageSet:
        """Return the target's images, of its classes where it has labels, from the training or held-out split."""
        domain = self.benchmark.domain(self.target)
        of_classes = (
            (domain.labels != UNKNOWN) & self.shared[domain.labels] if self.labelled else domain.labels == UNKNOWN
        )
        return domain.select((domain.heldout == heldout) & of_classes)


def _files(images: ImageSet) -> set[Path | bytes]:
    """Return each image's file, wherever links to its folder lead, or else its bytes."""
    folder = cache(Path.resolve)
    return {each if isinstance(each, bytes) else folder(each.parent) / each.name for each in images.encoded}


def by_reason(ignored: Iterable[Ignored]) -> dict[str, list[str]]:
    """Return the names of what is left out, by the reason."""
    reasons: dict[str, list[str]] = {}
    for each in ignored:
        reasons.setdefault(each.reason, []).append(each.name)
    return reasons


def _left_out(domain: ImageSet) -> tuple[str, ...]:
    """Return one line a reason for which something is left out that a person may have put there."""
    by_people = [each for each in domain.ignored if not each.by_machine]
    return tuple(
        f"{domain.name}: left out, {reason}: {listed(names, most=1)}" for reason, names in by_reason(by_people).items()
    )
