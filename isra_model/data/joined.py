"""Tasks across benchmarks whose class names agree, such as from Office-Icons to Office-Home's photographs."""

from __future__ import annotations

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Task
from isra_model.data.names import match
from isra_model.data.several import domain_parts, with_source
from isra_model.data.task import partial_task


def joined_task(first: Benchmark, source: str, second: Benchmark, target: str) -> Task:
    """Make the task from a domain of one benchmark, or several joined by ``+``, to a domain of another.

    The classes are all of the first's; the target's are those that both have, whatever their case, spaces, underscores
    and hyphens.

    Raises
    ------
    BenchmarkError
        If a domain is unknown, no class agrees or the source lacks a class.
    """
    first, source = with_source(first, source)
    target_set = second.domain(target)
    sources = {name: first.domain(name) for name in (source, *domain_parts(source))}
    if target_set.name in sources:
        raise BenchmarkError(f"Both benchmarks call their domain '{target_set.name}': rename one of the two folders.")
    found = [match(name, first.classes) for name in second.classes]
    label_of_class = np.array([first.classes.index(name) if name else -1 for name in found], dtype=np.int64)
    labels = label_of_class[target_set.labels]
    if not (labels >= 0).any():
        raise BenchmarkError(f"No class of {second.name} is called as one of {first.name}: join other benchmarks.")
    relabelled = ImageSet(target_set.name, target_set.encoded, labels, target_set.heldout, target_set.keys)
    domains = {**sources, target_set.name: relabelled.select(labels >= 0)}
    joined = Benchmark(f"{first.name}+{second.name}", first.classes, domains)
    return partial_task(joined, source, target_set.name)
