from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from isra_model.checkpoints import read_checkpoint, write_card, write_checkpoint
from isra_model.data.benchmark import Task
from isra_model.files import write_json
from isra_model.training.config import TrainConfig
from isra_model.training.trainee import create_trainee
from tests.checkpoints.hub_stand_in import TOKEN, StandIn, running_hub

METRICS = {
    "accuracy": 71.25,
    "heldout_accuracy": 60.5,
    "oracle_accuracy": 72.0,
    "images": {"source": 32, "target": 16, "heldout": 4},
    "selected_step": 10,
    "steps": 10,
    "selection": "target-entropy",
    "half_precision_agreement": 1.0,
    "seed": 0,
    "commit": "abc",
    "device": "CPU",
    "seconds": 60.0,
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    """Connect this process's huggingface_hub to a stand-in; its settings were read from the environment at import."""
    with running_hub() as hub:
        settings = {
            "ENDPOINT": hub.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": hub.url + "/{repo_id}/resolve/{revision}/{filename}",
            "HF_HUB_CACHE": str(tmp_path / "cache"),
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
            "HF_TOKEN_PATH": str(tmp_path / "no-token"),
        }
        for name, value in settings.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        close_session()
        yield hub
        close_session()


@pytest.fixture
def model_folder(config: TrainConfig, task: Task, tmp_path: Path) -> Path:
    """Write a tiny model of ISRA as training does, with made-up metrics and its card."""
    folder = tmp_path / "squares-day-to-night" / "ba3us-isra"
    write_checkpoint(folder, create_trainee(config, len(task.benchmark.classes)), config, task)
    write_json(folder / "metrics.json", METRICS)
    write_card(read_checkpoint(folder), [])
    return folder


@pytest.fixture
def task_folder(model_folder: Path) -> Path:
    """Write a gallery beside the model, as far as fetching and publishing look at it."""
    gallery = model_folder.parent / "gallery"
    listing = {"sprites": {"files": ["images-0.webp"]}, "models": {"ba3us-isra": {}}}
    write_json(gallery / "gallery.json", listing)
    (gallery / "images-0.webp").write_bytes(b"thumbnails")
    (gallery / "ba3us-isra.safetensors").write_bytes(b"rows")
    return model_folder.parent


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
