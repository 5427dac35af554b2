"""Which runs a comparison is made of: every model on every task with every seed, all else alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from isra_model.data.benchmark import BenchmarkError
from isra_model.methods import method_class
from isra_model.training.config import PRESETS, Optimisation, Preset, TrainConfig

Mode = Literal["fine-tune", "features"]
FEATURES = Optimisation(rate=1e-3, steps=300)
"""How every method is optimised in features mode."""


@dataclass(frozen=True)
class Model:
    """A method, bare or with ISRA plugged in."""

    method: str
    isra: bool = False

    @property
    def name(self) -> str:
        """Return the model's name, e.g. ``ba3us-isra``."""
        return f"{self.method}-isra" if self.isra else self.method


def comparison(
    benchmark: str, mode: Mode, models: Iterable[Model], tasks: Iterable[tuple[str, str]], seeds: int
) -> list[TrainConfig]:
    """Return the configurations of all runs, seed by seed and task by task, so that an early table is a whole one."""
    preset = PRESETS.get(benchmark, PRESETS["office-icons"])
    models, tasks = list(models), list(tasks)
    return [
        run_config(benchmark, preset, mode, model, task, seed)
        for seed in range(seeds)
        for task in tasks
        for model in models
    ]


def run_config(
    benchmark: str, preset: Preset, mode: Mode, model: Model, task: tuple[str, str], seed: int
) -> TrainConfig:
    """Return one run's configuration: the preset's, with all of the method's settings written out.

    In features mode the backbone is frozen and `FEATURES` is the optimisation; nothing else differs.
    """
    settings = method_class(model.method).Settings(**preset.settings.get(model.method, {}))
    config = TrainConfig(
        benchmark=benchmark,
        source=task[0],
        target=task[1],
        method=model.method,
        isra=preset.isra if model.isra else None,
        settings=asdict(settings),
        network=preset.network,
        preprocessing=preset.preprocessing,
        optimisation=preset.optimisation,
        seed=seed,
    )
    if mode == "fine-tune":
        return config
    network = replace(preset.network, frozen=True)
    return replace(config, network=network, optimisation=FEATURES, save_every=FEATURES.steps)


def choose_tasks(chosen: Sequence[str], domains: Sequence[str]) -> list[tuple[str, str]]:
    """Return (source, target) pairs: those written ``source:target``, or every ordered pair for ``all``.

    Raises
    ------
    BenchmarkError
        If a task is not written so, or names no domain of the benchmark.
    """
    if list(chosen) == ["all"]:
        return [(source, target) for source in domains for target in domains if source != target]
    pairs = [(source, target) for source, _, target in (task.partition(":") for task in chosen)]
    for pair in pairs:
        if unknown := [name for name in pair if name not in domains]:
            raise BenchmarkError(
                f"'{':'.join(pair)}' is no task: there is no domain '{unknown[0]}'. "
                f"Write 'source:target', each one of {', '.join(domains)}."
            )
    return pairs
