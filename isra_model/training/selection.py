"""Choosing a checkpoint without target labels, and what each choice cost against the oracle.

An evaluation is a record with ``evaluated_step``, its label-free ``scores`` by name, higher is better, and under
``oracle`` the accuracies that need target labels, which choose nothing; a target without labels has no ``oracle``.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from isra_model.markdown import number, table

Evaluation = dict[str, Any]

RULES = "agreement", "last"
"""The rules that are no score."""


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, 1 for the lowest; equal values share the mean of theirs."""
    return [(1 + sum((other < value) + (other <= value) for other in values)) / 2 for value in values]


def agreement(evaluations: Sequence[Evaluation]) -> list[float]:
    """Return each evaluation's mean rank over all label-free scores; higher is better.

    Ranks need no common scale, so no score outweighs another (Borda's count).
    """
    by_score = [ranks(values) for values in _by_score(evaluations).values()]
    return [statistics.mean(of_one) for of_one in zip(*by_score, strict=True)]


def select(evaluations: Sequence[Evaluation], rule: str) -> Evaluation:
    """Return the evaluation that a label-free ``rule`` prefers, the later of two equal ones.

    A rule is a score's name, "agreement", or "last".
    """
    if rule == "last":
        return evaluations[-1]
    values = agreement(evaluations) if rule == "agreement" else _by_score(evaluations)[rule]
    return _later_best(evaluations, values)


def contenders(evaluations: Sequence[Evaluation], rule: str) -> list[Evaluation]:
    """Return the evaluations that ``rule`` may still select when more have come: the weights to keep.

    A score's best stays best until it is beaten. Mean ranks shift with every evaluation, but never in favour of one
    that another equals or beats in every score.
    """
    if rule != "agreement":
        return [select(evaluations, rule)] if evaluations else []
    return [one for one in evaluations if not any(_dominates(other, one) for other in evaluations if other is not one)]


def selection_report(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Return which evaluation each rule chose and what it cost against the oracle; JSON values.

    ``choices`` holds, by rule, the ``step``, its ``accuracy`` in percent, the ``cost`` in points of accuracy, and the
    rule's Spearman ``rank_correlation`` with accuracy over the evaluations (None where either is constant).
    ``oracle`` is the best evaluation by target labels, and ``score_correlation`` how alike the scores rank the
    evaluations: the mean Spearman correlation of their pairs. Without target labels a choice is its ``step`` alone, and
    there is no ``oracle``.
    """
    scores = _by_score(evaluations)
    pairs = [_rank_correlation(scores[first], scores[second]) for first, second in combinations(scores, 2)]
    known = [value for value in pairs if value is not None]
    report = {
        "evaluations": len(evaluations),
        "choices": {rule: {"step": select(evaluations, rule)["evaluated_step"]} for rule in (*scores, *RULES)},
        "score_correlation": round(statistics.mean(known), 3) if known else None,
    }
    return report | (_against_oracle(evaluations) if "oracle" in evaluations[0] else {})


def _against_oracle(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Return the ``choices`` and the ``oracle`` of a `selection_report` with their accuracies."""
    accuracies = [record["oracle"]["accuracy"] for record in evaluations]
    best = _later_best(evaluations, accuracies)
    steps = [record["evaluated_step"] for record in evaluations]
    values = _by_score(evaluations) | dict(zip(RULES, (agreement(evaluations), steps), strict=True))

    def choice(rule: str) -> dict[str, Any]:
        chosen = select(evaluations, rule)
        accuracy = chosen["oracle"]["accuracy"]
        return {
            "step": chosen["evaluated_step"],
            "accuracy": round(accuracy, 2),
            "cost": round(best["oracle"]["accuracy"] - accuracy, 2),
            "rank_correlation": _rank_correlation(values[rule], accuracies),
        }

    oracle = {"step": best["evaluated_step"], "accuracy": round(best["oracle"]["accuracy"], 2)}
    return {"choices": {rule: choice(rule) for rule in values}, "oracle": oracle}


def selection_table(report: dict[str, Any], rule: str) -> str:
    """Return a `selection_report` as a Markdown table, the run's own ``rule`` in bold, and a line below it."""
    oracle = report.get("oracle")
    columns = ["chosen by", "step", *(("accuracy", "cost", "rank correlation with accuracy") if oracle else ())]
    rows = []
    for name, choice in report["choices"].items():
        cells = [f"**{name}**" if name == rule else name, str(choice["step"])]
        if oracle:
            cells += [f"{choice['accuracy']:.1f} %", f"{choice['cost']:.1f}", number(choice["rank_correlation"], ".2f")]
        rows.append(cells)
    if oracle:
        rows.append(["oracle, by target labels", str(oracle["step"]), f"{oracle['accuracy']:.1f} %", "0.0", ""])
    alike = f"Mean rank correlation of the scores over {report['evaluations']} evaluations: "
    return f"{table(columns, rows)}\n\n{alike}{number(report['score_correlation'], '.2f')}."


def cost_table(reports: Sequence[dict[str, Any]]) -> str:
    """Return a Markdown table of what each rule cost over the `selection_report` of several runs."""
    rows = []
    for rule in reports[0]["choices"]:
        costs = [report["choices"][rule]["cost"] for report in reports]
        found = [report["choices"][rule]["rank_correlation"] for report in reports]
        known = [value for value in found if value is not None]
        correlation = number(statistics.mean(known) if known else None, ".2f")
        rows.append([rule, f"{statistics.mean(costs):.1f}", f"{max(costs):.1f}", correlation])
    first = f"chosen by, over {len(reports)} runs"
    return table([first, "mean cost", "largest cost", "mean rank correlation with accuracy"], rows)


def _by_score(evaluations: Sequence[Evaluation]) -> dict[str, list[float]]:
    return {name: [record["scores"][name] for record in evaluations] for name in evaluations[0]["scores"]}


def _later_best(evaluations: Sequence[Evaluation], values: Sequence[float]) -> Evaluation:
    best = max(range(len(evaluations)), key=lambda index: (values[index], evaluations[index]["evaluated_step"]))
    return evaluations[best]


def _dominates(other: Evaluation, one: Evaluation) -> bool:
    """Return whether ``other`` is at least as good in every score, and better in one or else later."""
    theirs, ours = list(other["scores"].values()), list(one["scores"].values())
    if theirs == ours:
        return bool(other["evaluated_step"] > one["evaluated_step"])
    return all(a >= b for a, b in zip(theirs, ours, strict=True))


def _rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    try:
        return round(statistics.correlation(ranks(first), ranks(second)), 3)
    except statistics.StatisticsError:
        return None
