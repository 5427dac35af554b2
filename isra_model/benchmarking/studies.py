"""Studies of ISRA: one choice taken away or exchanged at a time, beside the whole and beside the bare method."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from isra_model.benchmarking.grid import Mode, Model, comparison
from isra_model.benchmarking.results import Gain, gain_over_pairs, paired
from isra_model.checkpoints import FailedRun, Run, RunRecord
from isra_model.checkpoints.results import run_key
from isra_model.markdown import number, table
from isra_model.training.config import TrainConfig

StudyName = Literal["ablations", "sensitivity", "sampling"]
FOUR_TASKS = ("solid:line", "line:solid", "line:duotone", "solid:colour")
"""The tasks of the recorded studies."""

BARE = "BA3US alone"
WHOLE = "BA3US + ISRA"
SPARSE_CODE = "sparse code"
OWN_IMAGES = "sparse code, topics' own images"
SPARSE: dict[str, Any] = {"code": "top-k"}
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    WHOLE: {},
    "alignment without reconstruction (α = 0)": {"alpha": 0.0},
    "reconstruction without alignment (β = 0)": {"beta": 0.0},
    "class2vec's gradient into the features": {"class2vec_gradient": "joint"},
    "the same at α = 1/256, as if divided by d": {"class2vec_gradient": "joint", "alpha": 1 / 256},
    "attention by loss gradient": {"attention": "loss-gradient"},
    "attention random": {"attention": "random"},
    "attention none": {"attention": "none"},
    "receptors' errors averaged, not summed": {"receptor_pool": "mean"},
    "masks summed, not averaged": {"pool": "sum"},
    "masks normalised by row": {"normalise": "row"},
    "running domain means": {"domain_means": "running"},
    "running domain means at β = 10": {"domain_means": "running", "beta": 10.0},
    "source masks weighted by class": {"source_pool": "class-weight"},
    "β ramped": {"beta_ramp": True},
    "256 topics at β = 1/4": {"topics": 256, "beta": 0.25},
    SPARSE_CODE: SPARSE,
    "sparse code, attention random": SPARSE | {"attention": "random"},
    "sparse code, attention none": SPARSE | {"attention": "none"},
    OWN_IMAGES: SPARSE | {"alignment": "conditional"},
    f"{OWN_IMAGES} at β = 10": SPARSE | {"alignment": "conditional", "beta": 10.0},
}
"""Changes of `IsraConfig` by the name of the variant (what the paper lacks, and the released program's choices)."""

CONTRASTS = (
    (SPARSE_CODE, BARE),
    (OWN_IMAGES, BARE),
    (f"{OWN_IMAGES} at β = 10", BARE),
    (SPARSE_CODE, WHOLE),
    (OWN_IMAGES, SPARSE_CODE),
    (f"{OWN_IMAGES} at β = 10", SPARSE_CODE),
    ("sparse code, attention random", SPARSE_CODE),
    ("sparse code, attention none", SPARSE_CODE),
)
"""Variants that are tested against one another, the second being what the first is to be better than."""

BALANCED = "every class of the source as often"
"""BA3US alone, its source batches drawn by classes."""

SENSITIVITY: Mapping[str, Sequence[float]] = {
    "alpha": (0.0, 0.1, 0.5, 1.0, 2.0, 5.0),
    "beta": (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0),
    "topics": (4, 16, 64, 256),
}
"""Values of alpha, beta and d_e, the others being the preset's (figure 6)."""


@dataclass(frozen=True)
class Variant:
    """One row of a study: its name and its runs' configurations, one a task and seed."""

    name: str
    configs: tuple[TrainConfig, ...]


def study_variants(
    what: StudyName, benchmark: str, mode: Mode, tasks: Sequence[tuple[str, str]], seeds: int
) -> list[Variant]:
    """Return BA3US alone first, then the variants of a study, all at the same width and steps.

    Those of a sensitivity study are named by what they change, e.g. ``beta = 0.5``.
    """
    bare, whole = (comparison(benchmark, mode, [Model("ba3us", isra)], tasks, seeds) for isra in (False, True))
    if what == "sampling":
        balanced = tuple(replace(config, source_sampling="classes") for config in bare)
        return [Variant(BARE, tuple(bare)), Variant(BALANCED, balanced)]
    values = {f"{name} = {value:g}": {name: value} for name, values in SENSITIVITY.items() for value in values}
    changes = ABLATIONS if what == "ablations" else values
    return [Variant(BARE, tuple(bare)), *(Variant(name, _changed(whole, change)) for name, change in changes.items())]


def _changed(configs: Iterable[TrainConfig], change: Mapping[str, Any]) -> tuple[TrainConfig, ...]:
    return tuple(replace(config, isra=replace(config.isra, **change)) for config in configs if config.isra)


@dataclass(frozen=True)
class Outcome:
    """What a variant's runs came to; nothing is measured where none finished.

    Attributes
    ----------
    runs, failed : int
        How many finished, and how many could not, as when the loss was no longer finite.
    gain, heldout_gain : Gain | None
        Over BA3US alone, transductive and held-out.
    alignment : float | None
        Mean L_a over both whole domains, in evaluation mode, rows normalised; None without ISRA.
    feature_norm : float | None
        Mean norm of the target's features, as a share of BA3US's own: L_a goes with its square.
    receptor_r2 : float | None
        Median over runs of the receptors' median R2.
    dead_topics : float | None
        Mean share of topics that answer to no image.
    """

    name: str
    runs: int
    failed: int = 0
    gain: Gain | None = None
    heldout_gain: Gain | None = None
    alignment: float | None = None
    feature_norm: float | None = None
    receptor_r2: float | None = None
    dead_topics: float | None = None


def variant_runs(variants: Iterable[Variant], recorded: Iterable[Run]) -> dict[str, list[Run]]:
    """Return the recorded runs of each variant, finished and failed, by its name."""
    by_key = {run.key: run for run in recorded}
    keys = {variant.name: [run_key(config) for config in variant.configs] for variant in variants}
    return {name: [by_key[key] for key in of_variant if key in by_key] for name, of_variant in keys.items()}


def outcomes(runs: Mapping[str, Sequence[Run]]) -> list[Outcome]:
    """Return the outcome of each variant that was run, over the tasks and seeds that BA3US alone finished too.

    ``runs`` are `variant_runs`, those of BA3US alone among them.
    """
    results, alone = [], _finished(runs[BARE])
    for name, of_variant in runs.items():
        if name == BARE:
            continue
        failed = sum(isinstance(run, FailedRun) for run in of_variant)
        if pairs := paired(_finished(of_variant), alone):
            results.append(_outcome(name, pairs, failed))
        elif failed:
            results.append(Outcome(name, runs=0, failed=failed))
    return results


def _finished(runs: Iterable[Run]) -> list[RunRecord]:
    return [run for run in runs if isinstance(run, RunRecord)]


def _outcome(name: str, pairs: Sequence[tuple[RunRecord, RunRecord]], failed: int) -> Outcome:
    runs = [run for run, _ in pairs]

    def mean(metric: str) -> float | None:
        values = [run.metrics[metric] for run in runs if metric in run.metrics]
        return statistics.mean(values) if values else None

    norms = [
        run.metrics["feature_norm"] / alone.metrics["feature_norm"]
        for run, alone in pairs
        if "feature_norm" in run.metrics and "feature_norm" in alone.metrics
    ]
    r2 = [statistics.median(run.metrics["receptor_r2"]) for run in runs if "receptor_r2" in run.metrics]
    return Outcome(
        name=name,
        runs=len(runs),
        failed=failed,
        gain=gain_over_pairs(name, BARE, pairs, "accuracy"),
        heldout_gain=gain_over_pairs(name, BARE, pairs, "heldout_accuracy"),
        alignment=mean("alignment"),
        feature_norm=statistics.mean(norms) if norms else None,
        receptor_r2=statistics.median(r2) if r2 else None,
        dead_topics=mean("dead_topics"),
    )


def contrasts(runs: Mapping[str, Sequence[Run]]) -> list[Gain]:
    """Return the `CONTRASTS` of an ablation's `variant_runs` that have pairs of runs, by the transductive accuracy."""
    finished = {name: _finished(of_variant) for name, of_variant in runs.items()}
    pairs = {(name, other): paired(finished.get(name, ()), finished.get(other, ())) for name, other in CONTRASTS}
    gains = (gain_over_pairs(*names, of_names, "accuracy") for names, of_names in pairs.items())
    return [gain for gain in gains if gain]


def study_table(results: Iterable[Outcome]) -> str:
    """Return a Markdown table of gains over BA3US alone, one row a variant."""
    rows = [
        [
            result.name,
            f"{result.runs}, {result.failed} failed" if result.failed else str(result.runs),
            str(result.gain or "–"),
            str(result.heldout_gain or "–"),
            number(result.alignment and 1000 * result.alignment, ".2f"),
            number(result.feature_norm, ".0%"),
            number(result.receptor_r2, ".2f"),
            number(result.dead_topics, ".0%"),
        ]
        for result in results
    ]
    gains = "gain, transductive (95 %)", "gain, held-out (95 %)"
    rest = "1000 L_a, whole domains", "feature norm, of BA3US's", "receptor R²", "dead"
    return table(["variant", "runs", *gains, *rest], rows)
