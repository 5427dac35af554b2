"""The recorded numbers of the README, of docs/ and of the model cards."""

from __future__ import annotations

import json
from pathlib import Path

from isra_model.adaptation.measuring import read_trials, recipe_table
from isra_model.benchmarking.recorded import ICONS, Archive, Recorded, verdict
from isra_model.benchmarking.tables import comparison_table, gain_sentence
from isra_model.checkpoints import RunRecord, read_checkpoint, write_card
from isra_model.checkpoints.card import MODELS
from isra_model.checkpoints.recognition import recognition_table
from isra_model.checkpoints.results import accuracy_table
from isra_model.checkpoints.topic_table import topic_table
from isra_model.markdown import replace_between_marks
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


def write_report(root: Path) -> None:
    """Write what is recorded in a checkout's ``results`` and ``checkpoints`` into its documents and cards."""
    results, docs = root / "results", root / "docs"
    recorded = Archive(results).read()
    icons = [run for run in recorded.runs if run.config["benchmark"] == ICONS]
    records = [run for run in icons if isinstance(run, RunRecord)]
    _write_models(root / "checkpoints", records, docs)
    _write_comparison(docs / "comparison.md", records, recorded)
    _write_readme(root / "README.md", results, recorded)
    if trials := read_trials(results / "adaptation.jsonl"):
        replace_between_marks(docs / "adapting.md", "recipes", recipe_table(trials))
    write_performance(results, docs / "performance.md")


def _write_models(folder: Path, records: list[RunRecord], docs: Path) -> None:
    """Write the cards, how good the topics are, and what the label-free choices of a checkpoint cost."""
    checkpoints = [read_checkpoint(file.parent) for file in sorted(folder.glob("*/*/config.json"))]
    for checkpoint in checkpoints:
        write_card(checkpoint, records)
    replace_between_marks(docs / "findings.md", "topics", topic_table(checkpoints))
    logs = [read_evaluations(log) for log in sorted(folder.glob("*/*/log.jsonl"))]
    if labelled := [evaluations for evaluations in logs if evaluations and "oracle" in evaluations[0]]:
        reports = [selection_report(evaluations) for evaluations in labelled]
        replace_between_marks(docs / "training.md", "selection", cost_table(reports))


def _write_comparison(page: Path, records: list[RunRecord], recorded: Recorded) -> None:
    joint = {record.task_and_seed for record in records if record.model == JOINT}
    compared = [record for record in records if record.task_and_seed in joint]
    replace_between_marks(page, "accuracy", f"{accuracy_table(records, MODELS)}\n\n{gain_of_isra(recorded)}")
    replace_between_marks(page, "joint", accuracy_table(compared, ["ba3us", "ba3us-isra", JOINT]))
    for mode, results in recorded.comparisons.items():
        replace_between_marks(page, mode, comparison_table(results))


def _write_readme(readme: Path, results: Path, recorded: Recorded) -> None:
    """Write what models recognise of what people bring, what ISRA adds, and the app's speed."""
    every = [gain for compared in recorded.comparisons.values() for gain in compared.gains_of_isra("accuracy")]
    replace_between_marks(readme, "gain", f"{verdict(every)} {gain_of_isra(recorded)}")
    if recorded.recognitions:
        replace_between_marks(readme, "strangers", recognition_table(recorded.recognitions))
    measured = ((SPEED, results / "bench-app.json"), (SPACE, results / "space.json"))
    sentences = [words.format(**json.loads(file.read_text())) for words, file in measured if file.exists()]
    if sentences:
        replace_between_marks(readme, "speed", " ".join(sentences))


def gain_of_isra(recorded: Recorded) -> str:
    """Return in one sentence what ISRA adds to BA3US where the whole network is trained."""
    results = recorded.comparisons.get("fine-tune")
    return gain_sentence(results, "ba3us-isra", "ba3us") if results else "No fine-tuned run is recorded yet."
