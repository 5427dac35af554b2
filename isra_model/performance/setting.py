"""What is timed: a preset on images of noise, and what changes when one of its sizes does."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image

from isra_model.data.benchmark import Benchmark, ImageSet, Task
from isra_model.training.config import TrainConfig, preset_for
from isra_model.training.engine import Engine

IMAGES = 4
"Images of each class in the made-up domains."


@dataclass(frozen=True)
class Setting:
    """What training's cost depends on."""

    config: TrainConfig
    classes: int

    @classmethod
    def of_preset(cls, name: str) -> Setting:
        """Return a preset's configuration with 65 classes, as Office-Home and Office-Icons have."""
        preset = preset_for(None, name)
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


def start(setting: Setting, folder: Path) -> Engine:
    """Return a run of ``setting`` at its first step; what it would write goes under ``folder``."""
    task = made_up_task(setting.classes, setting.config.preprocessing.resize)
    return Engine(setting.config, task, Path(tempfile.mkdtemp(dir=folder)), resume=False)


def step(engine: Engine) -> None:
    """Take one step and go on to the next."""
    engine.step()
    engine.progress.step += 1
