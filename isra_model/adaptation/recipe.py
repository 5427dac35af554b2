"""What adapts a trained model to a few images in about a minute: its filters stay, its head is trained on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from isra_model.checkpoints import Checkpoint
from isra_model.checkpoints.store import ISRA_WEIGHTS, WEIGHTS
from isra_model.data.decoding import open_image
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import Preprocessing, evaluation_batch, prepare
from isra_model.files import compact_weights, sha256, write_json, write_tensors
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig

YOURS = "your images"
IMAGES_AT_A_TIME = 16
STATISTICS_OF = 64
"""Images at most whose batch statistics are taken at once."""
PRIOR = 16
"""How many images the statistics of training count as, beside those brought."""

Report = Callable[[int], None]
"""Told how many images were looked at since it was last told."""


Statistics = Literal["kept", "anew", "better"]
Trained = Literal["nothing", "head", "network"]


@dataclass(frozen=True)
class Recipe:
    """How a model is adapted.

    Attributes
    ----------
    statistics : Statistics
        Batch norm's statistics are kept, or measured anew on the images, or the better of the two: those with which the
        model's predictions on the images have more information maximisation.
    trained : Trained
        What is trained on with the model's own method: nothing, the head (bottleneck, classifier and topics, on the
        frozen backbone's features) or the whole network.
    steps : int
        How many, at least 1 where anything is trained.
    rate : float
        lr0 of the method's optimiser; the head learns 10 times as fast.
    batch_size : int
        Images of each domain a step, at most as many as were brought.
    """

    statistics: Statistics = "better"
    trained: Trained = "head"
    steps: int = 60
    rate: float = 1e-4
    batch_size: int = 36

    def __post_init__(self) -> None:
        """Refuse a recipe that no job could follow.

        Raises
        ------
        ValueError
            If something is trained for no step.
        """
        if self.trained != "nothing" and self.steps < 1:
            raise ValueError(f"An adaptation takes at least 1 step, not {self.steps}.")

    @property
    def source_images(self) -> int:
        """Return how many of the source's images are trained on, evenly spread: no more than the steps take."""
        return 0 if self.trained == "nothing" else self.batch_size * self.steps


def origin_of(checkpoint: Checkpoint) -> str:
    """Return what a model is named as that others come from: its task's folder and its own."""
    return f"{checkpoint.folder.absolute().parent.name}/{checkpoint.name}"


def read_images(
    folder: Path, keys: Sequence[str], labels: Sequence[int], preprocessing: Preprocessing
) -> DecodedImages:
    """Return the images that were unpacked into ``folder``, framed and resized."""
    pixels = [prepare(open_image(folder / f"{place}.img"), preprocessing) for place in range(len(keys))]
    return DecodedImages(torch.stack(pixels), torch.tensor(labels), tuple(keys), ())


@torch.no_grad()
def pooled_features(
    network: PdaNetwork,
    images: DecodedImages,
    preprocessing: Preprocessing,
    report: Report,
    most: int = IMAGES_AT_A_TIME,
) -> Tensor:
    """Return the backbone's pooled map (n, width) of each image's centre crop, at ``most`` so many at a time."""
    pooled = []
    for chunk in images.pixels.tensor_split(-(-len(images) // most)):
        pooled.append(network.pool(evaluation_batch(chunk, preprocessing)))
        report(len(chunk))
    return torch.cat(pooled)


def with_statistics(
    network: PdaNetwork, images: DecodedImages, preprocessing: Preprocessing, report: Report
) -> PdaNetwork:
    """Return a copy whose batch norm has the statistics of ``images``, mixed with those of training as `PRIOR` images.

    A mixture keeps a handful of images from deciding alone (Schneider et al., NeurIPS 2020).
    """
    adapted = copy.deepcopy(network).eval()
    norms = [module for module in adapted.backbone.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [{name: value.clone() for name, value in norm.named_buffers()} for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    pooled_features(adapted, images, preprocessing, report, STATISTICS_OF)
    for norm, trained in zip(norms, before, strict=True):
        for name in ("running_mean", "running_var"):
            norm.get_buffer(name).lerp_(trained[name], PRIOR / (len(images) + PRIOR))
        norm.get_buffer("num_batches_tracked").copy_(trained["num_batches_tracked"])
        norm.momentum = 0.1
    return adapted.eval()


def start_folder(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write bottleneck, classifier and topics of a model, from which a run on features starts; return ``folder``."""
    head = {
        name: value for name, value in compact_weights(checkpoint.network).items() if not name.startswith("backbone.")
    }
    parts = {WEIGHTS: head}
    if checkpoint.isra:
        parts[ISRA_WEIGHTS] = compact_weights(checkpoint.isra)
    for name, tensors in parts.items():
        write_tensors(folder / name, tensors)
    digests = {name: sha256(folder / name) for name in parts}
    write_json(folder / "config.json", {"classes": checkpoint.classes, "sha256": digests})
    return folder


def adapting_config(checkpoint: Checkpoint, recipe: Recipe, start: Path, images: int) -> TrainConfig:
    """Return the run that goes on with a model's training, with other target images and its own rate."""
    config = checkpoint.training
    network = replace(config.network, pretrained=False)
    if recipe.trained != "network":
        network = replace(network, frozen=True, frozen_layers=0)
    return replace(
        config,
        target=YOURS,
        isra=checkpoint.isra_config,
        network=network,
        optimisation=replace(
            config.optimisation,
            rate=recipe.rate,
            steps=recipe.steps,
            batch_size=max(2, min(recipe.batch_size, images)),
            precision="fp32",
            compile=False,
            accumulation=1,
            activation_checkpointing=False,
            average=0.0,
        ),
        evaluations=min(10, recipe.steps),
        save_every=recipe.steps,
        selection="last",
        snapshots=False,
        augmentation="none",
        init=str(start),
        heldout=None,
    )
