"""A small task of coloured squares: four source classes, two of them in the target, whose ground is darker."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from isra_model.data.benchmark import Benchmark, ImageSet, Task
from isra_model.data.transforms import Preprocessing
from isra_model.methods import IsraConfig
from isra_model.networks import NetworkConfig
from isra_model.training.config import Optimisation, TrainConfig

CLASSES = ("blue", "green", "red", "white")
COLOURS = ((0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255))


def square(label: int, ground: int, seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 40, (32, 32, 3))
    pixels = np.full((32, 32, 3), ground) + noise
    pixels[8:24, 8:24] = np.array(COLOURS[label]) * 0.8 + noise[8:24, 8:24]
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def domain(name: str, ground: int, labels: list[int]) -> ImageSet:
    return ImageSet(
        name=name,
        encoded=tuple(square(label, ground, seed) for seed, label in enumerate(labels)),
        labels=np.array(labels, dtype=np.int64),
        heldout=np.array([index % 5 == 0 for index in range(len(labels))]),
        keys=tuple(f"{name}:{index}" for index in range(len(labels))),
    )


@pytest.fixture(autouse=True)
def same_numbers_whatever_ran_before() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def task() -> Task:
    labels = [index % 4 for index in range(40)]
    domains = {"day": domain("day", 160, labels), "night": domain("night", 20, labels)}
    return Task(Benchmark("squares", CLASSES, domains), "day", "night", ("blue", "green"))


@pytest.fixture
def config() -> TrainConfig:
    return TrainConfig(
        benchmark="squares",
        source="day",
        target="night",
        method="ba3us",
        isra=IsraConfig(topics=4, receptor_hidden=8),
        network=NetworkConfig("test_efficientnet", bottleneck=8, pretrained=False),
        preprocessing=Preprocessing(resize=48, crop=40),
        optimisation=Optimisation(steps=10, batch_size=8),
        evaluations=5,
        save_every=3,
    )
