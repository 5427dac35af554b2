"""From a benchmark to one of its partial tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Task
from isra_model.data.several import domain_parts, with_source


def partial_task(benchmark: Benchmark, source: str, target: str, target_classes: Sequence[str] | None = None) -> Task:
    """Make the task whose target classes are those given, or published, or else those that the target has images of.

    The source may join several domains by ``+``.

    Raises
    ------
    BenchmarkError
        If a domain is unknown, the source lacks a class, or the target lacks a target class.
    """
    benchmark, source = with_source(benchmark, source)
    source_set, target_set = benchmark.domain(source), benchmark.domain(target)
    if target_set.name != source and target_set.name in domain_parts(source):
        raise BenchmarkError(f"The target '{target_set.name}' is one of the source's domains: leave it out of them.")
    _require_images(source_set, benchmark.classes, benchmark)
    if target_classes is None:
        published = benchmark.published
        target_classes = published.target_classes if published else _classes_with_images(target_set, benchmark)
    _require_images(target_set, target_classes, benchmark)
    return Task(benchmark, source_set.name, target_set.name, tuple(target_classes))


def _classes_with_images(domain: ImageSet, benchmark: Benchmark) -> tuple[str, ...]:
    return tuple(benchmark.classes[label] for label in np.unique(domain.labels))


def _require_images(domain: ImageSet, classes: Sequence[str], benchmark: Benchmark) -> None:
    present = set(_classes_with_images(domain, benchmark))
    missing = [name for name in classes if name not in present]
    if missing:
        mend = "copy them again." if benchmark.published else "add images, or leave the class out of every domain."
        raise BenchmarkError(
            f"{benchmark.name}: domain '{domain.name}' has no image of class '{missing[0]}'"
            f"{_and_others(missing)}: {mend}"
        )


def _and_others(missing: Sequence[str]) -> str:
    return f" (and of {len(missing) - 1} more)" if len(missing) > 1 else ""
