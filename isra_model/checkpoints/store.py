"""Reading and writing a trained model: safetensors for weights, JSON for what they are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from isra_model.data.benchmark import Task
from isra_model.data.transforms import Preprocessing
from isra_model.files import ChangedFileError, compact_weights, read_weights, sha256, write_json, write_tensors
from isra_model.methods import IsraConfig, method_class
from isra_model.networks import IsraModules, PdaNetwork
from isra_model.training.config import TrainConfig, config_from_dict
from isra_model.training.naming import model_title
from isra_model.training.trainee import Trainee

FORMAT = 1
WEIGHTS = "model.safetensors"
ISRA_WEIGHTS = "isra.safetensors"
AGAIN = "copy or fetch the checkpoint again"


class CheckpointError(ValueError):
    """A checkpoint that cannot be read; the message says why."""


@dataclass(frozen=True)
class Description:
    """What a model's folder says of it, read without its weights.

    Attributes
    ----------
    folder : Path
        Where it lies.
    classes : tuple[str, ...]
        The C classes of the source, in the order of the logits.
    target_classes : tuple[str, ...]
        Those that the target holds; empty where it has no labels, so that nobody knows.
    training : TrainConfig
        The configuration of the run that trained it.
    digests : Mapping[str, str]
        The sha256 of each weight file by its name.
    metrics : dict[str, Any]
        What was measured of it, see `isra_model.checkpoints.metrics`; empty while it is being written.
    topics : Mapping[str, Any] | None
        How its topics were fitted anew after training, see `keep_topics`; None where they are training's own.
    """

    folder: Path
    classes: tuple[str, ...]
    target_classes: tuple[str, ...]
    training: TrainConfig
    digests: Mapping[str, str]
    metrics: dict[str, Any]
    topics: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Return the folder's name, which tells the models of a task apart."""
        return self.folder.absolute().name

    @property
    def title(self) -> str:
        """Return what the model is called where people read, e.g. ``BA3US + ISRA``."""
        return model_title(self.training.method, isra=self.has_topics)

    @property
    def has_topics(self) -> bool:
        """Return whether the model was trained with ISRA."""
        return self.training.isra is not None

    @property
    def isra_config(self) -> IsraConfig | None:
        """Return the plug-in's choices, with the code of the topics that were fitted after training where they were."""
        isra, fitted = self.training.isra, self.topics
        if isra is None or not fitted:
            return isra
        sizes = {"topics": fitted["topics"], "k": fitted["k"], "receptor_hidden": fitted["hidden"]}
        return dataclasses.replace(isra, code=fitted["code"], **sizes)

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
        """Return the name of the method and plug-in, e.g. ``ba3us-isra``."""
        return self.training.model_name


@dataclass(frozen=True)
class Checkpoint(Description):
    """One trained model, ready to look at images.

    Attributes
    ----------
    network : PdaNetwork
        In evaluation mode, float32, on the CPU.
    isra : IsraModules | None
        Class2vec and receptors of a model trained with ISRA.
    """

    network: PdaNetwork
    isra: IsraModules | None


def write_checkpoint(folder: Path, trainee: Trainee, config: TrainConfig, task: Task) -> None:
    """Write weights, the large ones in half precision, and the configuration with the digest of each file."""
    write_tensors(folder / WEIGHTS, compact_weights(trainee.network))
    files = [WEIGHTS]
    for plugin in trainee.plugins:
        files.append(f"{plugin.name}.safetensors")
        write_tensors(folder / files[-1], compact_weights(plugin.parts))
    description = {
        "format": FORMAT,
        "classes": task.benchmark.classes,
        "target_classes": task.target_classes,
        "training": config.as_dict(),
        "sha256": {name: sha256(folder / name) for name in files},
    }
    write_json(folder / "config.json", description)


def keep_topics(checkpoint: Checkpoint) -> None:
    """Write the topics of ``checkpoint``, and how they were fitted, into its folder, in place of those it has there.

    Its configuration says ``topics`` beside ``training``; the network's weights stay the file that they are.
    """
    assert checkpoint.isra is not None
    folder = checkpoint.folder
    write_tensors(folder / ISRA_WEIGHTS, compact_weights(checkpoint.isra))
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    described["topics"] = dict(checkpoint.topics or {})
    described["sha256"][ISRA_WEIGHTS] = sha256(folder / ISRA_WEIGHTS)
    write_json(folder / "config.json", described)


