"""Starting a run from a trained model's weights instead of the backbone's ImageNet weights alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from isra_model.files import ChangedFileError, read_weights
from isra_model.training.trainee import Trainee

CLASSIFIER = "classifier."


class InitialWeightsError(ValueError):
    """Weights that a run cannot start from; the message says why."""


def start_from(folder: Path, trainee: Trainee, classes: Sequence[str]) -> None:
    """Load a model folder's network into ``trainee``, and its plug-ins' parts where both have them.

    The classifier is loaded only if the model knows the same ``classes``, in their order; else it stays as created.

    Raises
    ------
    InitialWeightsError
        If there is no such folder, a file is not the one that was written, or a tensor has another shape.
    """
    try:
        description = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        digests = description["sha256"]
        network = read_weights(folder / "model.safetensors", digests["model.safetensors"])
        if list(classes) != description["classes"]:
            own = trainee.network.classifier.state_dict(prefix=CLASSIFIER)
            network = {name: value for name, value in network.items() if not name.startswith(CLASSIFIER)} | own
        _load(trainee.network, network, folder)
        for plugin in trainee.plugins:
            name = f"{plugin.name}.safetensors"
            if name in digests:
                _load(plugin.parts, read_weights(folder / name, digests[name]), folder)
    except ChangedFileError as error:
        raise InitialWeightsError(str(error)) from error
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise InitialWeightsError(f"{folder} is no complete model to start from: {error}.") from error


def _load(module: nn.Module, weights: dict[str, Tensor], folder: Path) -> None:
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        shapes, given = ({name: value.shape for name, value in each.items()} for each in (module.state_dict(), weights))
        differing = sorted(name for name in {*shapes, *given} if shapes.get(name) != given.get(name))
        raise InitialWeightsError(
            f"{folder.name} is no start for this network: {len(differing)} tensors differ, such as {differing[0]}. "
            "Give the settings that it was trained with, such as `network.backbone` and `isra.topics`."
        ) from error
