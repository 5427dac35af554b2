"""What a training run would see of its images, before it is paid for: classes, sizes, and all that is left out."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, Ignored, ImageSet, Task
from isra_model.data.benchmarks import domain_names, load_benchmark, load_task
from isra_model.data.decoding import INCOMPLETE, OWN_FILES, ImageError, decode_image, image_size
from isra_model.data.folder import DomainFolder, folder_at, load_tree
from isra_model.data.hub import is_hub_reference
from isra_model.data.listing import folders_in
from isra_model.data.names import plain, printable, spelling
from isra_model.data.task import partial_task

LOOKED_AT = 5000
"""Images of a domain that are opened; of a larger one, evenly spread."""

PATIENCE = 2.0
"""Seconds after which opening a domain's images shows how far it is."""

_SMALL = replace(OWN_FILES, max_side=32)
_ALIKE = 0.8


@dataclass(frozen=True)
class NearMiss:
    """Two classes of two domains whose names are nearly alike, so that they may be meant to be one."""

    domain: str
    name: str
    other_domain: str
    other_name: str


@dataclass(frozen=True)
class ClassNames:
    """Which classes labelled domains share by their names.

    Attributes
    ----------
    shared : tuple[str, ...]
        Those that every domain has.
    only : Mapping[str, tuple[str, ...]]
        By domain, those that no other one has.
    near_misses : tuple[NearMiss, ...]
        Classes of one domain alone that are nearly called as one of another domain alone.
    """

    shared: tuple[str, ...]
    only: Mapping[str, tuple[str, ...]]
    near_misses: tuple[NearMiss, ...]

    @classmethod
    def of(cls, domains: Mapping[str, Collection[str]]) -> ClassNames:
        """Compare the names of each domain's classes; a domain without any has no labels."""
        labelled = [set(names) for names in domains.values() if names]
        only = {}
        for domain, names in domains.items():
            others = set[str]().union(*(known for name, known in domains.items() if name != domain))
            only[domain] = tuple(name for name in names if name not in others)
        every = dict.fromkeys(name for names in domains.values() for name in names)
        shared = tuple(sorted(name for name in every if all(name in known for known in labelled)))
        return cls(shared, only, _near_misses(only))


@dataclass(frozen=True)
class DomainFindings:
    """What is found in one domain.

    Attributes
    ----------
    name : str
        The domain's name.
    images : Mapping[str, int]
        How many images each class has.
    unlabelled : int
        How many images have no label.
    only : tuple[str, ...]
        Its classes that no other labelled domain has.
    opened : int
        How many images were opened, see `LOOKED_AT`.
    unreadable : tuple[str, ...]
        Of those opened, one line an image that cannot be read, and that a run leaves out.
    incomplete : tuple[str, ...]
        Of those opened, the images that lack their last bytes.
    sizes : tuple[tuple[int, int], ...]
        Width and height in pixels of the smallest, the median and the largest image opened; empty if there is none.
    ignored : tuple[Ignored, ...]
        What is left out, and why.
    notes : tuple[str, ...]
        What else there is to know, a line each.
    """

    name: str
    images: Mapping[str, int]
    unlabelled: int
    only: tuple[str, ...]
    opened: int
    unreadable: tuple[str, ...]
    incomplete: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DataFindings:
    """What is found in a benchmark's images.

    Attributes
    ----------
    benchmark : Benchmark
        With the images themselves.
    domains : tuple[DomainFindings, ...]
        The source and the target, or every domain where no task was named.
    shared : tuple[str, ...]
        The classes that every labelled domain has.
    near_misses : tuple[NearMiss, ...]
        Classes of one domain alone that are nearly called as one of another domain alone.
    task : Task | None
        What a run would train on, without the images found to be unreadable; nothing if it would stop, or no task was
        named.
    problem : str | None
        Why it would stop; nothing if it would not.
    """

    benchmark: Benchmark
    domains: tuple[DomainFindings, ...]
    shared: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    task: Task | None
    problem: str | None


def check_data(name: str, source: str | None, target: str | None, data: Path | None) -> DataFindings:
    """Look at the images of a task, or of every domain of a benchmark if source and target are left out.

    Raises
    ------
    BenchmarkError
        If there are no images to look at, or one of source and target is given alone.
    """
    if (source is None) != (target is None):
        raise BenchmarkError("A task has a source and a target: give both, or none to look at every domain.")
    if source is None or target is None:
        return _findings(_whole(name, data))
    if "+" in name:
        return _of_task(load_task(name, source, target, data))
    benchmark = load_benchmark(name, source, target, data)
    try:
        task = partial_task(benchmark, source, target)
    except BenchmarkError as error:
        return replace(_findings(benchmark), problem=str(error))
    return _of_task(task)


def _of_task(task: Task) -> DataFindings:
    names = dict.fromkeys((task.source, task.target))
    domains = {name: task.benchmark.domain(name) for name in names}
    return _findings(replace(task.benchmark, domains=domains), task)


