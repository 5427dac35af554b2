"""Recorded runs, one JSON object a line, and the tables made from them."""

from __future__ import annotations

import fcntl
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from isra_model.checkpoints.store import Checkpoint


@dataclass(frozen=True)
class RunRecord:
    """One recorded run.

    Attributes
    ----------
    mode : "fine-tune", the whole network.
    accuracy, heldout_accuracy : of the label-free selected model on the target, in percent.
    oracle_accuracy : of the best evaluation by target labels.
    config : the full configuration.
    metrics : all else that was measured.
    """

    mode: str
    method: str
    isra: bool
    source: str
    target: str
    seed: int
    accuracy: float
    heldout_accuracy: float
    oracle_accuracy: float
    commit: str
    device: str
    seconds: float
    config: dict[str, Any]
    metrics: dict[str, Any]

    @property
    def model(self) -> str:
        """Return the model's name: ``ba3us-isra``, or ``ba3us-isra-joint`` with equation 4's gradient of class2vec."""
        if not self.isra:
            return self.method
        return f"{self.method}-isra" + ("-joint" if self.config["isra"]["class2vec_gradient"] == "joint" else "")


def record_of(checkpoint: Checkpoint) -> RunRecord:
    """Return the record of the run that made a checkpoint."""
    named = ("accuracy", "heldout_accuracy", "oracle_accuracy", "commit", "device", "seconds")
    return RunRecord(
        mode="fine-tune",
        method=checkpoint.training.method,
        isra=checkpoint.isra is not None,
        source=checkpoint.source,
        target=checkpoint.target,
        seed=checkpoint.training.seed,
        **{name: checkpoint.metrics[name] for name in named},
        config=checkpoint.training.as_dict(),
        metrics={name: value for name, value in checkpoint.metrics.items() if name not in named},
    )


def append_record(path: Path, record: RunRecord) -> None:
    """Append one line; several processes may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(asdict(record)) + "\n")


def read_records(path: Path) -> list[RunRecord]:
    """Return the recorded runs, the last of those with the same configuration; none if there is no file."""
    if not path.exists():
        return []
    records = [RunRecord(**json.loads(line)) for line in path.read_text().splitlines()]
    return list({json.dumps(record.config, sort_keys=True): record for record in records}.values())


def summary(values: Sequence[float]) -> str:
    """Return "mean ± standard deviation (runs)", the deviation only where there is more than one run."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.1f} (1)"
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f} ({len(values)})"


def accuracy_table(records: Iterable[RunRecord], models: Sequence[str]) -> str:
    """Return a Markdown table: tasks down, models across, each cell transductive / held-out accuracy.

    The last column is source-only training on the target's own labelled images (source = target).
    """
    records = list(records)
    tasks = sorted({(record.source, record.target) for record in records if record.source != record.target})
    header = "| source → target | " + " | ".join(models) + " | in-domain, with labels: held-out |"
    lines = [header, "|---|" + "---|" * (len(models) + 1)]
    for source, target in tasks:
        cells = [
            _cell([r for r in records if (r.source, r.target, r.model) == (source, target, model)]) for model in models
        ]
        ceiling = [r.heldout_accuracy for r in records if r.source == r.target == target]
        lines.append(f"| {source} → {target} | " + " | ".join([*cells, summary(ceiling)]) + " |")
    return "\n".join(lines)


def paired_difference(records: Iterable[RunRecord], model: str, baseline: str) -> str:
    """Return how much better ``model`` is than ``baseline`` over the pairs of runs of one task and seed."""
    runs = {(record.source, record.target, record.seed, record.model): record for record in records}
    pairs = [
        (run, runs[(*key[:3], baseline)])
        for key, run in runs.items()
        if key[3] == model and (*key[:3], baseline) in runs
    ]

    def gain(values: list[float]) -> str:
        spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
        return f"{statistics.mean(values):+.1f}{spread}"

    if not pairs:
        return f"No pair of runs compares {model} with {baseline} yet."
    return (
        f"{model} minus {baseline}, over {len(pairs)} pairs of the same task and seed: "
        f"{gain([ours.accuracy - theirs.accuracy for ours, theirs in pairs])} points transductive, "
        f"{gain([ours.heldout_accuracy - theirs.heldout_accuracy for ours, theirs in pairs])} held-out "
        f"(mean ± standard deviation of the pairs)."
    )


def _cell(records: Sequence[RunRecord]) -> str:
    transductive = summary([record.accuracy for record in records])
    return f"{transductive} / {summary([record.heldout_accuracy for record in records])}" if records else "–"
