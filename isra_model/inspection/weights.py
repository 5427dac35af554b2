"""The weights of a model (figure 3, a to c): of classes over training, of samples and topics in one mini-batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.gallery import Gallery
from isra_model.inspection.views import Domain

BATCH = 36
TOPICS_SHOWN = 64


@dataclass(frozen=True)
class WeightedBatch:
    """One mini-batch of a gallery's rows, the source's before the target's.

    Attributes
    ----------
    rows : NDArray[np.int64]
        (b,) the rows.
    entropy : NDArray[np.float32]
        (b,) H(p) in nats.
    confidence : NDArray[np.float32]
        (b,) 1 + exp(-H(p)), from 1 to 2.
    weight : NDArray[np.float32]
        (b,) the weight in the adversarial loss, mean 1 in each domain of the gallery.
    topics : NDArray[np.int64]
        (t,) the topics whose values differ most in the batch, in ascending order; none without ISRA.
    strengths : NDArray[np.float32]
        (b, t) their values in standard scores over the gallery.
    """

    rows: NDArray[np.int64]
    entropy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    weight: NDArray[np.float32]
    topics: NDArray[np.int64]
    strengths: NDArray[np.float32]


def batches(gallery: Gallery, seed: int = 0) -> tuple[NDArray[np.int64], ...]:
    """Return the mini-batches of half source and half target rows that one pass over the smaller domain makes."""
    generator = np.random.default_rng(seed)
    source, target = (generator.permutation(np.flatnonzero(gallery.domains == each)) for each in _DOMAINS)
    half = min(BATCH // 2, len(source), len(target))
    count = min(len(source), len(target)) // half
    return tuple(np.concatenate([each[i * half : (i + 1) * half] for each in (source, target)]) for i in range(count))


def weighted_batch(gallery: Gallery, model: str, rows: NDArray[np.int64]) -> WeightedBatch:
    """Return what `model` makes of a mini-batch of `rows`."""
    said = gallery.models[model]
    entropy = _entropy(said.probabilities[rows])
    values = said.topic_values
    scores = (values[rows] - values.mean(axis=0)) / (values.std(axis=0) + np.float32(1e-6))
    topics = np.sort(np.argsort(-scores.std(axis=0), kind="stable")[:TOPICS_SHOWN])
    return WeightedBatch(rows, entropy, 1 + np.exp(-entropy), said.sample_weight[rows], topics, scores[:, topics])


_DOMAINS: tuple[Domain, ...] = ("source", "target")


def _entropy(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    entropy: NDArray[np.float32] = -(probabilities * np.log(probabilities.clip(1e-12))).sum(axis=1)
    return entropy
