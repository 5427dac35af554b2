"""Steps against the bare network, BA3US + ISRA against BA3US, and how both grow."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from isra_model.performance.processes import peak_memory, processes_ratios
from isra_model.performance.receptors import receptor_loop_ratio
from isra_model.performance.setting import Setting, start, step
from isra_model.performance.timing import ratio, side_by_side
from isra_model.training.engine import Engine
from isra_model.training.trainee import create_optimisers

GROWING = ("image", "batch", "topics", "classes")


@dataclass(frozen=True)
class Growth:
    """What one setting costs: seconds of a BA3US + ISRA step over those at the preset's value, and ISRA's own ratio."""

    setting: str
    value: int
    step_ratio: float
    isra_step_ratio: float
    peak_memory_mib: float


@dataclass(frozen=True)
class TrainingSpeed:
    """What `bench_training` measures.

    Attributes
    ----------
    engine_ratio : float
        A source-only step, data preparation included, over the bare network's forward, backward and optimiser step on
        the same batch.
    ba3us_ratio : float
        A BA3US step over the bare network's on the same three batches: the method's cost is in it.
    isra_step_ratio : float
        A BA3US + ISRA step over a BA3US step.
    strong_augmentation_ratio : float
        A BA3US step on strongly augmented images over one on cropped and mirrored ones.
    receptor_loop_ratio : float
        The paper's 256 receptors in a loop over topics, as the released program has them, over the same as one batched
        product.
    data_share : float
        Share of a BA3US step that is spent waiting for its images.
    images_per_second : float
        Of BA3US + ISRA, as one number to tell machines apart.
    seconds_to_first_step : float
        From creating the run, images decoded, to the end of its first step.
    peak_memory_mib : float
        Of a process that trains BA3US + ISRA; of its tensors on a GPU.
    growth : list[Growth]
        The same against image size, batch, topics and number of classes.
    processes_ratio : float | None
        Images a second of two processes over those of one, each with one thread or GPU and one batch of its own; None
        where there is only one core, or GPU.
    separate_processes_ratio : float | None
        The same of two that train apart: what the machine allows.
    """

    rounds: int
    threads: int
    engine_ratio: float
    ba3us_ratio: float
    isra_step_ratio: float
    strong_augmentation_ratio: float
    receptor_loop_ratio: float
    data_share: float
    images_per_second: float
    seconds_to_first_step: float
    peak_memory_mib: float
    growth: list[Growth]
    processes_ratio: float | None
    separate_processes_ratio: float | None


def bench_training(setting: Setting, rounds: int = 7, growing: Sequence[str] = GROWING) -> TrainingSpeed:
    """Measure training on this machine, and how its cost grows with what ``growing`` names of `GROWING`.

    Networks start from random weights and images are noise: what is timed does not depend on them, and nothing has to
    be downloaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(setting, Path(folder), rounds)
        together, separate = processes_ratios(setting, rounds)
        return TrainingSpeed(
            rounds=rounds,
            threads=torch.get_num_threads(),
            **bench.steps(),
            receptor_loop_ratio=receptor_loop_ratio(rounds, bench.device),
            growth=list(bench.growth(growing)),
            processes_ratio=together,
            separate_processes_ratio=separate,
        )


class _Bench:
    """The engines that are timed against each other."""

    def __init__(self, setting: Setting, folder: Path, rounds: int) -> None:
        self.setting, self.folder, self.rounds = setting, folder, rounds
        started = time.perf_counter()
        self.full = start(setting, self.folder)
        step(self.full)
        self.seconds_to_first_step = time.perf_counter() - started
        self.device = self.full.accelerator.device

    def steps(self) -> dict[str, float]:
        ba3us = self._changed(isra=None)
        source_only = self._changed(isra=None, method="source-only")
        actions: dict[str, Callable[[], object]] = {
            "isra": partial(step, self.full),
            "ba3us": partial(step, ba3us),
            "strong": partial(step, self._changed(isra=None, augmentation="strong")),
            "ba3us bare": bare_step(ba3us),
            "source-only": partial(step, source_only),
            "source-only bare": bare_step(source_only),
            "data": ba3us.inputs,
        }
        seconds = side_by_side(actions, self.rounds)
        inputs = self.full.inputs()
        images = len(inputs.source.images) + len(inputs.target[0]) + len(inputs.middle.images)
        return {
            "engine_ratio": ratio(seconds, "source-only", "source-only bare"),
            "ba3us_ratio": ratio(seconds, "ba3us", "ba3us bare"),
            "isra_step_ratio": ratio(seconds, "isra", "ba3us"),
            "strong_augmentation_ratio": ratio(seconds, "strong", "ba3us"),
            "data_share": ratio(seconds, "data", "ba3us"),
            "images_per_second": images / statistics.median(seconds["isra"]),
            "seconds_to_first_step": self.seconds_to_first_step,
            "peak_memory_mib": peak_memory(self.setting, torch.get_num_threads()),
        }

    def _changed(self, **settings: Any) -> Engine:
        return start(replace(self.setting, config=replace(self.setting.config, **settings)), self.folder)

    def growth(self, growing: Sequence[str]) -> Iterator[Growth]:
        for name, value, setting in self.setting.variants():
            if name not in growing:
                continue
            full = start(setting, self.folder)
            ba3us = start(replace(setting, config=replace(setting.config, isra=None)), self.folder)
            actions = {
                "base": partial(step, self.full),
                "isra": partial(step, full),
                "ba3us": partial(step, ba3us),
            }
            seconds = side_by_side(actions, self.rounds)
            yield Growth(
                setting=name,
                value=value,
                step_ratio=ratio(seconds, "isra", "base"),
                isra_step_ratio=ratio(seconds, "isra", "ba3us"),
                peak_memory_mib=peak_memory(setting, torch.get_num_threads()),
            )


def bare_step(engine: Engine) -> Callable[[], None]:
    """Return a step of the bare network on one batch of ``engine``: forward, backward and the shared optimiser.

    Each stream passes by itself, as in training; the loss is the mean of the logits.
    """
    network = engine.trainee.network
    inputs = engine.inputs()
    streams = [images for images in (inputs.source.images, inputs.target[0], inputs.middle.images) if len(images)]
    optimiser = create_optimisers(engine.trainee, engine.config)[0]
    bf16 = engine.config.optimisation.precision == "bf16"

    def step() -> None:
        network.train()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(engine.accelerator.device.type, dtype=torch.bfloat16, enabled=bf16):
            losses = [network(images).logits.mean() for images in streams]
        torch.autograd.backward(torch.stack(losses).sum())
        optimiser.step()

    return step
