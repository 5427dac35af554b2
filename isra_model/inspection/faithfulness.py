"""Is a mask more than decoration? Deletion and insertion curves, and ablation in feature space, against chance.

Deletion and insertion are those of Petsiuk et al., "RISE" (BMVC 2018), of the predicted class's probability. What is
removed takes the colour of the image's border: an icon's strokes vanish into its background, where a blur would leave
their grey ghost. Chance is a random order as smooth as a topic's mask, not noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isra_model.inspection.frame import enlarge
from isra_model.inspection.views import Faithfulness, Topic
from isra_model.networks.network import PdaNetwork

STEPS = 8
RANDOM_ORDERS = 4
_BATCH = 16  # on a CPU 16 images stay in the cache: half the time of 64


@dataclass(frozen=True)
class Subject:
    """The prediction that masks are measured on.

    Attributes
    ----------
    network : the network, in evaluation mode.
    pixels : (3, s, s) the normalised centre crop.
    index, label : the predicted class.
    """

    network: PdaNetwork
    pixels: Tensor
    index: int
    label: str


@torch.inference_mode()
def measure(subject: Subject, topics: Sequence[Topic], seed: int = 0) -> tuple[Faithfulness, ...]:
    """Measure every topic's mask on one prediction; all pixel curves share one set of random orders and batches."""
    if not topics:
        return ()
    generator = np.random.default_rng(seed)
    side = subject.pixels.shape[-1]
    random_grids = generator.standard_normal((RANDOM_ORDERS, *topics[0].grid.shape), dtype=np.float32)
    grids = [topic.grid for topic in topics] + list(random_grids)
    pictures = torch.from_numpy(np.stack([enlarge(grid, side, side) for grid in grids]))
    deletion, insertion = _curves(subject, _order(pictures))
    chance = _chance(deletion[len(topics) :], insertion[len(topics) :])
    weights = subject.network.classifier.weight[subject.index].numpy()
    return tuple(
        Faithfulness(
            fractions=np.linspace(0, 1, STEPS + 1, dtype=np.float32),
            deletion=deletion[i].numpy(),
            insertion=insertion[i].numpy(),
            random_deletion=chance.numpy(),
            random_insertion=chance.flip(0).numpy(),
            label=subject.label,
            **_ablation(topic.feature_mask, weights),
        )
        for i, topic in enumerate(topics)
    )


def _order(pictures: Tensor) -> Tensor:
    """Return (m, s, s) each pixel's place in `pictures` (m, s, s) when sorted: 0 for the largest value."""
    flat = pictures.flatten(1)
    places = flat.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (places / flat.shape[1]).view_as(pictures)


def _curves(subject: Subject, order: Tensor) -> tuple[Tensor, Tensor]:
    """Return the deletion and the insertion curve (m, STEPS + 1) of every pixel order (m, s, s)."""
    fractions = torch.arange(1, STEPS) / STEPS
    removed = order.unsqueeze(1) < fractions.view(1, -1, 1, 1)
    shown = torch.cat([~removed, removed]).flatten(0, 1)
    inner = _probabilities(subject, shown).view(2, len(order), -1)
    whole = torch.ones_like(shown[:1])
    full, empty = _probabilities(subject, torch.cat([whole, ~whole])).view(2, 1, 1).expand(2, len(order), 1)
    return torch.cat([full, inner[0], empty], dim=1), torch.cat([empty, inner[1], full], dim=1)


def _chance(deletion: Tensor, insertion: Tensor) -> Tensor:
    """Return (STEPS + 1,) the deletion curve of chance, from the curves (m, STEPS + 1) of some random orders.

    Deleting in an order shows what inserting in the opposite order shows, so every order stands for two: without its
    opposite, a few orders that happen to begin in the middle of the image would be a chance hard to beat.
    """
    return (deletion + insertion.flip(1)).mean(dim=0) / 2


def _probabilities(subject: Subject, shown: Tensor) -> Tensor:
    """Return (b,) the class's probability when only the pixels `shown` (b, s, s) bool are left."""
    background = _border(subject.pixels).view(1, 3, 1, 1)
    parts = []
    for chunk in torch.split(shown.unsqueeze(1), _BATCH):
        images = torch.where(chunk, subject.pixels, background).contiguous(memory_format=torch.channels_last)
        parts.append(subject.network(images).logits.softmax(dim=1))
    return torch.cat(parts)[:, subject.index]


def _border(pixels: Tensor) -> Tensor:
    """Return (3,) the median colour of the outermost pixels of an image (3, s, s)."""
    edges = torch.cat([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], dim=1)
    return edges.median(dim=1).values


def _ablation(mask: NDArray[np.float32], weights: NDArray[np.float32]) -> dict[str, float]:
    """Return what happens to a logit of `weights` (d,) at X - `mask`, and what chance would make happen.

    The classifier is linear: the change is -w . M. Over all shufflings of the mask's channels its mean is
    -sum(M) mean(w) and its variance sum (M - mean M)^2 sum (w - mean w)^2 / (d - 1), so no draws are needed.
    """
    deviation = mask.std() * weights.std() * len(mask) / np.sqrt(len(mask) - 1)
    return {
        "logit_change": float(-mask @ weights),
        "random_logit_change": float(-mask.sum() * weights.mean()),
        "random_logit_deviation": float(deviation),
    }
