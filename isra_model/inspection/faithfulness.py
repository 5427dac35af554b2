"""Is a mask more than decoration? Deletion and insertion curves, and ablation in feature space, against chance.

Deletion and insertion are those of Petsiuk et al., "RISE" (BMVC 2018), of two things: the predicted class's
probability, and the topic's own value f(x)_j, which is the fairer question, for a topic need not support the class.
What is removed takes the colour of the image's border: an icon's strokes vanish into its background, where a blur
would leave their grey ghost. Chance is the topics' own masks, mirrored and moved at random: as smooth as they are.
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
from isra_model.networks import Class2Vec, PdaNetwork

STEPS = 8
RANDOM_ORDERS = 8
_BATCH = 16  # on a CPU 16 images stay in the cache: half the time of 64


@dataclass(frozen=True)
class Subject:
    """The prediction and the topics that masks are measured on.

    Attributes
    ----------
    network : PdaNetwork
        The network, in evaluation mode.
    class2vec : Class2Vec
        What gives the topics' values.
    pixels : Tensor
        (3, s, s) the normalised centre crop.
    index : int
        The predicted class.
    label : str
        The predicted class.
    """

    network: PdaNetwork
    class2vec: Class2Vec
    pixels: Tensor
    index: int
    label: str


@torch.inference_mode()
def measure(subject: Subject, topics: Sequence[Topic], seed: int = 0) -> tuple[Faithfulness, ...]:
    """Measure every topic's mask on one prediction; all pixel curves share one set of random orders and batches."""
    if not topics:
        return ()
    side = subject.pixels.shape[-1]
    grids = [topic.grid for topic in topics]
    pictures = [enlarge(grid, side, side) for grid in grids + _moved(grids, np.random.default_rng(seed))]
    deletion, insertion = _curves(subject, _order(torch.from_numpy(np.stack(pictures))))
    chance = _chance(deletion[len(topics) :], insertion[len(topics) :])
    return tuple(
        _faithfulness(subject, topic, torch.stack([deletion[i], insertion[i], chance, chance.flip(0)]))
        for i, topic in enumerate(topics)
    )


def _faithfulness(subject: Subject, topic: Topic, curves: Tensor) -> Faithfulness:
    """Return a topic's faithfulness from four `curves` (4, STEPS + 1, 1 + d_e): its own two, and chance's two."""
    deletion, insertion, random_deletion, random_insertion = curves[..., 0].numpy()
    of_topic = curves[..., 1 + topic.index].numpy()
    return Faithfulness(
        fractions=np.linspace(0, 1, STEPS + 1, dtype=np.float32),
        deletion=deletion,
        insertion=insertion,
        random_deletion=random_deletion,
        random_insertion=random_insertion,
        topic_deletion=of_topic[0],
        topic_insertion=of_topic[1],
        random_topic_deletion=of_topic[2],
        random_topic_insertion=of_topic[3],
        label=subject.label,
        **_ablation(topic.feature_mask, subject.network.classifier.weight[subject.index].numpy()),
    )


def _moved(grids: Sequence[NDArray[np.float32]], generator: np.random.Generator) -> list[NDArray[np.float32]]:
    """Return RANDOM_ORDERS of `grids` (h, w), mirrored at random and moved around the image, across its edges."""
    moved = []
    for i in range(RANDOM_ORDERS):
        grid = grids[i % len(grids)]
        rows, columns = generator.choice([-1, 1], size=2)
        moved.append(np.roll(grid[::rows, ::columns], generator.integers(0, grid.shape), axis=(0, 1)))
    return moved


def _order(pictures: Tensor) -> Tensor:
    """Return (m, s, s) each pixel's place in `pictures` (m, s, s) when sorted: 0 for the largest value."""
    flat = pictures.flatten(1)
    places = flat.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (places / flat.shape[1]).view_as(pictures)


def _curves(subject: Subject, order: Tensor) -> tuple[Tensor, Tensor]:
    """Return the deletion and the insertion curves (m, STEPS + 1, 1 + d_e) of every pixel order (m, s, s)."""
    fractions = torch.arange(1, STEPS) / STEPS
    removed = order.unsqueeze(1) < fractions.view(1, -1, 1, 1)
    inner = _answers(subject, torch.cat([~removed, removed]).flatten(0, 1)).view(2, len(order), STEPS - 1, -1)
    whole = torch.ones_like(removed[0, :1])
    full, empty = _answers(subject, torch.cat([whole, ~whole])).view(2, 1, 1, -1).expand(2, len(order), 1, -1)
    return torch.cat([full, inner[0], empty], dim=1), torch.cat([empty, inner[1], full], dim=1)


def _chance(deletion: Tensor, insertion: Tensor) -> Tensor:
    """Return (STEPS + 1, 1 + d_e) the deletion curves of chance, from the curves of some random orders.

    Deleting in an order shows what inserting in the opposite order shows, so every order stands for two: without its
    opposite, a few orders that happen to begin in the middle of the image would be a chance hard to beat.
    """
    return (deletion + insertion.flip(1)).mean(dim=0) / 2


def _answers(subject: Subject, shown: Tensor) -> Tensor:
    """Return (b, 1 + d_e) the class's probability, then all topics' values, of the pixels `shown` (b, s, s) alone."""
    background = _border(subject.pixels).view(1, 3, 1, 1)
    parts = []
    for chunk in torch.split(shown.unsqueeze(1), _BATCH):
        images = torch.where(chunk, subject.pixels, background).contiguous(memory_format=torch.channels_last)
        features, logits = subject.network(images)
        probability = logits.softmax(dim=1)[:, subject.index, None]
        parts.append(torch.cat([probability, subject.class2vec.encode(features)], dim=1))
    return torch.cat(parts)


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
