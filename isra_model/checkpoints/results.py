"""Recorded runs, one JSON object a line, and the tables made from them."""

from __future__ import annotations

import fcntl
import json
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from isra_model.checkpoints.store import Checkpoint
from isra_model.markdown import table
from isra_model.methods import method_class
from isra_model.training.config import TrainConfig, config_from_dict

ON_THE_WAY = ("save_every", "snapshots")
"""Fields of a configuration that say what is kept on the way: runs that differ in nothing else are the same."""


@dataclass(frozen=True)
class Run:
    """What every run has, finished or failed.

    Attributes
    ----------
    mode : str
        "fine-tune", the whole network; "features", on a frozen backbone's.
    seconds : float
        Wall-clock time.
    config : dict[str, Any]
        The full configuration.
    """

    mode: str
    method: str
    isra: bool
    source: str
    target: str
    seed: int
    commit: str
    device: str
    seconds: float
    config: dict[str, Any]

    @property
    def model(self) -> str:
        """Return the model's name, see `recorded_name`."""
        return recorded_name(self.method, self.config["isra"])

    @property
    def task_and_seed(self) -> tuple[str, str, int]:
        """Return what runs of different models are paired by."""
        return self.source, self.target, self.seed

    @cached_property
    def key(self) -> str:
        """Return what the run is known by, see `run_key`."""
        return run_key(config_from_dict(self.config))


@dataclass(frozen=True)
class RunRecord(Run):
    """One finished run.

    Attributes
    ----------
    accuracy, heldout_accuracy : float
        Accuracy of the label-free selected model on the target, in percent.
    oracle_accuracy : float
        Accuracy of the best evaluation by target labels.
    metrics : dict[str, Any]
        All else that was measured.
    """

    accuracy: float
    heldout_accuracy: float
    oracle_accuracy: float
    metrics: dict[str, Any]


@dataclass(frozen=True)
class FailedRun(Run):
    """One run that could not finish, and why."""

    reason: str


def recorded_name(method: str, isra: Mapping[str, Any] | None) -> str:
    """Return what a method with ISRA's choices ``isra``, or without, is called, e.g. ``ba3us-isra``.

    It ends in ``-sparse`` with a top-k code, and in ``-joint`` with equation 4's gradient of class2vec.
    """
    if isra is None:
        return method
    sparse = "-sparse" if isra.get("code") == "top-k" else ""
    return f"{method}-isra{sparse}" + ("-joint" if isra["class2vec_gradient"] == "joint" else "")


def run_key(config: TrainConfig) -> str:
    """Return the canonical form of a configuration: two runs with the same one are the same experiment.

    Settings that a method's defaults fill in are written out, and what `ON_THE_WAY` names is left out.
    """
    values = config.as_dict()
    values["settings"] = asdict(method_class(config.method).settings_type(**config.settings))
    return json.dumps({name: value for name, value in values.items() if name not in ON_THE_WAY}, sort_keys=True)


def run_fields(config: TrainConfig) -> dict[str, Any]:
    """Return the fields of a `Run` that its configuration decides."""
    return {
        "mode": "features" if config.network.frozen else "fine-tune",
        "method": config.method,
        "isra": config.isra is not None,
        "source": config.source,
        "target": config.target,
        "seed": config.seed,
        "config": config.as_dict(),
    }


def record_of(checkpoint: Checkpoint) -> RunRecord:
    """Return the record of the run that made a checkpoint."""
    named = ("accuracy", "heldout_accuracy", "oracle_accuracy", "commit", "device", "seconds")
    return RunRecord(
        **run_fields(checkpoint.training),
        **{name: checkpoint.metrics[name] for name in named},
        metrics={name: value for name, value in checkpoint.metrics.items() if name not in named},
    )


def append_record(path: Path, record: Run) -> None:
    """Append a run's line, see `append_line`."""
    append_line(path, json.dumps(asdict(record)))


def append_line(path: Path, line: str) -> None:
    """Append one line; several processes may do so at once, and after a line that a kill cut short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        gap = b"" if file.read(1) in {b"", b"\n"} else b"\n"
        file.write(gap + line.encode() + b"\n")


def read_runs(path: Path) -> list[Run]:
    """Return all runs, finished and failed, the last of those with the same key; none if there is no file.

    A line that a kill cut short is left out.

    Raises
    ------
    ValueError
        If a run was recorded by another version, whose fields this one does not know.
    """
    if not path.exists():
        return []
    runs: dict[str, Run] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            values = json.loads(line)
        except json.JSONDecodeError:
            continue
        try:
            run: Run = FailedRun(**values) if "reason" in values else RunRecord(**values)
            runs[run.key] = run
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, line {number}, was recorded by another version: {error}.") from error
    return list(runs.values())


def read_records(path: Path) -> list[RunRecord]:
    """Return the finished runs, the last of those with the same key; none if there is no file."""
    return [run for run in read_runs(path) if isinstance(run, RunRecord)]


def summary(values: Sequence[float]) -> str:
    """Return "mean ± standard deviation (runs)", the deviation only where there is more than one run."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.1f} (1)"
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f} ({len(values)})"


def accuracy_table(records: Iterable[RunRecord], models: Sequence[str]) -> str:
    """Return a Markdown table of fine-tuned runs: tasks down, models across, cells transductive / held-out accuracy.

    The last column is source-only training on the target's own labelled images (source = target).
    """
    records = [record for record in records if record.mode == "fine-tune"]
    tasks = sorted({(record.source, record.target) for record in records if record.source != record.target})
    rows = []
    for source, target in tasks:
        cells = [
            _cell([r for r in records if (r.source, r.target, r.model) == (source, target, model)]) for model in models
        ]
        ceiling = [r.heldout_accuracy for r in records if r.source == r.target == target]
        rows.append([f"{source} → {target}", *cells, summary(ceiling)])
    return table(["source → target", *models, "in-domain, with labels: held-out"], rows)


def _cell(records: Sequence[RunRecord]) -> str:
    transductive = summary([record.accuracy for record in records])
    return f"{transductive} / {summary([record.heldout_accuracy for record in records])}" if records else "–"
