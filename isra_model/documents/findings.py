"""The tables and figures of ``docs/findings.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from isra_model.benchmarking.class_gains import ClassGain, gains_by_class, trend
from isra_model.benchmarking.estimates import estimates_table
from isra_model.benchmarking.grid import Mode
from isra_model.benchmarking.recorded import Archive
from isra_model.benchmarking.results import Results
from isra_model.benchmarking.studies import BARE, SPARSE_CODE, study_table
from isra_model.benchmarking.tables import MEASURES, ORACLE, accuracy_rows, gain_rows
from isra_model.checkpoints import RunRecord, read_description
from isra_model.checkpoints.folders import model_folders
from isra_model.checkpoints.recognition import Rate
from isra_model.figures.curves import LearningCurve, learning_curves_figure
from isra_model.figures.printing import draw_svg
from isra_model.figures.studies import class_gain_figure, sensitivity_figure
from isra_model.files import write_bytes
from isra_model.markdown import replace_between_marks, table
from isra_model.training.log import read_evaluations

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NOTICED = Path("results", "strangers", "noticed.jsonl")

TREND = (
    "Spearman correlation of gain with similarity, within tasks: {correlation:+.2f} (permutation p = "
    "{probability:.2g}, {classes} classes of {tasks} tasks; seeds: {seeds}). Mean gain of the third of the classes "
    "most like a source-only class: {similar:+.1f} points; of the third least like one: {dissimilar:+.1f}."
)


def write_findings(root: Path) -> None:
    """Write every marked part of the page of a checkout, and its figures (SVG).

    Raises
    ------
    ValueError
        If figures cannot be drawn: they need the extra 'figures' and a Chromium.
    """
    recorded, page, figures = Archive(root / "results").read(), root / "docs" / "findings.md", root / "docs" / "figures"
    for mode in get_args(Mode):
        results = recorded.comparisons.get(mode)
        replace_between_marks(page, f"isra-{mode}", isra_gains(results))
        if results and (gains := gains_by_class(results, root / ".cache" / "features")):
            replace_between_marks(page, f"classes-{mode}", class_trend(gains))
            _draw(figures / f"class-gains-{mode}.svg", class_gain_figure(gains))
    if results := recorded.comparisons.get("photographs"):
        replace_between_marks(page, "photographs", photographs(results))
    _draw(figures / "learning-curves.svg", learning_curves_figure(learning_curves(root / "checkpoints")))
    replace_between_marks(page, "noticed", noticed(map(json.loads, (root / NOTICED).read_text().splitlines())))
    for name, study in recorded.studies.items():
        replace_between_marks(page, name, study_table(study.outcomes))
        if name == "ablations":
            tests = gain_rows(study.contrasts) if study.contrasts else "No pair of runs is recorded yet."
            replace_between_marks(page, "contrasts", tests)
            sparse = [*study.runs[BARE], *study.runs[SPARSE_CODE]]
            table = estimates_table(run for run in sparse if isinstance(run, RunRecord))
            replace_between_marks(page, "estimates", table)
        if name == "sensitivity":
            _draw(figures / "sensitivity.svg", sensitivity_figure(study.outcomes))


def learning_curves(checkpoints: Path) -> list[LearningCurve]:
    """Return the curve of every shipped model, in the order in which the app shows them."""
    curves = []
    for folder in (model for task in sorted(checkpoints.iterdir()) for model in model_folders(task)):
        description, evaluations = read_description(folder), read_evaluations(folder / "log.jsonl")
        task = f"{description.source} → {description.target}"
        steps = [evaluation["evaluated_step"] for evaluation in evaluations]
        heldout = [evaluation["oracle"]["heldout_accuracy"] for evaluation in evaluations]
        curves.append(LearningCurve(task, description.title, steps, heldout))
    return curves


def isra_gains(results: Results | None) -> str:
    """Return what ISRA adds to each method it was plugged into, over all recorded pairs of one task and seed."""
    parts = []
    for measure, name in (MEASURES | ORACLE).items():
        if results and (gains := results.gains_of_isra(measure)):
            parts += [f"{name}:", gain_rows(gains)]
    return "\n\n".join(parts) or "No run with ISRA is recorded yet."


def photographs(results: Results) -> str:
    """Return accuracies and paired differences on Office-Caltech, and what the alignment had to go by there."""
    parts = accuracy_rows(results, "accuracy"), gain_rows(results.gains("accuracy")), estimates_table(results.records)
    return "\n\n".join(parts)


def noticed(lines: Iterable[dict[str, Any]]) -> str:
    """Return how often each task calls images unlike its own: what 'looks' recorded, the last of each task and kind."""
    by_place = {(line["task"], line["kind"]): line for line in lines}
    tasks, kinds = (list(dict.fromkeys(place[part] for place in by_place)) for part in (0, 1))

    def cell(line: dict[str, Any] | None) -> str:
        if line is None:
            return "–"
        count = line["images"]
        changed = [100 * hits / count for hits in line["recompressed"].values()]
        return f"{Rate(line['noticed'], count)}; changed {min(changed):.0f} to {max(changed):.0f} %"

    return table(["task", *kinds], [[task, *(cell(by_place.get((task, kind))) for kind in kinds)] for task in tasks])


def class_trend(gains: Sequence[ClassGain]) -> str:
    """Return in words whether ISRA's gain goes with similarity to a source-only class."""
    tasks, pairs = len({(gain.source, gain.target) for gain in gains}), {gain.pairs for gain in gains}
    seeds = f"{min(pairs)} to {max(pairs)}" if len(pairs) > 1 else str(min(pairs))
    return TREND.format(**vars(trend(gains)), tasks=tasks, seeds=seeds)


def _draw(path: Path, figure: Figure) -> None:
    write_bytes(path, draw_svg(figure, width=900, height=380).encode())
