"""What the alignment had to go by in recorded runs: the gap that batches see, the classes' part, the pull on them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from isra_model.checkpoints import RunRecord
from isra_model.markdown import table

HEADER = (
    *("model", "runs", "feature norm", "1000 L_a, whole domains", "of batches", "between the domains"),
    *("class-weighted", "cosine with cross-entropy"),
)
MEASURES = ("alignment", "alignment_of_batches", "alignment_class_weighted", "alignment_cosine")


def estimates_table(records: Iterable[RunRecord]) -> str:
    """Return a Markdown table of means over runs, one row a model; of a model without ISRA only the features' norm.

    The part between the domains is the whole domains' L_a over that of batches. Runs that were recorded before these
    were measured are left out, with their bare partners.
    """
    records = list(records)
    measured = {run.task_and_seed for run in records if "alignment_of_batches" in run.metrics}
    rows: dict[str, list[RunRecord]] = {}
    for run in records:
        if run.task_and_seed in measured and (not run.isra or "alignment_of_batches" in run.metrics):
            rows.setdefault(run.model, []).append(run)
    return table(HEADER, [_row(model, runs) for model, runs in sorted(rows.items())])


def _row(model: str, runs: Sequence[RunRecord]) -> list[str]:
    norm = statistics.mean(run.metrics["feature_norm"] for run in runs)
    return [model, str(len(runs)), f"{norm:.1f}", *(["–"] * 5 if not runs[0].isra else _seen(runs))]


def _seen(runs: Sequence[RunRecord]) -> list[str]:
    whole, batches, weighted, cosine = (statistics.mean(run.metrics[name] for run in runs) for name in MEASURES)
    share = f"{whole / batches:.0%}" if batches else "–"
    return [f"{1000 * whole:.2f}", f"{1000 * batches:.2f}", share, f"{1000 * weighted:.2f}", f"{cosine:+.2f}"]
