"""A comparison's tables as Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isra_model.benchmarking.results import BASELINE, Cell, Gain, Measure, Results, TaskName
from isra_model.benchmarking.statistics import average_ranks, critical_difference, friedman
from isra_model.checkpoints import FailedRun
from isra_model.files import write_bytes
from isra_model.markdown import number, table

PAPER: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("paper.json").read_text())
"""The paper's Tables 1 and 2 as printed, by benchmark."""

SAW_TARGET_LABELS = ("a2kt", "mwpda", "slm")
"""Methods whose form was chosen with a look at target labels; their files say how."""

MEASURES: dict[Measure, str] = {
    "accuracy": "Transductive: the unlabelled target images that were adapted to",
    "heldout_accuracy": "Held-out: target images that no training saw",
}
ORACLE: dict[Measure, str] = {
    "oracle_accuracy": "Oracle: transductive, had target labels chosen the evaluation of each run"
}


def measures(results: Results) -> dict[Measure, str]:
    """Return what the runs measured; where no image was held out, the target's stood for them and say nothing new."""
    held_out = any(run.heldout_accuracy != run.accuracy for run in results.records)
    return {name: text for name, text in MEASURES.items() if held_out or name == "accuracy"}


def write_tables(folder: Path, title: str, results: Results, benchmark: str) -> list[Path]:
    """Write ``<folder>/<title>.md``, ``.tex`` and ``.csv`` and return their paths."""
    contents = {
        folder / f"{title}.md": markdown(title, results, benchmark),
        folder / f"{title}.tex": latex(title, results),
        folder / f"{title}.csv": comma_separated(results),
    }
    for path, content in contents.items():
        write_bytes(path, content.encode())
    return list(contents)


def markdown(title: str, results: Results, benchmark: str) -> str:
    """Return a whole comparison as Markdown: accuracies, gains, ranks, cost and failed runs."""
    parts = [f"# {title.capitalize()} mode on {benchmark}", _caption(results)]
    for measure, name in measures(results).items():
        parts += [f"## {name}", accuracy_rows(results, measure)]
        parts += [f"### Against {BASELINE}, and ISRA against its base", gain_rows(results.gains(measure))]
        parts.append(ranks_line(results, measure))
    parts += ["## Ranks, cost, and the paper's own numbers", _rank_rows(results)]
    if benchmark in PAPER:
        parts += [f"The paper's {PAPER[benchmark]['table']}, as printed:", _paper_rows(PAPER[benchmark])]
    if results.failures:
        parts += ["## Failed runs", *(_failure(model, run) for model, run in results.failures)]
    return "\n\n".join(parts) + "\n"


def accuracy_rows(results: Results, measure: Measure) -> str:
    """Return a Markdown table: models down, tasks and their mean across; best bold, second best underlined."""
    header = ["model", *map(_arrow, results.tasks), "mean"]
    rows = [
        [model, *(_cell(cell, results.seeds, MARKDOWN) for cell in cells)]
        for model, cells in results.table(measure).items()
    ]
    return table(header, rows)


def comparison_table(results: Results) -> str:
    """Return transductive accuracies, what ISRA adds to each method, and the ranks."""
    gains = gain_rows(results.gains_of_isra("accuracy"))
    return "\n\n".join([accuracy_rows(results, "accuracy"), gains, ranks_line(results, "accuracy")])


def gain_sentence(results: Results, model: str, against: str) -> str:
    """Return how much better one model is than another, transductive and held-out."""
    first, second = (results.gain(model, against, measure) for measure in MEASURES)
    if first is None or second is None:
        return f"No pair of runs compares {model} with {against} yet."
    return (
        f"{model} minus {against}, over {first.pairs} pairs of the same task and seed: {first} points transductive, "
        f"{second} held-out; in brackets the 95 % interval over tasks."
    )


def gain_rows(gains: Iterable[Gain]) -> str:
    """Return a Markdown table of paired comparisons; p-values are not corrected for their number."""
    header = ["model", "against", "pairs (tasks)", "difference, points", "95 % interval", "Wilcoxon p", "by task p"]
    rows = [
        [
            gain.model,
            gain.against,
            f"{gain.pairs} ({gain.tasks})",
            f"{gain.mean:+.1f}",
            f"{gain.interval[0]:+.1f} to {gain.interval[1]:+.1f}",
            f"{gain.wilcoxon:.3g}",
            f"{gain.sign_flips:.3g}",
        ]
        for gain in gains
    ]
    return table(header, rows)


def ranks_line(results: Results, measure: Measure) -> str:
    """Return Friedman's test and Nemenyi's critical difference over the models that have a run on every task."""
    models, accuracy = results.complete(measure)
    if len(models) < 2 or len(results.tasks) < 2:
        return "Average ranks need two models with a run on every one of at least two tasks."
    difference = critical_difference(len(models), len(results.tasks))
    ranks = sorted(zip(average_ranks(accuracy).tolist(), models, strict=True))
    alike = [model for rank, model in ranks if rank - ranks[0][0] < difference]
    return (
        f"Friedman over {len(results.tasks)} tasks and {len(models)} models: p = {friedman(accuracy):.2g}. Average "
        f"ranks that differ by {difference:.2f} differ at 0.05 (Nemenyi); not told from the best: {', '.join(alike)}."
    )