def _whole(name: str, data: Path | None) -> Benchmark:
    """Return a benchmark with every domain that is there."""
    if name == "tree" and data and not is_hub_reference(data):
        root = folder_at(data)
        found = [DomainFolder.read(folder.name, folder, root) for folder in folders_in(root)]
        names = [each.name for each in found if each.named or each.loose.images]
        if not names:
            raise BenchmarkError(f"{root} has no folder with images: give the folder above the domains.")
        return load_tree(root, names)
    domains, errors = dict[str, ImageSet](), list[BenchmarkError]()
    classes: tuple[str, ...] = ()
    for each in domain_names(name, data):
        try:
            benchmark = load_benchmark(name, each, each, data)
        except BenchmarkError as error:
            errors.append(error)
        else:
            domains |= benchmark.domains
            classes = benchmark.classes
    if not domains:
        raise errors[0] if errors else BenchmarkError(f"{name} names no domains of its own: give source and target.")
    return Benchmark(name, classes, domains)


def _findings(benchmark: Benchmark, task: Task | None = None) -> DataFindings:
    sets = tuple(benchmark.domains.values())
    present = {each.name: _images_of(each, benchmark) for each in sets}
    names = ClassNames.of(present)
    looks = [_look(each, present[each.name], names.only[each.name]) for each in sets]
    domains = tuple(domain for domain, _ in looks)
    readable = {each.name: each.select(usable) for each, (_, usable) in zip(sets, looks, strict=True)}
    left = replace(task, benchmark=replace(benchmark, domains=readable)) if task else None
    problem = _nothing_readable(domains) or (_unreadable_class(task, left) if task and left else None)
    return DataFindings(
        benchmark=benchmark,
        domains=domains,
        shared=names.shared,
        near_misses=names.near_misses,
        task=None if problem else left,
        problem=problem,
    )


def _nothing_readable(domains: Sequence[DomainFindings]) -> str | None:
    """Return that no image of a domain can be read, if so."""
    found = [domain.name for domain in domains if 0 < domain.opened == len(domain.unreadable)]
    if not found:
        return None
    named = " or ".join(f"'{name}'" for name in found)
    return f"No image of {named} can be read, so no run can start: save or download the images again."


def _unreadable_class(task: Task, left: Task) -> str | None:
    """Return which class of the source has images of which none is ``left``, that can be read, if one has."""
    gone = np.setdiff1d(task.source_images().labels, left.source_images().labels)
    if not len(gone):
        return None
    name = task.benchmark.classes[gone[0]]
    return f"No image of class '{name}' of '{task.source}' can be read, so no run can start: save the images again."


def _images_of(domain: ImageSet, benchmark: Benchmark) -> dict[str, int]:
    labels, counts = np.unique(domain.labels[domain.labels != UNKNOWN], return_counts=True)
    return {benchmark.classes[label]: int(count) for label, count in zip(labels, counts, strict=True)}


def _look(
    domain: ImageSet, images: Mapping[str, int], only: tuple[str, ...]
) -> tuple[DomainFindings, NDArray[np.bool_]]:
    """Return what is found in a domain, and (n,) bool, false where an image was opened and cannot be read."""
    places = spread(np.arange(len(domain)), LOOKED_AT)
    with ThreadPoolExecutor() as pool:
        opened = pool.map(lambda place: _seen(domain, place), places)
        seen = list(tqdm(opened, printable(domain.name), len(places), leave=False, unit=" images", delay=PATIENCE))
    sizes = sorted((size for _, size in seen if size), key=lambda size: size[0] * size[1])
    usable = np.ones(len(domain), dtype=np.bool_)
    usable[[place for place, (_, size) in zip(places, seen, strict=True) if not size]] = False
    found = DomainFindings(
        name=domain.name,
        images=images,
        unlabelled=int((domain.labels == UNKNOWN).sum()),
        only=only,
        opened=len(places),
        unreadable=tuple(word for word, size in seen if word and not size),
        incomplete=tuple(word for word, size in seen if word and size),
        sizes=(sizes[0], sizes[len(sizes) // 2], sizes[-1]) if sizes else (),
        ignored=domain.ignored,
        notes=domain.notes,
    )
    return found, usable


def _seen(domain: ImageSet, place: int) -> tuple[str, tuple[int, int] | None]:
    """Return an image's size; its name too if it is incomplete; or else why it cannot be read."""
    try:
        image = decode_image(domain.encoded[place], _SMALL)
        return (domain.keys[place] if INCOMPLETE in image.info else ""), image_size(domain.encoded[place])
    except ImageError as error:
        return f"{printable(domain.keys[place])}: {error}", None


def spread(places: Any, most: int) -> list[int]:
    """Return at most ``most`` of ``places``, evenly spread."""
    chosen = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(np.int64))
    return [int(places[index]) for index in chosen]


def _near_misses(only: Mapping[str, Sequence[str]]) -> tuple[NearMiss, ...]:
    return tuple(
        NearMiss(one, name, other, near)
        for (one, names), (other, others) in itertools.combinations(only.items(), 2)
        for name in names
        for near in others
        if _alike(name, near)
    )


def _alike(one: str, other: str) -> bool:
    if sorted(spelling(one).split()) == sorted(spelling(other).split()):
        return True
    return difflib.SequenceMatcher(None, plain(one), plain(other)).ratio() >= _ALIKE
