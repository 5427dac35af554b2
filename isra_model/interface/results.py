"""The view *Results*: what is recorded of the methods, beside the paper's numbers; every number opens its runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from isra_model.benchmarking.recorded import Archive, Recorded, paper_gains, verdict
from isra_model.benchmarking.results import BASELINE, SPARSE, Cell, Gain, Measure, Results
from isra_model.benchmarking.studies import Outcome
from isra_model.benchmarking.tables import MEASURES, ORACLE, PAPER, SAW_TARGET_LABELS, measures
from isra_model.checkpoints.recognition import RecognitionRecord
from isra_model.figures.studies import counts, gains_figure, interval, on_page, sensitivity_figure
from isra_model.files import project_root
from isra_model.interface.actions import Actions
from isra_model.interface.components import QUIET, panel, sent
from isra_model.interface.payloads import Payload
from isra_model.interface.runs import SAID, runs_payload, title_of
from isra_model.interface.snippets import results_snippet
from isra_model.interface.views import OPEN, View

FOLDER = project_root() / "results"
PAPERS = {"office-home": "Office-Home", "office-31": "Office-31", "imagenet-caltech": "ImageNet-Caltech"}
ABOUT = {"photographs": "Office-Caltech: ten classes of real photographs, fixed features. "}
EVERY_MEASURE = MEASURES | ORACLE
NEWER = "The records here are another version's: `python -m isra_model benchmark` writes new ones."
PAPER_LINE = (
    "The paper reports {printed:+.1f} points over BA3US on Office-Home by its printed averages; its twelve tasks, as "
    "printed, give {tasks:+.1f}. Its BA3US rows have half the features and 3,000 steps fewer; here both have the same."
)


@lru_cache(maxsize=1)
def results_payload(recorded: Recorded) -> Payload:
    """Return everything that the view draws, but the runs behind its numbers."""
    return {
        "measures": [
            {"key": key, "text": said.partition(":")[0], "about": said} for key, said in EVERY_MEASURE.items()
        ],
        "gains": {measure: _compared(recorded, measure) for measure in EVERY_MEASURE},
        "tables": [
            *(_table(name, results) for name, results in recorded.comparisons.items()),
            *(_paper_table(name) for name in PAPER),
        ],
        "studies": {name: _outcomes(name, study.outcomes) for name, study in recorded.studies.items()},
        "sensitivity": _sensitivity(recorded),
        "strangers": _strangers(recorded.recognitions),
        "recorded": bool(recorded.comparisons),
        "paper": PAPER_LINE.format(printed=printed_gain(), tasks=paper_gains()["office-home"].mean),
        "share": {
            "python": results_snippet(),
            "printed": ["#plot-gains", "#plot-sensitivity"] if recorded.comparisons else [],
        },
    }


def lay_out(actions: Actions, archive: Archive | None = None) -> gr.HTML:
    """Lay the view out: the answer and its figure, the tables, the studies, and one panel for the runs of a number."""
    archive = archive or Archive(FOLDER)
    shown = panel("results", None, [OPEN, "runs"])
    forest = gr.Plot(visible=False, show_label=False, container=False, elem_id="plot-gains")
    panel("results-tables/tables", {})
    curves = gr.Plot(visible=False, show_label=False, container=False, elem_id="plot-sensitivity")
    panel("results-more/more", {})
    runs = panel("results-runs/runs")

    def open_results(request: gr.Request) -> tuple[Payload, Any, Any]:
        actions.admit(request)
        try:
            told = results_payload(archive.read())
        except ValueError as error:
            print(error, file=sys.stderr, flush=True)
            return {"problem": NEWER}, gr.skip(), gr.skip()
        return told, _shown(told["gains"]["accuracy"]["figure"]), _shown(told["sensitivity"])

    def open_runs(event: gr.EventData, request: gr.Request) -> Payload:
        actions.admit(request)
        return runs_payload(archive.read(), sent(event, "of"))

    getattr(shown, OPEN)(open_results, None, [shown, forest, curves], **QUIET)
    shown.runs(open_runs, None, runs, trigger_mode="always_last", **QUIET)
    return shown


VIEW = View("results", "Results", "results", build=lay_out)


def _shown(figure: Payload | None) -> Any:
    return gr.update(value=None if figure is None else go.Figure(figure), visible=figure is not None)


# ---- what ISRA adds ----


def _compared(recorded: Recorded, measure: Measure) -> Payload:
    measured = {name: each for name, each in recorded.comparisons.items() if measure in measures(each) | ORACLE}
    ours = [(name, gain) for name, results in measured.items() for gain in results.gains_of_isra(measure)]
    labelled = [(f"{title_of(gain.against)}{_form(gain)} {SAID[name]}", gain) for name, gain in ours]
    papers = [(f"BA3US on {PAPERS[name]}, printed", gain) for name, gain in paper_gains().items()]
    figure = on_page(gains_figure(labelled, papers, printed_gain())) if ours else None
    return {
        "verdict": verdict([gain for _, gain in ours]),
        "rows": [
            *(
                _gain(label, gain, f"{name}:{gain.model}:{gain.against}")
                for (label, gain), (name, _) in zip(labelled, ours, strict=True)
            ),
            *(_gain(label, gain, None) for label, gain in papers),
        ],
        "figure": None if figure is None else figure.to_plotly_json(),
    }


def _form(gain: Gain) -> str:
    return " (sparse)" if gain.model.endswith(SPARSE) else ""


def printed_gain() -> float:
    """Return what the paper states: ISRA over BA3US, by its printed averages on Office-Home."""
    average = PAPER["office-home"]["average"]
    return float(average[f"{BASELINE}-isra"] - average[BASELINE])


def _gain(label: str, gain: Gain, of: str | None) -> Payload:
    return {
        "of": of,
        "label": label,
        "gain": interval(gain),
        "counts": counts(gain),
        "wilcoxon": f"{gain.wilcoxon:.2g}",
        "byTask": f"{gain.sign_flips:.2g}",
    }


# ---- accuracies ----


def _table(name: str, results: Results) -> Payload:
    beside = PAPER["office-home"]["average"] if name != "photographs" else None
    tables = {measure: results.table(measure) for measure in measures(results) | ORACLE}
    return {
        "name": name,
        "title": SAID[name].capitalize(),
        "about": ABOUT.get(name, ""),
        "seeds": results.seeds,
        "tasks": [":".join(task) for task in results.tasks],
        "columns": [*(" → ".join(task) for task in results.tasks), "mean"],
        "models": [_model(model, saw=model.partition("-isra")[0] in SAW_TARGET_LABELS) for model in results.models],
        "cells": {measure: [_cells(table[model]) for model in results.models] for measure, table in tables.items()},
        "baseline": results.models.index(BASELINE) if BASELINE in results.models else None,
        "beside": beside and [beside.get(model) for model in results.models],
    }


def _paper_table(name: str) -> Payload:
    paper = PAPER[name]
    rows = [[*values, paper["average"][model]] for model, values in paper["accuracy"].items()]
    return {
        "name": name,
        "title": f"Paper: {PAPERS[name]}",
        "about": f"{paper['table']} of the paper as printed, {paper['network']}; no run of it is here.",
        "seeds": 0,
        "tasks": [],
        "columns": [*paper["tasks"], "average"],
        "models": [_model(model, saw=False) for model in paper["accuracy"]],
        "cells": {"accuracy": [[[value, None, 0, 0, 0] for value in row] for row in rows]},
        "baseline": list(paper["accuracy"]).index(BASELINE),
        "beside": None,
    }


def _model(name: str, *, saw: bool) -> Payload:
    return {"name": name, "title": title_of(name), "saw": saw}


def _cells(cells: Iterable[Cell]) -> list[list[float | None]]:
    return [[_rounded(c.mean), _rounded(c.deviation), c.runs, c.failed, c.place] for c in cells]


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


# ---- studies, and what people bring ----


def _outcomes(study: str, outcomes: Iterable[Outcome]) -> list[Payload]:
    return [
        {
            "of": f"{study}:{each.name}",
            "name": each.name,
            "runs": each.runs,
            "failed": each.failed,
            "gain": each.gain and [each.gain.mean, *each.gain.interval],
            "heldout": each.heldout_gain and interval(each.heldout_gain),
            "alignment": _rounded(each.alignment and 1000 * each.alignment, 2),
            "norm": _rounded(each.feature_norm and 100 * each.feature_norm, 0),
            "r2": _rounded(each.receptor_r2, 2),
            "dead": _rounded(each.dead_topics, 3),
        }
        for each in outcomes
    ]


def _sensitivity(recorded: Recorded) -> Payload | None:
    study = recorded.studies.get("sensitivity")
    return on_page(sensitivity_figure(study.outcomes)).to_plotly_json() if study else None


def _strangers(records: Sequence[RecognitionRecord]) -> list[Payload]:
    """Return kinds of images, in each the tasks, in each the models, source-only first."""
    kinds: dict[str, dict[str, list[RecognitionRecord]]] = {}
    for record in records:
        kinds.setdefault(record.data, {}).setdefault(record.task, []).append(record)
    return [
        {"kind": kind, "tasks": [_task(task, found) for task, found in sorted(tasks.items())]}
        for kind, tasks in sorted(kinds.items())
    ]


def _task(task: str, records: Iterable[RecognitionRecord]) -> Payload:
    ordered = sorted(records, key=lambda record: (record.model != "Source-only", len(record.model)))
    return {"task": task, "models": [_recognised(record) for record in ordered]}


def _recognised(record: RecognitionRecord) -> Payload:
    low, high = record.first.interval
    return {
        "of": f"strangers:{record.data}:{record.task}:{record.model}",
        "model": record.model,
        "percent": _rounded(record.first.percent),
        "interval": [round(low, 1), round(high, 1)],
        "three": _rounded(record.among_three.percent),
        "images": record.first.images,
    }
