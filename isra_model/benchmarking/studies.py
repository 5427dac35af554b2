"""Studies of ISRA: one choice taken away or exchanged at a time, beside the whole and beside the bare method."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from isra_model.benchmarking.grid import Mode, Model, run_config
from isra_model.benchmarking.results import Gain, gain_over_blocks
from isra_model.checkpoints import FailedRun, Run, RunRecord
from isra_model.checkpoints.results import run_key
from isra_model.training.config import TrainConfig, preset_for

StudyName = Literal["ablations", "sensitivity"]
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
    what: StudyName, benchmark: str, mode: Mode, tasks: Iterable[tuple[str, str]], seeds: int
) -> list[Variant]:
    """Return BA3US alone first, then the variants of a study."""
    tasks = list(tasks)
    every = ablations(benchmark, mode, tasks, seeds)
    return every if what == "ablations" else every[:1] + sensitivity(benchmark, mode, tasks, seeds)


def ablations(benchmark: str, mode: Mode, tasks: Iterable[tuple[str, str]], seeds: int) -> list[Variant]:
    """Return BA3US alone, BA3US + ISRA, and every variant of `ABLATIONS`, all at the same width and steps."""
    bare, whole = _references(benchmark, mode, list(tasks), seeds)
    return [Variant(BARE, bare), *(Variant(name, _changed(whole, change)) for name, change in ABLATIONS.items())]


def sensitivity(benchmark: str, mode: Mode, tasks: Iterable[tuple[str, str]], seeds: int) -> list[Variant]:
    """Return a variant for each value of alpha, beta and d_e, named e.g. ``beta = 0.5``."""
    _, whole = _references(benchmark, mode, list(tasks), seeds)
    return [
        Variant(f"{name} = {value:g}", _changed(whole, {name: value}))
        for name, values in SENSITIVITY.items()
        for value in values
    ]


def _references(
    benchmark: str, mode: Mode, tasks: Sequence[tuple[str, str]], seeds: int
) -> tuple[tuple[TrainConfig, ...], tuple[TrainConfig, ...]]:
    preset = preset_for(benchmark)

    def configs(model: Model) -> tuple[TrainConfig, ...]:
        return tuple(run_config(benchmark, preset, mode, model, task, seed) for seed in range(seeds) for task in tasks)

    return configs(Model("ba3us")), configs(Model("ba3us", isra=True))


def _changed(configs: Iterable[TrainConfig], change: Mapping[str, Any]) -> tuple[TrainConfig, ...]:
    return tuple(replace(config, isra=replace(config.isra, **change)) for config in configs if config.isra)


@dataclass(frozen=True)
class Outcome:
    """What a variant's runs came to; nothing is measured where none finished.

    Attributes
    ----------
    runs, failed : int
        How many finished, and how many could not, as when the loss was no longer finite.
    gain : float | None
        Mean of the transductive accuracy minus that of BA3US alone on the same task and seed, in points.
    gain_deviation : float
        Its standard deviation.
    heldout_gain : float | None
        Mean of the same, held-out.
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
    gain: float | None = None
    gain_deviation: float = 0.0
    heldout_gain: float | None = None
    alignment: float | None = None
    feature_norm: float | None = None
    receptor_r2: float | None = None
    dead_topics: float | None = None

    @property
    def gain_error(self) -> float:
        """Return the standard error of the gain."""
        return self.gain_deviation / math.sqrt(max(1, self.runs))


def outcomes(variants: Sequence[Variant], recorded: Iterable[Run], bare: Variant) -> list[Outcome]:
    """Return the outcome of each variant that was run, over the tasks and seeds that BA3US alone finished too."""
    by_key = {run.key: run for run in recorded}
    reference = {(run.source, run.target, run.seed): run for run in _found(bare, by_key)[0]}
    results = []
    for variant in variants:
        finished, failed = _found(variant, by_key)
        paired = [run for run in finished if (run.source, run.target, run.seed) in reference]
        if paired:
            results.append(_outcome(variant.name, paired, failed, reference))
        elif failed:
            results.append(Outcome(variant.name, runs=0, failed=failed))
    return results


def _found(variant: Variant, by_key: Mapping[str, Run]) -> tuple[list[RunRecord], int]:
    """Return the variant's finished runs, and how many failed."""
    runs = [by_key.get(run_key(config)) for config in variant.configs]
    return [run for run in runs if isinstance(run, RunRecord)], sum(isinstance(run, FailedRun) for run in runs)


def _outcome(
    name: str, runs: Sequence[RunRecord], failed: int, reference: Mapping[tuple[str, str, int], RunRecord]
) -> Outcome:
    pairs = [(run, reference[run.source, run.target, run.seed]) for run in runs]
    gains = [run.accuracy - alone.accuracy for run, alone in pairs]

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
        gain=statistics.mean(gains),
        gain_deviation=statistics.stdev(gains) if len(gains) > 1 else 0.0,
        heldout_gain=statistics.mean(run.heldout_accuracy - alone.heldout_accuracy for run, alone in pairs),
        alignment=mean("alignment"),
        feature_norm=statistics.mean(norms) if norms else None,
        receptor_r2=statistics.median(r2) if r2 else None,
        dead_topics=mean("dead_topics"),
    )


def contrasts(variants: Sequence[Variant], recorded: Iterable[Run]) -> list[Gain]:
    """Return the `CONTRASTS` of an ablation's ``variants`` that have pairs of runs, by the transductive accuracy."""
    by_key = {run.key: run for run in recorded}
    accuracy: dict[str, dict[tuple[str, str, int], float]] = {
        variant.name: {(run.source, run.target, run.seed): run.accuracy for run in _found(variant, by_key)[0]}
        for variant in variants
    }
    gains = (_gain(name, other, accuracy.get(name, {}), accuracy.get(other, {})) for name, other in CONTRASTS)
    return [gain for gain in gains if gain]


def _gain(
    name: str, other: str, ours: Mapping[tuple[str, str, int], float], theirs: Mapping[tuple[str, str, int], float]
) -> Gain | None:
    pairs = sorted(ours.keys() & theirs.keys())
    blocks: dict[tuple[str, str], list[float]] = {}
    for pair in pairs:
        blocks.setdefault(pair[:2], []).append(round(ours[pair] - theirs[pair], 6))
    seeds = len({seed for _, _, seed in pairs})
    return gain_over_blocks(name, other, list(blocks.values()), seeds) if blocks else None


def study_table(results: Iterable[Outcome]) -> str:
    """Return a Markdown table of gains over BA3US alone, one row a variant."""
    lines = [
        "| variant | runs | gain, transductive | gain, held-out | 1000 L_a, whole domains | feature norm, of BA3US's "
        "| receptor R² | dead |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        cells = [
            result.name,
            f"{result.runs}, {result.failed} failed" if result.failed else str(result.runs),
            _cell(result.gain, "+.1f") + ("" if result.gain is None else f" ± {result.gain_deviation:.1f}"),
            _cell(result.heldout_gain, "+.1f"),
            _cell(result.alignment and 1000 * result.alignment, ".2f"),
            _cell(result.feature_norm, ".0%"),
            _cell(result.receptor_r2, ".2f"),
            _cell(result.dead_topics, ".0%"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"
