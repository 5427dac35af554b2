"""The tiny task on disk, as a folder tree, so that workers can load it by its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from isra_model.benchmarking.runs import Place
from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import Task
from isra_model.training.config import TrainConfig


@pytest.fixture(scope="session")
def tree(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name, domain in task.benchmark.domains.items():
        for index, (content, label) in enumerate(zip(domain.encoded, domain.labels, strict=True)):
            folder = root / name / task.benchmark.classes[label]
            if name == task.source or folder.name in task.target_classes:
                folder.mkdir(parents=True, exist_ok=True)
                assert isinstance(content, bytes)
                (folder / f"{index}.png").write_bytes(content)
    return root


@pytest.fixture
def place(tree: Path, tmp_path: Path) -> Place:
    return Place(load_task, tree, tmp_path / "work", tmp_path / "cache")


@pytest.fixture
def on_features(config: TrainConfig) -> TrainConfig:
    """A run of a few steps on a frozen backbone's features."""
    gentle = replace(config.optimisation, rate=1e-4)
    return replace(config, benchmark="tree", network=replace(config.network, frozen=True), optimisation=gentle)
