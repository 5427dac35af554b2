"""How fast training is, as ratios of things measured side by side in one run: timings alone say more of the machine."""

from __future__ import annotations

import io
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from isra_model.data.benchmark import Benchmark, ImageSet, Task
from isra_model.losses.isra import alignment_loss, receptor_loss
from isra_model.networks.isra import TopicReceptors
from isra_model.training.config import PRESETS, TrainConfig
from isra_model.training.engine import Engine
from isra_model.training.trainee import create_optimisers

PAPER_TOPICS, PAPER_FEATURES, PAPER_HIDDEN, PAPER_BATCH = 256, 512, 128, 81
IMAGES = 4
"Images of each class in the made-up domains."


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
    engine_ratio : a source-only step, data preparation included, over the bare network's forward, backward and
        optimiser step on the same batch.
    ba3us_ratio : a BA3US step over the bare network's on the same three batches: the method's cost is in it.
    isra_step_ratio : a BA3US + ISRA step over a BA3US step.
    receptor_loop_ratio : the paper's 256 receptors in a loop over topics, as the released program has them, over the
        same as one batched product.
    data_share : of a BA3US step, the part spent waiting for its images.
    images_per_second : of BA3US + ISRA, as one number to tell machines apart.
    seconds_to_first_step : from creating the run, images decoded, to the end of its first step.
    peak_memory_mib : of a BA3US + ISRA step, of the process on a CPU and of its tensors on a GPU.
    growth : the same against image size, batch, topics and number of classes.
    processes_ratio : images a second of two processes over those of one, each with one thread or GPU and one batch of
        its own; None where there is only one core, or GPU.
    """

    rounds: int
    threads: int
    engine_ratio: float
    ba3us_ratio: float
    isra_step_ratio: float
    receptor_loop_ratio: float
    data_share: float
    images_per_second: float
    seconds_to_first_step: float
    peak_memory_mib: float
    growth: list[Growth]
    processes_ratio: float | None


def side_by_side(actions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each action in each of ``rounds``, in which they take turns; a round before warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds + 1):
        for name, action in actions.items():
            _wait_for_device()
            started = time.perf_counter()
            action()
            _wait_for_device()
            seconds[name].append(time.perf_counter() - started)
    return {name: values[1:] for name, values in seconds.items()}


def ratio(seconds: dict[str, list[float]], first: str, second: str) -> float:
    """Return the median over rounds of the first action's seconds over the second's."""
    pairs = zip(seconds[first], seconds[second], strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def made_up_task(classes: int, side: int) -> Task:
    """Return a task of noise images, ``side`` pixels square, with all classes in the source and half in the target."""
    random = np.random.default_rng(0)
    names = tuple(f"class-{index:03d}" for index in range(classes))

    def picture() -> bytes:
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(file, "PNG", compress_level=0)
        return file.getvalue()

    def domain(name: str) -> ImageSet:
        labels = np.repeat(np.arange(classes, dtype=np.int64), IMAGES)
        pictures = [picture() for _ in range(16)]
        return ImageSet(
            name=name,
            encoded=tuple(pictures[index % len(pictures)] for index in range(len(labels))),
            labels=labels,
            heldout=np.arange(len(labels)) % IMAGES == 0,
            keys=tuple(f"{name}-{index}" for index in range(len(labels))),
        )

    domains = {name: domain(name) for name in ("source", "target")}
    return Task(Benchmark("made-up", names, domains), "source", "target", names[: max(2, classes // 2)])


class LoopedReceptors(nn.Module):
    """The receptors as the released program has them: a list of regressors, trained and asked one after the other."""

    def __init__(self, features: int, topics: int, hidden: int) -> None:
        super().__init__()
        self.receptors = nn.ModuleList(
            nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1)) for _ in range(topics)
        )

    def losses(self, features: Tensor, topics: Tensor, source_count: int) -> Tensor:
        """Return the receptors' loss plus the alignment, of ``features`` (n, d) and ``topics`` (n, d_e)."""
        regression, alignment = features.new_zeros(()), features.new_zeros(())
        for topic, receptor in enumerate(self.receptors):
            seen = features.detach().requires_grad_()
            error = (receptor(seen).squeeze(1) - topics[:, topic]).square().mean()
            error = error + 0.5 * sum(parameter.abs().sum() for parameter in receptor[0].parameters())  # type: ignore[index]
            (gradient,) = torch.autograd.grad(error, seen, retain_graph=True)
            mask = gradient.abs() / gradient.norm().clamp_min(1e-12) * len(features) * features
            gap = mask[:source_count].mean(dim=0) - mask[source_count:].mean(dim=0)
            regression, alignment = regression + error, alignment + gap.square().mean()
        return regression / len(self.receptors) + alignment


