"""A map's history: where the rows lay during training, for those runs that kept snapshots of the network."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file

from isra_model.checkpoints import Checkpoint
from isra_model.inspection.gallery_rows import GalleryRows, answer
from isra_model.inspection.maps import FeatureSpace, Fitter, turned_to

_SNAPSHOTS = "snapshots/step-*.safetensors"


@dataclass(frozen=True)
class Moment:
    """All rows in feature space after `step` training steps."""

    step: int
    space: FeatureSpace


def snapshots(checkpoint: Checkpoint) -> tuple[Path, ...]:
    """Return the snapshots of the network that training left in the model's folder, oldest first."""
    return tuple(sorted(checkpoint.folder.glob(_SNAPSHOTS), key=_step))


def moment(checkpoint: Checkpoint, snapshot: Path, rows: GalleryRows, neighbours: int) -> Moment:
    """Return the rows in the feature space of a snapshot."""
    network = copy.deepcopy(checkpoint.network)
    network.load_state_dict(load_file(snapshot))
    features = answer(network, rows, checkpoint.preprocessing).features
    return Moment(_step(snapshot), FeatureSpace.of(features, neighbours))


def fit_history(fit: Fitter, past: Sequence[Moment], final: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (k, n, 2) the map at each moment, each fitted from the one after it, the last from the `final` map (n, 2).

    Going backwards from the finished map, every frame is as near to the next as its own neighbours allow.
    """
    frames = np.zeros((len(past), *final.shape), dtype=np.float32)
    following = final
    for i in reversed(range(len(past))):
        following = frames[i] = turned_to(following, fit(past[i].space, following))
    return frames


def _step(file: Path) -> int:
    return int(file.stem.removeprefix("step-"))