def read_description(folder: Path | str) -> Description:
    """Read what a model's folder says of it, and see that its weight files are there as a whole.

    Raises
    ------
    CheckpointError
        If a file is missing, damaged or cut short, or the model belongs to another version.
    """
    folder = Path(folder)
    with _explained(folder):
        described = _read_json(folder / "config.json")
        if described["format"] > FORMAT:
            raise CheckpointError(f"{folder.name} was written by a newer version: update ISRA Studio.")
        _check_description(described)
        for name in described["sha256"]:
            with (folder / name).open("rb"), safe_open(folder / name, "pt"):
                pass
        return Description(
            folder=folder,
            classes=tuple(described["classes"]),
            target_classes=tuple(described["target_classes"]),
            training=config_from_dict(described["training"]),
            digests=described["sha256"],
            metrics=_metrics(folder / "metrics.json"),
            topics=described.get("topics"),
        )


def _check_description(described: Mapping[str, Any]) -> None:
    """Refuse a configuration whose values are not of the kinds that `write_checkpoint` writes.

    Raises
    ------
    TypeError, ValueError
        If one is not, or there is no such method.
    """
    training = described["training"]
    for name in ("classes", "target_classes"):
        expect(isinstance(described[name], list) and all_text(described[name]), f"'{name}' is no list of names")
    for name in ("benchmark", "source", "target", "method"):
        expect(isinstance(training[name], str), f"'{name}' is no name")
    method_class(training["method"])
    _check_preprocessing(training["preprocessing"])
    digests = described["sha256"]
    expect(isinstance(digests, dict) and all_text(digests.values()), "'sha256' holds no digest by name")
    expect(isinstance(described.get("topics"), dict | None), "'topics' holds no values by name")


def _check_preprocessing(values: Mapping[str, Any]) -> None:
    for name in ("resize", "crop"):
        expect(isinstance(values[name], int) and values[name] > 0, f"'{name}' is no number of pixels")
    for name in ("mean", "std"):
        expect(_all_numbers(values[name]) and len(values[name]) == 3, f"'{name}' is not three numbers")


def _metrics(file: Path) -> dict[str, Any]:
    metrics = _read_json(file) if file.exists() else {}
    accuracy = metrics.get("accuracy")
    expect(isinstance(accuracy, int | float | None), "'accuracy' in metrics.json is no number")
    for name in ("receptor_r2", "class_weight"):
        expect(_all_numbers(metrics.get(name, [])), f"'{name}' in metrics.json is no list of numbers")
    return metrics


def _read_json(file: Path) -> dict[str, Any]:
    """Return the values by name that a file of a model holds; say so if it is damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (RecursionError, ValueError) as error:
        raise CheckpointError(f"{file.name} of {file.parent.name} is damaged or half-copied: {AGAIN}.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{file.name} of {file.parent.name} holds no values by name: {AGAIN}.")
    return content


def _all_numbers(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, int | float) for value in values)


def all_text(values: Iterable[object]) -> bool:
    """Return whether all of what was read is text."""
    return all(isinstance(value, str) for value in values)


def expect(right: bool, wrong: str = "") -> None:
    """Refuse what was read where it is not ``right``.

    Raises
    ------
    TypeError
        If it is not; the message says what is wrong.
    """
    if not right:
        raise TypeError(wrong)


def read_checkpoint(folder: Path | str) -> Checkpoint:
    """Read a model folder; every weight file is checked against its recorded digest.

    Raises
    ------
    CheckpointError
        If a file is missing, changed, or belongs to another version.
    """
    described = read_description(folder)
    folder, config = described.folder, described.training
    with _explained(folder):
        network = PdaNetwork(config.network_config, len(described.classes))
        _fill(network, folder, WEIGHTS, described.digests)
        isra = None
        if sizes := described.isra_config:
            isra = IsraModules(config.network.bottleneck, sizes.topics, sizes.receptor_hidden, sizes.kept)
            _fill(isra, folder, ISRA_WEIGHTS, described.digests)
    fields = {field.name: getattr(described, field.name) for field in dataclasses.fields(described)}
    return Checkpoint(**fields, network=network.eval(), isra=isra)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what goes wrong with a model's files into one line that names the model and no path."""
    try:
        yield
    except CheckpointError:
        raise
    except ChangedFileError as error:
        raise CheckpointError(str(error)) from error
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder.name} is not a complete checkpoint, {Path(error.filename).name} is missing: {AGAIN}."
        ) from error
    except SafetensorError as error:
        raise CheckpointError(
            f"A weight file of {folder.name} is not the file that was written, or a part of it; fetch it again."
        ) from error
    except OSError as error:
        raise CheckpointError(f"{folder.name} cannot be read: {error.strerror}.") from error
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise CheckpointError(f"{folder.name} was written by another version, or changed: {said}.") from error


def _fill(module: nn.Module, folder: Path, name: str, digests: Mapping[str, str]) -> None:
    module.load_state_dict(read_weights(folder / name, digests[name]))
    for parameter in module.parameters():
        parameter.requires_grad_(False)


def same_predictions(first: Tensor, second: Tensor) -> float:
    """Return the share of rows of two logits (n, C) whose largest class is the same."""
    return float((first.argmax(dim=1) == second.argmax(dim=1)).float().mean())
