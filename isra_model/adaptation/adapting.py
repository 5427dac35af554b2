"""A recipe carried out: from a model and the images that were brought to the model adapted to them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from isra_model.adaptation.recipe import (
    YOURS,
    Recipe,
    adapting_config,
    pooled_features,
    start_folder,
    with_statistics,
)
from isra_model.checkpoints import Checkpoint
from isra_model.data.benchmark import UNKNOWN, Benchmark, Task
from isra_model.data.streams import DecodedImages
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.engine import train
from isra_model.training.images import TrainingData
from isra_model.training.scores import information_maximisation
from isra_model.training.trainee import Trainee, create_trainee

RUN = "run"


class Listener(Protocol):
    """Is told what begins, and how many images were looked at since."""

    def begin(self, doing: str) -> None:
        """Hear what begins."""

    def __call__(self, images: int) -> None:
        """Hear of images."""


@dataclass(frozen=True)
class Adapted:
    """A model adapted to images.

    Attributes
    ----------
    trainee : Trainee
        The adapted network in evaluation mode, and its topics.
    config : TrainConfig
        The run; with no steps the settings of one that would go on.
    task : Task
        What it was adapted from and to, without images.
    pooled : Tensor
        (n, width) the backbone's pooled map of each image.
    trained : bool
        Whether a step changed its weights.
    anew : bool
        Whether its statistics were measured anew.
    """

    trainee: Trainee
    config: TrainConfig
    task: Task
    pooled: Tensor
    trained: bool
    anew: bool

    def logits(self) -> Tensor:
        """Return (n, C) what it says of the images."""
        with torch.no_grad():
            return self.trainee.network.head(self.pooled).logits


def carry_out(
    recipe: Recipe,
    checkpoint: Checkpoint,
    images: DecodedImages,
    before: Tensor,
    source: Callable[[], DecodedImages],
    folder: Path,
    progress: Listener,
) -> Adapted:
    """Adapt a model to images without their labels.

    Parameters
    ----------
    recipe : Recipe
        How.
    checkpoint : Checkpoint
        The model; it stays as it is.
    images : DecodedImages
        The images.
    before : Tensor
        (n, width) their pooled maps as the model was.
    source : Callable[[], DecodedImages]
        Returns what of the source is trained on: features for the head, images for the whole network.
    folder : Path
        Where the run lies.
    progress : Listener
        Is told what is being done.
    """
    task = Task(Benchmark(checkpoint.benchmark, checkpoint.classes, {}), checkpoint.source, YOURS, ())
    preprocessing = checkpoint.preprocessing
    network, pooled = _with_statistics(recipe, checkpoint, images, before, progress)
    anew = pooled is not before
    whole = recipe.trained == "network"
    start = checkpoint.folder if whole else start_folder(folder / "start", checkpoint)
    config = adapting_config(checkpoint, recipe, start, len(images))
    unlabelled = replace(images, labels=torch.full_like(images.labels, UNKNOWN))
    if whole:
        progress.begin("Training the network")
        trainee = train(config, task, folder / RUN, data=TrainingData(source(), unlabelled, unlabelled)).trainee
        network = trainee.network.eval()
        pooled = pooled_features(network, images, preprocessing, progress)
    elif recipe.trained == "head":
        progress.begin("Training on the features")
        target = replace(unlabelled, pixels=pooled[:, :, None, None])
        trainee = train(config, task, folder / RUN, data=TrainingData(source(), target, target)).trainee
        network.load_state_dict(trainee.network.state_dict(), strict=False)
    else:
        trainee = _untrained(checkpoint, config)
    trainee.network = network.eval()
    return Adapted(trainee, config, task, pooled, recipe.trained != "nothing", anew)


def _with_statistics(
    recipe: Recipe, checkpoint: Checkpoint, images: DecodedImages, before: Tensor, progress: Listener
) -> tuple[PdaNetwork, Tensor]:
    """Return a copy of the network with the recipe's statistics, and the images' pooled maps (n, width) by it."""
    kept = copy.deepcopy(checkpoint.network), before
    if recipe.statistics == "kept":
        return kept
    progress.begin("Measuring how your images are drawn")
    network = with_statistics(checkpoint.network, images, checkpoint.preprocessing, progress)
    anew = network, pooled_features(network, images, checkpoint.preprocessing, progress)
    return anew if recipe.statistics == "anew" or _score(*anew) > _score(*kept) else kept


@torch.no_grad()
def _score(network: PdaNetwork, pooled: Tensor) -> float:
    return information_maximisation(network.head(pooled).logits)


def _untrained(checkpoint: Checkpoint, config: TrainConfig) -> Trainee:
    trainee = create_trainee(config, len(checkpoint.classes))
    for plugin in trainee.plugins:
        assert checkpoint.isra is not None
        plugin.parts.load_state_dict(checkpoint.isra.state_dict())
    return trainee