def latex(title: str, results: Results) -> str:
    """Return a LaTeX table (``booktabs``) of each measure; best bold, second best underlined."""
    columns = "l" + "c" * (len(results.tasks) + 1)
    header = " & ".join(["Model", *(_escape(_arrow(task)) for task in results.tasks), "Mean"])
    tables = []
    for measure, name in measures(results).items():
        rows = [
            " & ".join([_escape(model), *(_cell(cell, results.seeds, LATEX) for cell in cells)]) + r" \\"
            for model, cells in results.table(measure).items()
        ]
        lines = [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escape(f'{title.capitalize()} mode. {name}. {_caption(results)}')}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            header + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
        tables.append("\n".join(lines))
    return "% needs \\usepackage{booktabs}\n" + "\n\n".join(tables) + "\n"


def comma_separated(results: Results) -> str:
    """Return one line a model and task, unrounded; the task ``mean`` is the mean over tasks."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    measured = [f"{measure}_{part}" for measure in measures(results) for part in ("mean", "deviation")]
    writer.writerow(["model", "source", "target", "runs", "failed", *measured])
    tables = [results.table(measure) for measure in measures(results)]
    for model in results.models:
        for place, task in enumerate([*results.tasks, ("mean", "mean")]):
            cells = [table[model][place] for table in tables]
            values = [value for cell in cells for value in (cell.mean, cell.deviation)]
            writer.writerow([model, *task, cells[0].runs, cells[0].failed, *values])
    return file.getvalue()


MARKDOWN = ("**{}**", "<u>{}</u>", "{:.1f} ± {:.1f}")
LATEX = (r"\textbf{{{}}}", r"\underline{{{}}}", r"${:.1f} \pm {:.1f}$")


def _cell(cell: Cell, seeds: int, style: tuple[str, str, str]) -> str:
    best, second, spread = style
    if cell.mean is None:
        return f"failed ({cell.failed})" if cell.failed else "–"
    text = f"{cell.mean:.1f}" if cell.deviation is None else spread.format(cell.mean, cell.deviation)
    text = {1: best, 2: second}.get(cell.place, "{}").format(text)
    notes = [f"{cell.runs} of {seeds}"] * (cell.runs < seeds) + [f"{cell.failed} failed"] * bool(cell.failed)
    return f"{text} ({', '.join(notes)})" if notes else text


def _caption(results: Results) -> str:
    seeds = f"{results.seeds} seed{'s' * (results.seeds > 1)}"
    devices = ", ".join(sorted({record.device for record in results.records})) or "no device yet"
    commits = ", ".join(sorted({record.commit for record in results.records})) or "none yet"
    asked = len(results.models) * len(results.tasks) * results.seeds
    forms = ", ".join(name for name in SAW_TARGET_LABELS if name in results.models)
    saw_some = f"; a choice in the form of {forms} saw some, as their files say" if forms else ""
    return (
        f"Accuracy in percent, mean ± standard deviation over {seeds}; best in bold, second best underlined. "
        f"{len(results.records)} of {asked} runs; device {devices}; commits {commits}. "
        f"No target label chose a checkpoint{saw_some}."
    )


def _rank_rows(results: Results) -> str:
    models, accuracy = results.complete("accuracy")
    ranks = dict(zip(models, average_ranks(accuracy).tolist(), strict=True)) if models else {}
    papers = [(name, paper["average"]) for name, paper in PAPER.items()]
    means = {model: cells[-1].mean for model, cells in results.table("accuracy").items()}
    header = ["model", "average rank", "seconds a run", "mean", *(f"the paper's, {name}" for name, _ in papers)]
    rows = [
        [
            model,
            number(ranks.get(model), ".2f"),
            number(results.seconds(model), ".1f"),
            number(means[model], ".1f"),
            *(number(average.get(model), ".2f") for _, average in papers),
        ]
        for model in results.models
    ]
    return table(header, rows)


def _paper_rows(paper: dict[str, Any]) -> str:
    header = [f"model ({paper['network']})", *paper["tasks"], "average"]
    rows = [
        [model, *(number(value, ".2f") for value in (*values, paper["average"][model]))]
        for model, values in paper["accuracy"].items()
    ]
    return table(header, rows)


def _failure(model: str, run: FailedRun) -> str:
    return f"* {run.source} → {run.target}, {model}, seed {run.seed}: {run.reason}"


def _arrow(task: TaskName) -> str:
    return f"{task[0]} → {task[1]}"


def _escape(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "→": r"$\rightarrow$", "±": r"$\pm$"} | {
        mark: "\\" + mark for mark in "&%$#_{}"
    }
    return "".join(special.get(character, character) for character in text)
