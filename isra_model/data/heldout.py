"""A domain whose images are never trained on, as the held-out split of a target that has none of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isra_model.data.benchmark import Benchmark, BenchmarkError
from isra_model.data.several import domain_parts, join_sets


def with_heldout(benchmark: Benchmark, source: str, target: str, heldout: str) -> Benchmark:
    """Return the benchmark whose target holds the images of ``heldout`` too, kept back, of the target's own classes.

    Raises
    ------
    BenchmarkError
        If a domain is unknown, the target has no labels, or ``heldout`` is trained on or has no image of
        a class of the target.
    """
    own, kept = benchmark.domain(target), benchmark.domain(heldout)
    trained_on = [own.name, *(benchmark.domain(part).name for part in domain_parts(source))]
    if kept.name in trained_on:
        raise BenchmarkError(f"'{kept.name}' is trained on: give another domain to `heldout`.")
    if not own.labelled:
        raise BenchmarkError(f"'{own.name}' has no labels to hold images out for: leave `heldout` out.")
    kept = kept.select(np.isin(kept.labels, own.labels))
    if not len(kept):
        raise BenchmarkError(f"'{kept.name}' has no image of a class of '{own.name}': give another `heldout`.")
    kept = replace(kept, heldout=np.ones(len(kept), dtype=np.bool_))
    return replace(benchmark, domains={**benchmark.domains, own.name: join_sets(own.name, [own, kept])})
