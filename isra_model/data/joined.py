"""Tasks across benchmarks whose class names agree, such as from Office-Icons to Office-Home's photographs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, Task
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
    label_of_class = np.array([first.classes.index(name) if name else UNKNOWN for name in (*found, None)])
    labels = label_of_class[target_set.labels]
    kept = (labels != UNKNOWN) | (not target_set.labelled)
    if not kept.any():
        raise BenchmarkError(f"No class of {second.name} is called as one of {first.name}: join other benchmarks.")
    relabelled = replace(target_set, labels=labels)
    domains = {**sources, target_set.name: relabelled.select(kept)}
    joined = Benchmark(f"{first.name}+{second.name}", first.classes, domains)
    return partial_task(joined, source, target_set.name)
