"""What a run's settings must be before it starts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import torch

from isra_model.methods import create_settings
from isra_model.training.config import TrainConfig
from isra_model.training.faults import TrainingError
from isra_model.training.images import TrainingData
from isra_model.training.processes import Processes
from isra_model.values import require_fields

STRIDES = (8, 16, 32)
"""How many pixels of the image a position of a backbone's last map can stand for."""


def require_possible(config: TrainConfig, processes: Processes, device: torch.device) -> None:
    """Refuse what cannot be trained, in one line that says what to change.

    Raises
    ------
    TrainingError
        If a setting, or two of them together, cannot be.
    WrongValueError
        If one is not of its type, or cannot be by itself.
    """
    require_fields(config)
    if config.isra:
        config.isra.require_possible()
    _require_positive(config)
    if config.network.frozen and (config.augmentation == "strong" or config.network.frozen_layers):
        raise TrainingError(
            "A frozen backbone is applied once, to images as they are: leave `augmentation` strong and "
            "`network.frozen_layers` out."
        )
    if not 0 <= config.seed < 2**63:
        raise TrainingError(f"`seed` is {config.seed}: give a whole number from 0 to {2**63 - 1}.")
    if not 0.0 <= config.optimisation.average < 1.0:
        raise TrainingError("`optimisation.average` is a decay: give 0 for none, or a number below 1 such as 0.999.")
    if config.network.output_stride not in STRIDES:
        raise TrainingError(f"`network.output_stride` is {config.network.output_stride}: give 8, 16 or 32.")
    if config.preprocessing.crop > config.preprocessing.resize:
        raise TrainingError("The crop is larger than the image: raise `preprocessing.resize`.")
    if config.optimisation.batch_size < processes.count:
        raise TrainingError(f"{processes.count} processes cannot share a batch: raise `optimisation.batch_size`.")
    if config.optimisation.sync_batch_norm and processes.count > 1 and device.type != "cuda":
        raise TrainingError("Batch statistics are shared between GPUs only: leave `optimisation.sync_batch_norm` out.")
    _require_finite(config)


def require_features(data: TrainingData, width: int) -> None:
    """Refuse what a network without a backbone, of ``width`` inputs, cannot take for its features.

    Raises
    ------
    TrainingError
        If a set of them has another width, or a number that is none: no term of a loss need show that.
    """
    for name, images in (("source", data.source), ("target", data.target), ("heldout", data.heldout)):
        features = images.between(0, len(images))
        if tuple(features.shape[1:]) != (width, 1, 1):
            raise TrainingError(
                f"`data.{name}` holds features {tuple(features.shape)}: `network.backbone` gives (n, {width}, 1, 1)."
            )
        broken = (~features.isfinite()).flatten(1).any(dim=1).nonzero().flatten().tolist()
        if broken:
            raise TrainingError(f"Features of `data.{name}` are not finite, those of {images.keys[broken[0]]} first.")


def _require_finite(config: TrainConfig) -> None:
    """Refuse a number that is none, or below zero: of the configuration none has a meaning there."""
    for name, value in _numbers(config.as_dict()):
        if not math.isfinite(value) or value < 0.0:
            raise TrainingError(f"`{name}` is {value:g}: give a number, zero or more.")
    for name, value in (
        ("preprocessing.std", min(config.preprocessing.std)),
        ("optimisation.rate", config.optimisation.rate),
    ):
        if value == 0.0:
            raise TrainingError(f"`{name}` is 0: give a number above zero.")


def _numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Return every number of a nested dictionary by its name, with dots."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        else:
            members = value if isinstance(value, list | tuple) else [value]
            yield from ((prefix + name, float(each)) for each in members if isinstance(each, int | float))


def _require_positive(config: TrainConfig) -> None:
    optimisation = config.optimisation
    numbers = {
        "`steps`": optimisation.steps,
        "`evaluations`": config.evaluations,
        "`save_every`": config.save_every,
        "`optimisation.batch_size`": optimisation.batch_size,
        "`optimisation.accumulation`": optimisation.accumulation,
        "`network.bottleneck`": config.network.bottleneck,
        "`preprocessing.crop`": config.preprocessing.crop,
    }
    settings = create_settings(config.method, config.settings)
    numbers |= {f"`settings.{name}`": value for name, value in asdict(settings).items() if type(value) is int}
    for name, number in numbers.items():
        if number < 1:
            raise TrainingError(f"{name} is {number}: give 1 or more.")
