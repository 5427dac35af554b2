"""From a benchmark to one of its partial tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, ImageSet, Task
from isra_model.data.several import domain_parts, with_source


def partial_task(benchmark: Benchmark, source: str, target: str, target_classes: Sequence[str] | None = None) -> Task:
    """Make the task whose target classes are those given, or published, or else those that the target has images of.

    The source may join several domains by ``+``. Where no image of the target has a label its classes are unknown, and
    none is named.

    Raises
    ------
    BenchmarkError
        If a domain is unknown, the source has no labels, lacks a class or has one alone, or the target lacks a target
        class.
    """
    benchmark, source = with_source(benchmark, source)
    source_set, target_set = benchmark.domain(source), benchmark.domain(target)
    if target_set.name != source and target_set.name in domain_parts(source):
        raise BenchmarkError(f"The target '{target_set.name}' is one of the source's domains: leave it out of them.")
    if not source_set.labelled:
        raise BenchmarkError(
            f"{benchmark.name}: the source '{source_set.name}' has no labels, which only the target may lack: put each "
            "class's images into a folder of its own, or write a label behind each path."
        )
    _require_two_classes(source_set, benchmark)
    _require_images(source_set, benchmark.classes, benchmark, because_of=target_set)
    if not target_set.labelled:
        return Task(benchmark, source_set.name, target_set.name, ())
    if target_classes is None:
        published = benchmark.published
        target_classes = published.target_classes if published else _classes_with_images(target_set, benchmark)
    _require_images(target_set, target_classes, benchmark)
    return Task(benchmark, source_set.name, target_set.name, tuple(target_classes))


def _classes_with_images(domain: ImageSet, benchmark: Benchmark) -> tuple[str, ...]:
    return tuple(benchmark.classes[label] for label in np.unique(domain.labels) if label != UNKNOWN)


def _require_two_classes(source: ImageSet, benchmark: Benchmark) -> None:
    present = _classes_with_images(source, benchmark)
    if len(present) < 2 and not benchmark.published:
        name = present[0]
        raise BenchmarkError(
            f"{benchmark.name}: '{source.name}' has one class, '{name}': adaptation needs two or more."
            f"{_deeper(source, name)}"
        )


def _deeper(domain: ImageSet, name: str) -> str:
    """Return what to pass where the folder of the class ``name`` holds folders: Office-31's ``images``, for example."""
    folders = (key.removeprefix(f"{domain.name}/").split("/") for key in domain.keys)
    if any(len(parts) > 2 and parts[0] == name for parts in folders):
        return f" If '{name}' holds the class folders, pass '{domain.name}/{name}' for '{domain.name}'."
    return ""


def _require_images(
    domain: ImageSet, classes: Sequence[str], benchmark: Benchmark, because_of: ImageSet | None = None
) -> None:
    present = set(_classes_with_images(domain, benchmark))
    missing = [name for name in classes if name not in present]
    if missing:
        mend = "copy them again." if benchmark.published else "add images, or leave the class out of every domain."
        if because_of and present.isdisjoint(_classes_with_images(because_of, benchmark)):
            mend += f" Where '{because_of.name}' has no labels, put its images directly into its folder."
        raise BenchmarkError(
            f"{benchmark.name}: domain '{domain.name}' has no image of class '{missing[0]}'"
            f"{_and_others(missing)}: {mend}{_deeper(because_of, missing[0]) if because_of else ''}"
        )


def _and_others(missing: Sequence[str]) -> str:
    return f" (and of {len(missing) - 1} more)" if len(missing) > 1 else ""
