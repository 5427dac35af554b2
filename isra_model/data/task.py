"""Partial tasks from benchmarks whose target classes are not written down anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Task


def partial_task(benchmark: Benchmark, source: str, target: str, target_classes: Sequence[str] | None = None) -> Task:
    """Make the task whose target classes are those given, or else those that the target has images of.

    Raises
    ------
    BenchmarkError
        If a domain is unknown, the source lacks a class, or the target lacks a target class.
    """
    _require_images(benchmark.domain(source), benchmark.classes, benchmark)
    present = _classes_with_images(benchmark.domain(target), benchmark)
    chosen = present if target_classes is None else tuple(target_classes)
    _require_images(benchmark.domain(target), chosen, benchmark)
    return Task(benchmark, source, target, chosen)


def _classes_with_images(domain: ImageSet, benchmark: Benchmark) -> tuple[str, ...]:
    return tuple(benchmark.classes[label] for label in np.unique(domain.labels))


def _require_images(domain: ImageSet, classes: Sequence[str], benchmark: Benchmark) -> None:
    present = set(_classes_with_images(domain, benchmark))
    missing = [name for name in classes if name not in present]
    if missing:
        raise BenchmarkError(
            f"{benchmark.name}: domain '{domain.name}' has no image of class '{missing[0]}'"
            f"{_and_others(missing)}: add images, or leave the class out of every domain."
        )


def _and_others(missing: Sequence[str]) -> str:
    return f" (and of {len(missing) - 1} more)" if len(missing) > 1 else ""
