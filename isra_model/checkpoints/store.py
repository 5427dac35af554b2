"""Reading and writing a trained model: safetensors for weights, JSON for what they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from isra_model.data.benchmark import Task
from isra_model.data.transforms import Preprocessing
from isra_model.files import ChangedFileError, compact_weights, read_weights, sha256, write_json, write_tensors
from isra_model.networks import IsraModules, PdaNetwork
from isra_model.training.config import TrainConfig, config_from_dict
from isra_model.training.trainee import Trainee

WEIGHTS = "model.safetensors"
ISRA_WEIGHTS = "isra.safetensors"


class CheckpointError(ValueError):
    """A checkpoint that cannot be read; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """One trained model, ready to look at images.

    Attributes
    ----------
    network : in evaluation mode, float32, on the CPU.
    isra : class2vec and receptors of a model trained with ISRA.
    classes : the C classes of the source, in the order of the logits.
    target_classes : those that the target holds; empty where it has no labels, so that nobody knows.
    training : the configuration of the run that trained it.
    metrics : what was measured of it, see `isra_model.checkpoints.metrics`; empty while it is being written.
    folder : where it was read from.
    """

    network: PdaNetwork
    isra: IsraModules | None
    classes: tuple[str, ...]
    target_classes: tuple[str, ...]
    training: TrainConfig
    metrics: dict[str, Any]
    folder: Path

    @property
    def preprocessing(self) -> Preprocessing:
        """Return how images become the network's input."""
        return self.training.preprocessing

    @property
    def benchmark(self) -> str:
        """Return the benchmark's name."""
        return self.training.benchmark

    @property
    def source(self) -> str:
        """Return the source domain's name."""
        return self.training.source

    @property
    def target(self) -> str:
        """Return the target domain's name."""
        return self.training.target

    @property
    def method(self) -> str:
        """Return the model's name, e.g. ``ba3us-isra``."""
        return self.training.model_name


def write_checkpoint(folder: Path, trainee: Trainee, config: TrainConfig, task: Task) -> None:
    """Write weights, the large ones in half precision, and the configuration with the digest of each file."""
    write_tensors(folder / WEIGHTS, compact_weights(trainee.network))
    files = [WEIGHTS]
    for plugin in trainee.plugins:
        files.append(f"{plugin.name}.safetensors")
        write_tensors(folder / files[-1], compact_weights(plugin.parts))
    description = {
        "format": 1,
        "classes": task.benchmark.classes,
        "target_classes": task.target_classes,
        "training": config.as_dict(),
        "sha256": {name: sha256(folder / name) for name in files},
    }
    write_json(folder / "config.json", description)


def read_checkpoint(folder: Path | str) -> Checkpoint:
    """Read a model folder; every weight file is checked against its recorded digest.

    Raises
    ------
    CheckpointError
        If a file is missing, changed, or belongs to another version.
    """
    folder = Path(folder)
    try:
        description = json.loads((folder / "config.json").read_text())
        config = config_from_dict(description["training"])
        network = PdaNetwork(config.network_config, len(description["classes"]))
        _fill(network, folder, WEIGHTS, description["sha256"])
        isra = None
        if config.isra:
            sizes = config.isra.topics, config.isra.receptor_hidden
            isra = IsraModules(config.network.bottleneck, *sizes, config.isra.kept)
            _fill(isra, folder, ISRA_WEIGHTS, description["sha256"])
    except ChangedFileError as error:
        raise CheckpointError(str(error)) from error
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder.name} is not a complete checkpoint: {Path(error.filename).name} is missing."
        ) from error
    except (KeyError, TypeError, json.JSONDecodeError, RuntimeError) as error:
        raise CheckpointError(f"{folder.name} was written by another version: {error}.") from error
    metrics = folder / "metrics.json"
    return Checkpoint(
        network=network.eval(),
        isra=isra,
        classes=tuple(description["classes"]),
        target_classes=tuple(description["target_classes"]),
        training=config,
        metrics=json.loads(metrics.read_text()) if metrics.exists() else {},
        folder=folder,
    )


def _fill(module: nn.Module, folder: Path, name: str, digests: dict[str, str]) -> None:
    module.load_state_dict(read_weights(folder / name, digests[name]))
    for parameter in module.parameters():
        parameter.requires_grad_(False)


def same_predictions(first: Tensor, second: Tensor) -> float:
    """Return the share of rows of two logits (n, C) whose largest class is the same."""
    return float((first.argmax(dim=1) == second.argmax(dim=1)).float().mean())
