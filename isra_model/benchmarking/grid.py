"""Which runs a comparison is made of: every model on every task with every seed, all else alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from isra_model.data.benchmark import BenchmarkError
from isra_model.data.names import match
from isra_model.methods import method_class
from isra_model.training.config import Optimisation, Preset, TrainConfig, preset_for
from isra_model.training.naming import model_name

Mode = Literal["fine-tune", "features"]
FEATURES = Optimisation(rate=1e-3, steps=300)
"""How every method is optimised in features mode.

The rate was chosen without target labels, once for all methods: of 1e-4, 3e-4, 1e-3 and 3e-3 the one with BA3US's
highest neighbourhood density on both Office-Icons tasks tried, solid to line and line to duotone, seed 0 (8 runs). At
3e-3 BA3US diverges.
"""

TABLE_ORDER = (
    *("source-only", "cdan", "iwan", "san", "pada", "mwpda", "etn"),
    *("drcn", "afn", "slm", "ba3us", "shot", "a2kt"),
)
"""The order of the methods in the paper's tables."""

ISRA_ON = ("ba3us", "shot", "a2kt")
"""Methods that the paper plugs ISRA into."""


@dataclass(frozen=True)
class Model:
    """A method, bare or with ISRA plugged in, on the preset's code of topics or on a sparse one."""

    method: str
    isra: bool = False
    sparse: bool = False

    @property
    def name(self) -> str:
        """Return the model's name, e.g. ``ba3us-isra``."""
        return model_name(self.method, isra=self.isra) + ("-sparse" if self.sparse else "")


def models_of(methods: Iterable[str], isra_on: Collection[str], sparse_on: Collection[str] = ()) -> list[Model]:
    """Return the methods in the order of the paper's tables, newer ones last.

    Where asked for, the method with ISRA follows its bare form, and then ISRA on a sparse code.
    """
    bare = list(methods)
    later = sorted({*bare, *isra_on, *sparse_on}.difference(TABLE_ORDER))
    forms = ((False, False, bare), (True, False, isra_on), (True, True, sparse_on))
    return [
        Model(name, isra, sparse) for name in (*TABLE_ORDER, *later) for isra, sparse, chosen in forms if name in chosen
    ]


def comparison(
    benchmark: str,
    mode: Mode,
    models: Iterable[Model],
    tasks: Iterable[tuple[str, str]],
    seeds: int,
    preset: str | None = None,
) -> list[TrainConfig]:
    """Return the configurations of all runs, seed by seed and task by task, so that an early table is a whole one.

    They are those of the preset, which is the benchmark's own, or Office-Icons' where it has none.

    Raises
    ------
    ValueError
        If there is no such preset or method.
    """
    settings = preset_for(benchmark, preset)
    models, tasks = list(models), list(tasks)
    return [
        run_config(benchmark, settings, mode, model, task, seed)
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
    settings = method_class(model.method).settings_type(**preset.settings.get(model.method, {}))
    isra = replace(preset.isra, code="top-k") if model.sparse else preset.isra
    config = TrainConfig(
        benchmark=benchmark,
        source=task[0],
        target=task[1],
        method=model.method,
        isra=isra if model.isra else None,
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
    """Return (source, target) pairs: those written ``source:target``, or every ordered pair of domains for ``all``.

    Without ``domains``, as of image lists, any names will do, and ``all`` none.

    Raises
    ------
    BenchmarkError
        If a task is not written so, or names no domain of the benchmark.
    """
    if list(chosen) == ["all"] and domains:
        return [(source, target) for source in domains for target in domains if source != target]
    return [_task(task, domains) for task in chosen]


def _task(written: str, domains: Sequence[str]) -> tuple[str, str]:
    names = written.split(":")
    found = [match(name, domains) if domains else name for name in names]
    if len(found) != 2 or None in found:
        known = f", each one of {', '.join(domains)}" if domains else ""
        raise BenchmarkError(f"'{written}' is no task: write 'source:target'{known}.")
    return str(found[0]), str(found[1])
