"""``python -m isra_model findings``."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from isra_model.benchmarking.class_gains import ClassGain, class_gains, class_similarity, trend
from isra_model.benchmarking.estimates import estimates_table
from isra_model.benchmarking.features import pooled_features
from isra_model.benchmarking.grid import ISRA_ON, Mode, models_of
from isra_model.benchmarking.results import Gain, recorded_results
from isra_model.benchmarking.studies import BARE, SPARSE_CODE, Outcome, study_table
from isra_model.benchmarking.tables import MEASURES, ORACLE, accuracy_rows, gain_rows
from isra_model.checkpoints import RunRecord, read_records
from isra_model.checkpoints.card import replace_between_marks
from isra_model.cli.paths import RECORDS, ROOT
from isra_model.cli.study import Study
from isra_model.cli.tasks import load_task
from isra_model.files import write_bytes
from isra_model.training.config import PRESETS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PHOTOGRAPHS = ROOT / "results" / "office-caltech" / "runs.jsonl"

TREND = (
    "Spearman correlation of gain with similarity, within tasks: {correlation:+.2f} (permutation p = "
    "{probability:.2g}, {classes} classes of {tasks} tasks; seeds: {seeds}). Mean gain of the third of the classes "
    "most like a source-only class: {similar:+.1f} points; of the third least like one: {dissimilar:+.1f}."
)


@dataclass(frozen=True)
class Findings:
    """Write the tables and figures of docs/findings.md from the recorded runs.

    Attributes
    ----------
    page : Path
        The page that holds them between its marks.
    figures : Path
        Folder of the page's figures (SVG; needs the extra 'figures' and a Chromium).
    """

    page: Path = ROOT / "docs" / "findings.md"
    figures: Path = ROOT / "docs" / "figures"

    def run(self) -> None:
        """Write every marked part of the page."""
        records = read_records(RECORDS)
        for mode in ("fine-tune", "features"):
            replace_between_marks(self.page, f"isra-{mode}", isra_gains(records, mode))
            self._classes(mode, gains_by_class(records, mode))
        ablations = Study("ablations", render_only=True)
        replace_between_marks(self.page, "ablations", study_table(ablations.outcomes()))
        replace_between_marks(self.page, "contrasts", paired_tests(ablations.contrasts()))
        replace_between_marks(self.page, "estimates", estimates_table(ablations.finished(BARE, SPARSE_CODE)))
        replace_between_marks(self.page, "photographs", photographs(read_records(PHOTOGRAPHS)))
        self._sensitivity(Study("sensitivity", render_only=True).outcomes())

    def _sensitivity(self, results: Sequence[Outcome]) -> None:
        from isra_model.figures.studies import sensitivity_figure

        replace_between_marks(self.page, "sensitivity", study_table(results))
        if results:
            self._draw("sensitivity", sensitivity_figure(results))

    def _classes(self, mode: Mode, gains: Sequence[ClassGain]) -> None:
        from isra_model.figures.studies import class_gain_figure

        if gains:
            replace_between_marks(self.page, f"classes-{mode}", class_trend(gains))
            self._draw(f"class-gains-{mode}", class_gain_figure(gains))

    def _draw(self, name: str, figure: Figure) -> None:
        if importlib.util.find_spec("kaleido") is None:
            raise ValueError("Figures need kaleido: pip install 'isra-model[figures]'.")
        os.environ.setdefault("BROWSER_PATH", os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        drawn = figure.to_image("svg", width=900, height=380).decode()
        write_bytes(self.figures / f"{name}.svg", _with_fixed_names(drawn).encode())


def _with_fixed_names(svg: str) -> str:
    """Return Plotly's SVG with the names of its parts, which it draws by lot each time, always the same."""
    lot = re.search(r'"defs-(\w+)"', svg)
    return re.sub(r"trace[0-9a-f]{6}", "trace", svg.replace(lot[1], "figure") if lot else svg)


def isra_gains(records: Iterable[RunRecord], mode: Mode) -> str:
    """Return what ISRA adds to each method it was plugged into, over all recorded pairs of one task and seed."""
    results = recorded_results(records, mode, models_of(ISRA_ON, ISRA_ON))
    parts = []
    for measure, name in (MEASURES | ORACLE).items():
        if gains := results.gains_of_isra(measure):
            parts += [f"{name}:", gain_rows(gains)]
    return "\n\n".join(parts) or "No run with ISRA is recorded yet."


def paired_tests(gains: Sequence[Gain]) -> str:
    """Return paired tests as a table, or that there are none."""
    return gain_rows(gains) if gains else "No pair of runs is recorded yet."


def photographs(records: Sequence[RunRecord]) -> str:
    """Return accuracies and paired differences on Office-Caltech, and what the alignment had to go by there."""
    models = models_of(("source-only", "ba3us", "shot"), ("ba3us", "shot"), ("ba3us",))
    results = recorded_results(records, "features", models, "office-caltech")
    if not results.records:
        return "No run on photographs is recorded yet."
    parts = accuracy_rows(results, "accuracy"), gain_rows(results.gains("accuracy")), estimates_table(results.records)
    return "\n\n".join(parts)


def class_trend(gains: Sequence[ClassGain]) -> str:
    """Return in words whether ISRA's gain goes with similarity to a source-only class."""
    tasks, pairs = len({(gain.source, gain.target) for gain in gains}), {gain.pairs for gain in gains}
    seeds = f"{min(pairs)} to {max(pairs)}" if len(pairs) > 1 else str(min(pairs))
    return TREND.format(**vars(trend(gains)), tasks=tasks, seeds=seeds)


def gains_by_class(records: Iterable[RunRecord], mode: Mode) -> list[ClassGain]:
    """Return the gain of every class of every task that has runs of BA3US with and without ISRA in one mode."""
    results = recorded_results(records, mode, models_of(["ba3us"], ["ba3us"]))
    runs = {
        (run.source, run.target, run.seed, run.isra): run for run in results.records if "class_accuracy" in run.metrics
    }
    pairs: dict[tuple[str, str], list[tuple[RunRecord, RunRecord]]] = {}
    for (source, target, seed, isra), run in runs.items():
        if isra and (source, target, seed, False) in runs:
            pairs.setdefault((source, target), []).append((run, runs[source, target, seed, False]))
    return [gain for (source, target), found in sorted(pairs.items()) for gain in _task_gains(source, target, found)]


def _task_gains(source: str, target: str, pairs: Sequence[tuple[RunRecord, RunRecord]]) -> list[ClassGain]:
    preset = PRESETS["office-icons"]
    task = load_task("office-icons", source, target, None)
    cache, classes = ROOT / ".cache" / "features", task.benchmark.classes
    images = pooled_features(task.source_images(), preset.network, preset.preprocessing, cache)
    similarity = class_similarity(images.pixels.flatten(1), images.labels, len(classes))
    return class_gains(pairs, similarity, classes, task.shared)
