"""The runs behind a number of the view *Results*: each with all that is recorded, and the command that repeats them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from isra_model.benchmarking.recorded import ICONS, STUDIES, Recorded
from isra_model.benchmarking.results import SPARSE, Results
from isra_model.checkpoints import FailedRun, Run, RunRecord
from isra_model.checkpoints.recognition import RecognitionRecord
from isra_model.interface.payloads import Payload
from isra_model.training.naming import model_title

NO_RUNS = "There are no such runs: choose a number on the page."
COLUMNS = ("model", "task", "seed", "transductive", "held-out", "oracle", "chosen by", "seconds", "device", "commit")
RECOGNISED = ("images", "first guess, %", "95 % interval", "among three, %", "date", "device", "commit")
SAID = {"fine-tune": "fine-tuned", "features": "fixed features", "photographs": "on photographs"}
"""The comparisons as words that follow a model's title."""
AGAIN = "runs/again"
"""Where a run that is carried out again is recorded: where it is recorded already, nothing is left to do."""


def runs_payload(recorded: Recorded, of: object) -> Payload:
    """Return the runs behind a number, by what the page calls it: words with colons between.

    ``name:model`` and ``name:model:source:target`` are a cell's of that comparison, ``name:model:against`` a gain's,
    ``study:variant`` a study's, and ``strangers:images:task:model`` one measurement of what people bring.

    Raises
    ------
    gr.Error
        If there are none.
    """
    match str(of).split(":"):
        case ["strangers", data, task, model]:
            found = [r for r in recorded.recognitions if (r.data, r.task, r.model) == (data, task, model)]
            payload = _recognition(found[0]) if found else None
        case [study, variant] if study in STUDIES:
            payload = _of_variant(recorded, study, variant)
        case [name, *which] if name in recorded.comparisons:
            payload = _of_comparison(recorded.comparisons[name], SAID[name], which)
        case _:
            payload = None
    if payload is None:
        raise gr.Error(NO_RUNS, print_exception=False)
    return {"of": of, **payload}


def title_of(model: str) -> str:
    """Return a model's title by its name, e.g. ``BA3US + ISRA, sparse``."""
    method, isra, form = model.partition("-isra")
    return model_title(method, isra=bool(isra)) + form.replace("-", ", ")


def comparison_command(runs: Sequence[Run]) -> str:
    """Return the command that carries out runs of a comparison again, and those of the same tasks beside them."""
    tasks = dict.fromkeys(f"{run.source}:{run.target}" for run in runs)
    with_isra = ["--isra-on", runs[0].method] if any(run.isra for run in runs) else []
    with_sparse = ["--sparse-on", runs[0].method] if any(run.model.endswith(SPARSE) for run in runs) else []
    return shlex.join(
        [
            *("python", "-m", "isra_model", "benchmark", *_elsewhere(runs[0].config["benchmark"])),
            *("--mode", runs[0].mode, "--methods", runs[0].method, *with_isra, *with_sparse),
            *("--tasks", *tasks, "--seeds", str(1 + max(run.seed for run in runs))),
            *("--output", f"{AGAIN}/runs.jsonl"),
        ]
    )


def study_command(study: str) -> str:
    """Return the command that carries out a whole study again."""
    what, benchmark, tasks = STUDIES[study]
    return shlex.join(
        [
            *("python", "-m", "isra_model", "study", what, *_elsewhere(benchmark)),
            *("--tasks", *map(":".join, tasks), "--output", f"{AGAIN}/studies.jsonl"),
        ]
    )


def _elsewhere(benchmark: str) -> list[str]:
    """Return the flags for images that the project does not come with."""
    return [] if benchmark == ICONS else ["--benchmark", benchmark, "--data", "ROOT"]


def _of_comparison(results: Results, said: str, which: Sequence[str]) -> Payload | None:
    match which:
        case [model, source, target]:
            runs, title = results.runs(model, (source, target)), f"{title_of(model)}, {source} → {target}, {said}"
        case [model, against]:
            pairs = results.pairs(model, against)
            runs, title = (
                [run for pair in pairs for run in pair],
                f"{title_of(model)} beside {title_of(against)}, {said}",
            )
        case [model]:
            runs, title = results.runs(model), f"{title_of(model)}, every task, {said}"
        case _:
            runs, title = [], ""
    return _table(title, runs, comparison_command(runs)) if runs else None


def _of_variant(recorded: Recorded, study: str, variant: str) -> Payload | None:
    known = recorded.studies.get(study)
    runs = known.runs.get(variant, ()) if known else ()
    return _table(f"{variant}, {study}", runs, study_command(study)) if runs else None


def _table(title: str, runs: Sequence[Run], command: str) -> Payload:
    rows = [{"cells": _cells(run), "record": _record(run)} for run in runs]
    return {"title": title, "columns": COLUMNS, "rows": rows, "command": command}


def _cells(run: Run) -> list[str]:
    accuracies = ["–"] * 3
    chosen = f"failed: {run.reason}" if isinstance(run, FailedRun) else ""
    if isinstance(run, RunRecord):
        accuracies = [f"{value:.1f}" for value in (run.accuracy, run.heldout_accuracy, run.oracle_accuracy)]
        chosen = f"{run.config['selection']}, step {run.metrics.get('selected_step', '–')}"
    task = f"{run.source} → {run.target}"
    return [
        *(title_of(run.model), task, str(run.seed), *accuracies, chosen),
        *(f"{run.seconds:.0f}", run.device or "–", run.commit),
    ]


def _record(run: Run) -> list[tuple[str, str]]:
    """Return everything recorded of a run as names and text; nested names with dots."""
    return _flat("", asdict(run))


def _flat(prefix: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            lines += _flat(f"{prefix}{name}.", value)
        else:
            lines.append((f"{prefix}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines


def _recognition(record: RecognitionRecord) -> Payload:
    low, high = record.first.interval
    cells = [
        *(str(record.first.images), f"{record.first.percent:.1f}", f"{low:.1f} to {high:.1f}"),
        *(f"{record.among_three.percent:.1f}", record.date, record.device, record.commit),
    ]
    command = ["python", "-m", "isra_model", "evaluate", "MODEL", "--data", "FOLDER", "--called", record.data]
    return {
        "title": f"{record.model}, {record.task}, on {record.data}",
        "columns": RECOGNISED,
        "rows": [{"cells": cells, "record": _flat("", asdict(record))}],
        "command": shlex.join([*command, "--record", f"{AGAIN}/recognised.jsonl"]),
    }
