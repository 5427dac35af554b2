"""Are the topics topics? One function measures what a sparse, readable, honest code should show, on held-out images.

Labels of the target are not read: a class is what the network predicts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from isra_model.benchmarking.statistics import bootstrap_interval
from isra_model.checkpoints import Checkpoint
from isra_model.data.streams import Images
from isra_model.inspection.inspector import Inspector
from isra_model.inspection.views import Topic, View
from isra_model.networks import IsraModules, PdaNetwork
from isra_model.training.evaluation import respond

STRONGEST = 4
"""Topics of an image, those of the largest values, whose overlays are compared and tested."""
LEAST_SHARE = 0.01
"""Share of a domain's images in which a topic is used there."""
REFERENCE = 64
"""Images between which attention is compared."""


@dataclass(frozen=True)
class Estimate:
    """A mean over images, and its 95 % bootstrap interval, images drawn anew."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TopicQuality:
    """What was measured of a model's topics on held-out images of both domains.

    Attributes
    ----------
    images : tuple[int, int, int, int]
        How many images of source and target, how many of them were looked at, and how many tested.
    topics : int
        d_e.
    active : Estimate
        Share of the topics that an image has.
    dead : float
        Share of the topics that no image has.
    unexplained : Estimate
        Share of the features' variance that the reconstruction leaves.
    agreement : Estimate
        Share of images whose reconstruction is classified as the features are.
    classes : float
        Effective number of classes that a topic spreads over, the exponential of the entropy of its values' share by
        predicted class; median over living topics.
    used_by_both : float
        Share of the living topics that at least a hundredth of either domain's images have.
    attention_cosine : float
        Cosine between the attentions of two images, averaged over topics and images: 1 where attention does not depend
        on the image.
    overlap, response_overlap : Estimate
        Correlation between two of an image's four strongest overlays, of the paper's mask and of the encoder's map.
    faithful, response_faithful : Estimate
        Of ten masks of strong topics, how many decide about the topic more than random ones.
    stability : float | None
        How alike the topics of another seed are, as far as it was fitted, see `matched_cosine`.
    """

    images: tuple[int, int, int, int]
    topics: int
    active: Estimate
    dead: float
    unexplained: Estimate
    agreement: Estimate
    classes: float
    used_by_both: float
    attention_cosine: float
    overlap: Estimate
    response_overlap: Estimate
    faithful: Estimate
    response_faithful: Estimate
    stability: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, rounded to what they mean."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Effort:
    """How many held-out target images are looked at, for their overlays, and tested, which takes hundreds of passes."""

    looked_at: int = 40
    tested: int = 10


def measure_topics(
    checkpoint: Checkpoint, source: Images, target: Images, effort: Effort | None = None
) -> TopicQuality:
    """Measure the topics of a model trained with ISRA on held-out images of ``source`` and ``target``.

    Raises
    ------
    ValueError
        If the model has no topics.
    """
    effort, isra = effort or Effort(), require_topics(checkpoint)
    network, inspector = checkpoint.network, Inspector(checkpoint)
    domains = [
        respond(network, images, checkpoint.preprocessing, source=images is source).features
        for images in (source, target)
    ]
    chosen = np.random.default_rng(0).permutation(len(target))[: effort.looked_at].tolist()
    views = [inspector.look(_picture(target, place)) for place in chosen]
    tested = [_faithful(inspector, view) for view in views[: effort.tested]]
    return TopicQuality(
        images=(len(source), len(target), len(views), len(tested)),
        topics=isra.class2vec.encoder.out_features,
        **_code_quality(isra, network, *domains),
        attention_cosine=_attention_cosine(isra, torch.cat(domains)),
        overlap=_estimate([_correlations([topic.grid for topic in _strongest(view)]) for view in views]),
        response_overlap=_estimate([_correlations([t.response_grid for t in _strongest(view)]) for view in views]),
        faithful=_estimate([image[0] for image in tested]),
        response_faithful=_estimate([image[1] for image in tested]),
        stability=(checkpoint.topics or {}).get("stability"),
    )


def require_topics(checkpoint: Checkpoint) -> IsraModules:
    """Return a model's topics.

    Raises
    ------
    ValueError
        If it has none.
    """
    if checkpoint.isra is None:
        raise ValueError(f"{checkpoint.name} was trained without ISRA and has no topics: choose a model that has.")
    return checkpoint.isra


@torch.no_grad()
def _code_quality(isra: IsraModules, network: PdaNetwork, source: Tensor, target: Tensor) -> dict[str, Any]:
    """Return the measures that features alone decide, of those of both domains, (n, d) each."""
    features, code = torch.cat([source, target]), isra.class2vec
    values = code.encode(features)
    errors = (features - code.decode(values)).square().sum(dim=1)
    variance = (features - features.mean(dim=0)).square().sum(dim=1).mean()
    said = network.classifier(features).argmax(dim=1)
    kept = said == network.classifier(code.decode(values)).argmax(dim=1)
    alive = values.amax(dim=0) > 0
    shares = torch.stack([(code.encode(domain) > 0).float().mean(dim=0) for domain in (source, target)])
    return {
        "active": _estimate([[share] for share in (values > 0).float().mean(dim=1).tolist()]),
        "dead": float((~alive).float().mean()),
        "unexplained": _estimate([[error] for error in (errors / variance).tolist()]),
        "agreement": _estimate([[float(each)] for each in kept]),
        "classes": _effective_classes(values[:, alive], said, network.classifier.out_features),
        "used_by_both": float((shares.amin(dim=0)[alive] >= LEAST_SHARE).float().mean()) if alive.any() else 0.0,
    }


def _effective_classes(values: Tensor, said: Tensor, classes: int) -> float:
    """Return the median over topics of exp(H), with H the entropy of ``values`` (n, topics) by class ``said`` (n,)."""
    if not values.shape[1]:
        return 0.0
    mass = values.new_zeros(classes, values.shape[1]).index_add(0, said, values)
    share = mass / mass.sum(dim=0)
    return float(torch.exp(torch.special.entr(share).sum(dim=0)).median())


@torch.no_grad()
def _attention_cosine(isra: IsraModules, features: Tensor) -> float:
    places = np.random.default_rng(0).permutation(len(features))[:REFERENCE]
    attention = nn.functional.normalize(isra.receptors.attention(features[places]), dim=2)
    count = len(attention)
    pairs = (attention.sum(dim=0).square().sum(dim=1) - count) / max(1, count * (count - 1))
    return float(pairs.mean())


def _strongest(view: View) -> Sequence[Topic]:
    return [topic for topic in view.topics if topic.value > 0][:STRONGEST]


def _correlations(grids: Sequence[NDArray[np.float32]]) -> list[float]:
    """Return the correlation of each two of ``grids`` (h, w); a constant one correlates with nothing."""
    if len(grids) < 2:
        return []
    flat = np.stack([grid.ravel() for grid in grids]).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return [float(first @ second) for first, second in itertools.combinations(flat, 2)]


def _faithful(inspector: Inspector, view: View) -> tuple[list[float], list[float]]:
    """Return 10 for each strong topic whose mask, and whose encoder's map, beat random ones, and else 0."""
    strongest = _strongest(view)
    scores = inspector.faithfulness(view, [topic.index for topic in strongest])
    responses = inspector.faithfulness(view.at_responses(), [topic.index for topic in strongest])
    first, second = ([10.0 * (score.topic_advantage > 0) for score in each] for each in (scores, responses))
    return first, second


def _estimate(blocks: Sequence[Sequence[float]]) -> Estimate:
    """Return the mean of all values and its interval, the blocks, one an image, drawn anew."""
    values = [value for block in blocks for value in block]
    if not values:
        return Estimate(float("nan"), float("nan"), float("nan"))
    return Estimate(sum(values) / len(values), *bootstrap_interval([block for block in blocks if block]))


def _picture(images: Images, place: int) -> Image.Image:
    return Image.fromarray(images.between(place, place + 1)[0].permute(1, 2, 0).numpy())


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if not isinstance(value, float):
        return value
    return round(value, 4) if math.isfinite(value) else None


def as_lines(quality: Mapping[str, Any]) -> str:
    """Return a model's topic quality, as `TopicQuality.as_dict` gives it, as one line a measure."""
    return "\n".join(f"{name.replace('_', ' '):20} {_in_words(value)}" for name, value in quality.items())


def _in_words(value: Any) -> str:
    match value:
        case {"value": mean, "low": low, "high": high}:
            return f"{mean} ({low} to {high})"
        case [*counts] | (*counts,):
            return ", ".join(map(str, counts))
    return "not measured" if value is None else str(value)
