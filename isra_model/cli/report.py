"""``python -m isra_model report``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from isra_model.adaptation.measuring import read_trials, recipe_table
from isra_model.benchmarking.grid import Mode
from isra_model.benchmarking.results import recorded_models, recorded_results
from isra_model.benchmarking.tables import accuracy_rows, gain_rows, ranks_line
from isra_model.checkpoints import Run, RunRecord, read_checkpoint, read_runs, write_card
from isra_model.checkpoints.card import MODELS, replace_between_marks
from isra_model.checkpoints.recognition import read_recognitions, recognition_table
from isra_model.checkpoints.results import accuracy_table, paired_difference
from isra_model.checkpoints.topic_table import topic_table
from isra_model.cli.paths import ADAPTATIONS, CHECKPOINTS, RECORDS, ROOT
from isra_model.performance.page import write_performance
from isra_model.training.log import read_evaluations
from isra_model.training.selection import cost_table, selection_report

JOINT = "ba3us-isra-joint"
SPEED = (
    "From an upload to the full panel the app takes {upload_to_panel:.2f} s at the median of {uploads} uploads, "
    "{ratio:.0f} times one bare forward pass, and its first page {first_page:.1f} s after imports "
    "({device}, {date}, commit {commit}; `python -m isra_model bench app`)."
)
SPACE = (
    "Started as on a Space it listens {cold_start:.0f} s after `python app.py`, of which {processor:.0f} s "
    "of processor time, sends its first page in {first_page:.1f} s and then holds {resident_mib:.0f} MiB "
    "({device}, {date}, commit {commit}; `make space`)."
)


@dataclass(frozen=True)
class Report:
    """Write the recorded numbers into the README and the model cards.

    Attributes
    ----------
    checkpoints : Path
        The folder of tasks.
    records : Path
        The recorded runs.
    bench : Path
        The recorded speed of the app.
    space : Path
        The recorded cost of the app as a Space.
    strangers : Path
        What models recognised of images that people bring.
    adaptations : Path
        How well each recipe adapted models to images that no training saw.
    readme : Path
        Holds what models recognise of what people bring, and the app's speed, between marks.
    comparison : Path
        Holds the tables of methods between marks.
    findings : Path
        Holds how good the topics are between marks.
    training : Path
        Holds what the label-free choices cost between marks.
    adapting : Path
        Holds the table of recipes between marks.
    performance : Path
        The page of the recorded speed of training.
    """

    checkpoints: Path = CHECKPOINTS
    records: Path = RECORDS
    bench: Path = ROOT / "results" / "bench-app.json"
    space: Path = ROOT / "results" / "space.json"
    strangers: Path = ROOT / "results" / "strangers" / "recognised.jsonl"
    adaptations: Path = ADAPTATIONS
    readme: Path = ROOT / "README.md"
    comparison: Path = ROOT / "docs" / "comparison.md"
    findings: Path = ROOT / "docs" / "findings.md"
    training: Path = ROOT / "docs" / "training.md"
    adapting: Path = ROOT / "docs" / "adapting.md"
    performance: Path = ROOT / "docs" / "performance.md"

    def run(self) -> None:
        """Write the tables and the cards."""
        runs = read_runs(self.records)
        records = [run for run in runs if isinstance(run, RunRecord)]
        checkpoints = [read_checkpoint(file.parent) for file in sorted(self.checkpoints.glob("*/*/config.json"))]
        for checkpoint in checkpoints:
            write_card(checkpoint, records)
        replace_between_marks(self.findings, "topics", topic_table(checkpoints))
        logs = sorted(self.checkpoints.glob("*/*/log.jsonl"))
        labelled = [
            evaluations for log in logs if (evaluations := read_evaluations(log)) and "oracle" in evaluations[0]
        ]
        reports = [selection_report(evaluations) for evaluations in labelled]
        if reports:
            replace_between_marks(self.training, "selection", cost_table(reports))
        joint = [(record.source, record.target, record.seed) for record in records if record.model == JOINT]
        compared = [record for record in records if (record.source, record.target, record.seed) in joint]
        difference = paired_difference(records, "ba3us-isra", "ba3us")
        replace_between_marks(self.comparison, "accuracy", f"{accuracy_table(records, MODELS)}\n\n{difference}")
        replace_between_marks(self.comparison, "joint", accuracy_table(compared, ["ba3us", "ba3us-isra", JOINT]))
        for mode in get_args(Mode):
            replace_between_marks(self.comparison, mode, comparison_table(runs, mode))
        if recognitions := read_recognitions(self.strangers):
            replace_between_marks(self.readme, "strangers", recognition_table(recognitions))
        if trials := read_trials(self.adaptations):
            replace_between_marks(self.adapting, "recipes", recipe_table(trials))
        recorded = ((SPEED, self.bench), (SPACE, self.space))
        sentences = [words.format(**json.loads(file.read_text())) for words, file in recorded if file.exists()]
        if sentences:
            replace_between_marks(self.readme, "speed", " ".join(sentences))
        write_performance(self.bench.parent, self.performance)


def comparison_table(runs: Iterable[Run], mode: Mode) -> str:
    """Return what is recorded in one mode on Office-Icons: every model, on the tasks of `recorded_results`."""
    runs = [run for run in runs if run.mode == mode and run.source != run.target]
    if not runs:
        return f"No run in {mode} mode is recorded yet."
    results = recorded_results(runs, mode, recorded_models(runs))
    gains = results.gains_of_isra("accuracy")
    parts = [accuracy_rows(results, "accuracy"), gain_rows(gains), ranks_line(results, "accuracy")]
    return "\n\n".join(parts)
