"""A task of three tiny untrained models and its gallery, written and read the way shipped ones are."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from isra_model.checkpoints import write_checkpoint
from isra_model.data.benchmark import Benchmark, ImageSet, Task
from isra_model.inspection import Inspector, read_inspectors
from isra_model.inspection.gallery import Gallery, read_gallery
from isra_model.inspection.gallery_building import GallerySettings, build_gallery
from isra_model.inspection.maps import FeatureSpace
from isra_model.methods import Isra, IsraConfig, create_method
from isra_model.networks import NetworkConfig, PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.trainee import Trainee

CLASSES = ("ball", "box", "cup", "hat", "key")
FEATURES = 16
TOPICS = 6
MODELS = {"source-only": ("source-only", False), "ba3us": ("ba3us", False), "ba3us-isra": ("ba3us", True)}


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """Return coloured blotches on white, like nothing in particular."""
    generator = np.random.default_rng(seed)
    small = Image.fromarray(generator.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    image = Image.new("RGB", size, "white")
    image.paste(small.resize((size[0] // 2, size[1] // 2)), (size[0] // 4, size[1] // 4))
    return image


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def image_set(name: str, first_seed: int) -> ImageSet:
    """Return six images a class, one of them held out."""
    labels = np.repeat(np.arange(len(CLASSES)), 6)
    return ImageSet(
        name=name,
        encoded=tuple(png(picture(first_seed + i)) for i in range(len(labels))),
        labels=labels,
        heldout=np.arange(len(labels)) % 6 == 5,
        keys=tuple(f"{name}:{i}" for i in range(len(labels))),
    )


def starting_map(space: FeatureSpace, start: np.ndarray) -> np.ndarray:
    """Fit nothing: UMAP and t-SNE would take minutes."""
    return start


@pytest.fixture(scope="session")
def task() -> Task:
    domains = {"drawn": image_set("drawn", 0), "painted": image_set("painted", 1000)}
    return Task(Benchmark("shapes", CLASSES, domains), "drawn", "painted", ("box", "cup"))


@pytest.fixture(scope="session")
def task_folder(tmp_path_factory: pytest.TempPathFactory, task: Task) -> Path:
    """Return a task folder of three untrained models and a gallery."""
    folder = tmp_path_factory.mktemp("shapes-drawn-to-painted")
    for name in MODELS:
        write_model(folder / name, task)
    build_gallery(folder, task, GallerySettings(tile=24, columns=5, neighbours=6, fitters=FITTERS))
    return folder


FITTERS = {"umap": starting_map, "tsne": starting_map}


def write_model(folder: Path, task: Task) -> None:
    method, isra = MODELS[folder.name]
    config = TrainConfig(
        benchmark=task.benchmark.name,
        source=task.source,
        target=task.target,
        method=method,
        isra=IsraConfig(topics=TOPICS, receptor_hidden=8) if isra else None,
        network=NetworkConfig("test_efficientnet", FEATURES),
    )
    torch.manual_seed(len(folder.name))
    network = PdaNetwork(config.network, len(CLASSES))
    plugins = (Isra(FEATURES, config.isra),) if config.isra else ()
    trainee = Trainee(network, create_method(method, FEATURES, len(CLASSES), {}), config, plugins=plugins)
    write_checkpoint(folder, trainee, config, task)


@pytest.fixture(scope="session")
def inspectors(task_folder: Path) -> dict[str, Inspector]:
    return read_inspectors(task_folder)


@pytest.fixture(scope="session")
def inspector(inspectors: dict[str, Inspector]) -> Inspector:
    """Return the inspector of BA3US + ISRA."""
    return inspectors["ba3us-isra"]


@pytest.fixture(scope="session")
def gallery(task_folder: Path) -> Gallery:
    return read_gallery(task_folder / "gallery")


@pytest.fixture
def image() -> Image.Image:
    return picture(7, (120, 80))