def receptor_loop_ratio(rounds: int, device: torch.device) -> float:
    """Return a loop's seconds over one batch's, of the receptors' loss, attention, alignment and backward together."""
    features = torch.randn(PAPER_BATCH, PAPER_FEATURES, device=device, requires_grad=True)
    topics = torch.rand(PAPER_BATCH, PAPER_TOPICS, device=device)
    source_count = 36
    looped = LoopedReceptors(PAPER_FEATURES, PAPER_TOPICS, PAPER_HIDDEN).to(device)
    batched = TopicReceptors(PAPER_FEATURES, PAPER_TOPICS, PAPER_HIDDEN).to(device)

    def batched_losses() -> None:
        regression = receptor_loss(batched, features, topics, 0.5, "mean")
        attention = batched.loss_gradient_attention(features.detach(), topics)
        torch.autograd.backward(regression + alignment_loss(features, attention, source_count, "batch", "mean"))

    def looped_losses() -> None:
        torch.autograd.backward(looped.losses(features, topics, source_count))

    seconds = side_by_side({"loop": looped_losses, "batch": batched_losses}, rounds)
    return ratio(seconds, "loop", "batch")


def bench_training(setting: Setting, rounds: int = 7) -> TrainingSpeed:
    """Measure training on this machine.

    Networks start from random weights and images are noise: what is timed does not depend on them, and nothing has to
    be downloaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(setting, Path(folder), rounds)
        return TrainingSpeed(
            rounds=rounds,
            threads=torch.get_num_threads(),
            **bench.steps(),
            receptor_loop_ratio=receptor_loop_ratio(rounds, bench.device),
            growth=list(bench.growth()),
            processes_ratio=processes_ratio(setting, rounds),
        )


@dataclass(frozen=True)
class Setting:
    """What training's cost depends on."""

    config: TrainConfig
    classes: int

    @classmethod
    def of_preset(cls, name: str) -> Setting:
        """Return a preset's configuration with 65 classes, as Office-Home and Office-Icons have."""
        preset = PRESETS[name]
        precision: Literal["bf16", "fp32"] = "bf16" if torch.cuda.is_available() else "fp32"
        config = TrainConfig(
            benchmark="made-up",
            source="source",
            target="target",
            method="ba3us",
            isra=preset.isra,
            network=replace(preset.network, pretrained=False),
            preprocessing=preset.preprocessing,
            optimisation=replace(preset.optimisation, steps=100_000, precision=precision),
        )
        return cls(config, classes=65)

    def variants(self) -> Iterator[tuple[str, int, Setting]]:
        """Return this setting with image size, batch, topics and classes changed, one at a time."""
        config, isra = self.config, self.config.isra
        assert isra is not None
        crop, margin = config.preprocessing.crop, config.preprocessing.resize - config.preprocessing.crop
        for side in (crop // 2, crop * 3 // 2):
            preprocessing = replace(config.preprocessing, crop=side, resize=side + margin)
            yield "image", side, replace(self, config=replace(config, preprocessing=preprocessing))
        for batch in (config.optimisation.batch_size // 2, config.optimisation.batch_size * 2):
            optimisation = replace(config.optimisation, batch_size=batch)
            yield "batch", batch, replace(self, config=replace(config, optimisation=optimisation))
        for topics in (isra.topics // 4, isra.topics * 4):
            yield "topics", topics, replace(self, config=replace(config, isra=replace(isra, topics=topics)))
        for classes in (10, 345):
            yield "classes", classes, replace(self, classes=classes)


class _Bench:
    """The engines that are timed against each other."""

    def __init__(self, setting: Setting, folder: Path, rounds: int) -> None:
        self.setting, self.folder, self.rounds = setting, folder, rounds
        started = time.perf_counter()
        self.full = self._engine(setting)
        _step(self.full)
        self.seconds_to_first_step = time.perf_counter() - started
        self.device = self.full.accelerator.device

    def steps(self) -> dict[str, float]:
        ba3us = self._engine(replace(self.setting, config=replace(self.setting.config, isra=None)))
        source_only = self._engine(
            replace(self.setting, config=replace(self.setting.config, isra=None, method="source-only"))
        )
        actions: dict[str, Callable[[], object]] = {
            "isra": partial(_step, self.full),
            "ba3us": partial(_step, ba3us),
            "ba3us bare": bare_step(ba3us),
            "source-only": partial(_step, source_only),
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
            "data_share": ratio(seconds, "data", "ba3us"),
            "images_per_second": images / statistics.median(seconds["isra"]),
            "seconds_to_first_step": self.seconds_to_first_step,
            "peak_memory_mib": _peak_memory(partial(_step, self.full)),
        }

    def growth(self) -> Iterator[Growth]:
        for name, value, setting in self.setting.variants():
            full = self._engine(setting)
            ba3us = self._engine(replace(setting, config=replace(setting.config, isra=None)))
            actions = {
                "base": partial(_step, self.full),
                "isra": partial(_step, full),
                "ba3us": partial(_step, ba3us),
            }
            seconds = side_by_side(actions, self.rounds)
            yield Growth(
                setting=name,
                value=value,
                step_ratio=ratio(seconds, "isra", "base"),
                isra_step_ratio=ratio(seconds, "isra", "ba3us"),
                peak_memory_mib=_peak_memory(partial(_step, full)),
            )

    def _engine(self, setting: Setting) -> Engine:
        task = made_up_task(setting.classes, setting.config.preprocessing.resize)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        return Engine(setting.config, task, folder, resume=False)


def _step(engine: Engine) -> None:
    engine.step()
    engine.progress.step += 1


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


def processes_ratio(setting: Setting, rounds: int) -> float | None:
    """Return images a second of two processes over those of one, each with a batch of its own; None on one core."""
    units = torch.cuda.device_count() if torch.cuda.is_available() else len(os.sched_getaffinity(0))
    if units < 2:
        return None
    optimisation = replace(setting.config.optimisation, batch_size=2 * setting.config.optimisation.batch_size)
    doubled = replace(setting, config=replace(setting.config, optimisation=optimisation))
    return 2.0 * _seconds_a_step(setting, 1, rounds) / _seconds_a_step(doubled, 2, rounds)


def _seconds_a_step(setting: Setting, processes: int, rounds: int) -> float:
    """Return the median seconds of a step that ``processes`` processes take together."""
    context = multiprocessing.get_context("spawn")
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        addresses = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
        free.close()
        places = [
            addresses | {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)}
            for rank in range(processes)
        ]
        with ProcessPoolExecutor(processes, context) as pool:
            futures = [pool.submit(_time_steps, setting, rounds, Path(folder), place) for place in places]
            return max(future.result() for future in futures)


def _time_steps(setting: Setting, rounds: int, folder: Path, place: dict[str, str]) -> float:
    os.environ |= place if torch.cuda.is_available() else place | {"ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    task = made_up_task(setting.classes, setting.config.preprocessing.resize)
    engine = Engine(setting.config, task, folder, resume=False)
    return statistics.median(side_by_side({"step": partial(_step, engine)}, rounds)["step"])


def _peak_memory(action: Callable[[], object]) -> float:
    """Return the peak MiB while ``action`` runs: of the GPU's tensors, or else of this process (Linux)."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        action()
        return torch.cuda.max_memory_allocated() / 2**20
    Path("/proc/self/clear_refs").write_text("5")
    action()
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) / 1024
