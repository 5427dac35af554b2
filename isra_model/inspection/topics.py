"""Topic masks of one image: the exact spatial decomposition of each topic's feature mask.

A feature X_k is the mean over positions p of the spatial map F_k(p), so the topic's feature mask M_j = N(A_j) * X is
the mean of N(A_j) * F(p), and o_j(p) = sum_k N(A_j)_k sign(X_k) F_k(p) says how much of sum_k |M_jk| every position
gives. (Without the sign, positions that make a negative feature count against those that make a positive one, though
both make the mask: such overlays were no better than chance.)

What an overlay can show: where the evidence lies, about as faithfully as a class activation map. What it hardly shows
at 96 pixels: which part belongs to which topic. A position of the last map sees most of such an image, so the overlays
of an image's topics are nearly alike; it is in channels, the feature masks, that topics differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from isra_model.inspection.frame import Frame
from isra_model.inspection.views import Topic
from isra_model.networks import IsraModules

ALIVE_R2 = 0.05


@dataclass(frozen=True)
class TopicMaps:
    """All topics of one image.

    Attributes
    ----------
    values : NDArray[np.float32]
        (d_e,) f(x)_j >= 0.
    grids : NDArray[np.float32]
        (d_e, h, w) o_j(p), signed; its mean over positions is the l1 norm of the feature mask.
    response_grids : NDArray[np.float32]
        (d_e, h, w) the encoder at every position, before the threshold; affine, so its mean over positions is the
        encoder's answer to the features.
    feature_masks : NDArray[np.float32]
        (d_e, d) M_j.
    """

    values: NDArray[np.float32]
    grids: NDArray[np.float32]
    response_grids: NDArray[np.float32]
    feature_masks: NDArray[np.float32]


@dataclass(frozen=True)
class TopicStatistics:
    """What is usual for each topic, and whether its receptor can be trusted.

    Attributes
    ----------
    mean, deviation : NDArray[np.float32]
        (d_e,) of f(x)_j over the gallery; zeros and ones without one.
    r2 : NDArray[np.float32]
        (d_e,) R² of the receptors; NaN where it was not measured.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    r2: NDArray[np.float32]

    @classmethod
    def of(cls, values: NDArray[np.float32], r2: Sequence[float]) -> TopicStatistics:
        """Return the statistics of topic values (n, d_e), n > 0 where there is a gallery.

        To every topic's deviation a tenth of the average one is added, lest a topic that is silent on nearly every
        image tops all others by whispering.
        """
        topics = values.shape[1]
        known = np.array(r2, dtype=np.float32) if len(r2) == topics else np.full(topics, np.nan, dtype=np.float32)
        if len(values) == 0:
            return cls(np.zeros(topics, dtype=np.float32), np.ones(topics, dtype=np.float32), known)
        deviation = values.std(axis=0)
        return cls(values.mean(axis=0), deviation + np.float32(0.1) * deviation.mean() + np.float32(1e-6), known)


@torch.inference_mode()
def topic_maps(isra: IsraModules, spatial: Tensor) -> TopicMaps:
    """Return all topics of one image from its spatial map F (d, h, w), whose mean over positions is X."""
    features = spatial.mean(dim=(1, 2)).unsqueeze(0)
    weights = nn.functional.normalize(isra.receptors.attention(features)[0], dim=1)
    return TopicMaps(
        values=isra.class2vec.encode(features)[0].numpy(),
        grids=torch.einsum("jk,khw->jhw", weights * features.sign(), spatial).numpy(),
        response_grids=isra.class2vec.response(spatial.flatten(1).T).T.reshape(-1, *spatial.shape[1:]).numpy(),
        feature_masks=(weights * features).numpy(),
    )


def rank_topics(maps: TopicMaps, usual: TopicStatistics, frame: Frame) -> tuple[Topic, ...]:
    """Return every topic, strongest first: by standard score over the gallery, silent ones and dead receptors last."""
    strengths = (maps.values - usual.mean) / usual.deviation
    topics = [
        Topic(
            index=j,
            value=float(maps.values[j]),
            strength=float(strengths[j]),
            grid=maps.grids[j],
            feature_mask=maps.feature_masks[j],
            alive=not usual.r2[j] < ALIVE_R2,
            r2=float(usual.r2[j]),
            frame=frame,
            response_grid=maps.response_grids[j],
        )
        for j in range(len(strengths))
    ]
    return tuple(sorted(topics, key=lambda topic: (not topic.alive, topic.value <= 0, -topic.strength)))
