"""What the inspector says about an image: frozen dataclasses of plain values and numpy arrays, nothing that computes.

Sizes in this package: C classes, d features, d_e topics, an image of H by W pixels, a spatial grid of h by w cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from isra_model.data.framing import Framing
from isra_model.inspection.frame import Frame, enlarge

Domain = Literal["source", "target"]
MapName = Literal["umap", "tsne"]
MAP_NAMES: tuple[MapName, ...] = ("umap", "tsne")


@dataclass(frozen=True)
class Prediction:
    """One class and its probability.

    Attributes
    ----------
    label : str
        The class's name.
    index : int
        Its place in the checkpoint's classes.
    probability : float
        Softmax of the logits, in [0, 1].
    shared : bool
        True where the class belongs to the target too, false where it is source-only; true of every class where nobody
        knows the target's.
    """

    label: str
    index: int
    probability: float
    shared: bool


@dataclass(frozen=True)
class Neighbour:
    """A gallery image near the image in feature space.

    Attributes
    ----------
    row : int
        Its row in the gallery.
    domain : Domain
        "source" or "target".
    label : str
        Its class's name, "unknown" if it has none; a target label is for display only, no training saw it.
    distance : float
        1 - cosine of the two feature vectors, in [0, 2].
    """

    row: int
    domain: Domain
    label: str
    distance: float


@dataclass(frozen=True)
class Topic:
    """One topic of ISRA in one image.

    Attributes
    ----------
    index : int
        j, the topic's number.
    value : float
        f(x)_j >= 0, the topic as class2vec encodes it.
    strength : float
        `value` in standard scores over the gallery: how unusual it is, so a topic that is always on is not strong.
        Without a gallery, `value` itself.
    grid : NDArray[np.float32]
        (h, w) o_j(p) = sum_k N(A_j)_k sign(X_k) F_k(p), signed, with F the spatial map of the features, A_j the topic's
        attention and N the l2 norm. Its mean over positions is exactly sum_k |M_jk| of `feature_mask`.
    feature_mask : NDArray[np.float32]
        (d,) M_j = N(A_j) * X, with X the features (the paper's section 3.2).
    alive : bool
        False where the topic's receptor explains nothing, so that its attention means nothing.
    r2 : float
        R² of the receptor on the training images; NaN where it was not measured.
    frame : Frame
        Where `grid` and `response_grid` lie on the image.
    response_grid : NDArray[np.float32]
        (h, w) class2vec's encoder at every position. Its mean is exactly `response`.
    """

    index: int
    value: float
    strength: float
    grid: NDArray[np.float32]
    feature_mask: NDArray[np.float32]
    alive: bool
    r2: float
    frame: Frame
    response_grid: NDArray[np.float32]

    @property
    def response(self) -> float:
        """Return the topic before the threshold that makes `value` of it; negative where the image is against it."""
        return float(self.response_grid.mean())

    @property
    def mask(self) -> NDArray[np.float32]:
        """Return (H, W): `grid` in image coordinates, zero outside the centre crop, with the grid's mean inside it."""
        return self.frame.place(self.grid)

    def picture(self, side: int) -> NDArray[np.float32]:
        """Return (side, side): the part of `mask` inside the centre crop, `frame.box` of the image, at any size."""
        return enlarge(self.grid, side, side)


@dataclass(frozen=True)
class Evidence:
    """What each class's logit is made of, exactly: `contributions` of all topics, `residual` and `constant`, summed.

    Attributes
    ----------
    contributions : NDArray[np.float32]
        (d_e, C) f(x)_j w_c . D_j, with D_j what one unit of topic j adds to the features.
    residual : NDArray[np.float32]
        (C,) w_c . (X - h(f(x))): what no topic explains.
    constant : NDArray[np.float32]
        (C,) the logits where neither a topic nor a residual is.
    """

    contributions: NDArray[np.float32]
    residual: NDArray[np.float32]
    constant: NDArray[np.float32]

    def logits(self, factors: Mapping[int, float] | None = None) -> NDArray[np.float32]:
        """Return (C,) the logits, with topics, by number, times a factor: 0 switches one off, 2 doubles it."""
        weights = np.ones(len(self.contributions), dtype=np.float32)
        for topic, factor in (factors or {}).items():
            weights[topic] = factor
        total: NDArray[np.float32] = weights @ self.contributions + self.residual + self.constant
        return total


@dataclass(frozen=True)
class Faithfulness:
    """How much a topic's mask says about the prediction and about the topic itself, against chance.

    Attributes
    ----------
    fractions : NDArray[np.float32]
        (k,) share of the image's pixels that is removed or shown, from 0 to 1.
    deletion : NDArray[np.float32]
        (k,) probability of `label` with that share removed, in the order of the topic's mask.
    insertion : NDArray[np.float32]
        (k,) probability of `label` with only that share shown, in the same order.
    random_deletion, random_insertion : NDArray[np.float32]
        (k,) the same, averaged over random orders that are as smooth as the mask.
    topic_deletion, topic_insertion, random_topic_deletion, random_topic_insertion : NDArray[np.float32]
        (k,) the same four, not of the class's probability but of the topic's own value f(x)_j.
    logit_change : float
        Logit of `label` at X - M_j minus at X: the topic ablated in feature space.
    random_logit_change, random_logit_deviation : float
        Mean and standard deviation of the same over all shufflings of the mask's channels.
    label : str
        The predicted class.
    """

    fractions: NDArray[np.float32]
    deletion: NDArray[np.float32]
    insertion: NDArray[np.float32]
    random_deletion: NDArray[np.float32]
    random_insertion: NDArray[np.float32]
    topic_deletion: NDArray[np.float32]
    topic_insertion: NDArray[np.float32]
    random_topic_deletion: NDArray[np.float32]
    random_topic_insertion: NDArray[np.float32]
    logit_change: float
    random_logit_change: float
    random_logit_deviation: float
    label: str

    @property
    def advantage(self) -> float:
        """Return the probability by which the mask's order beats chance, in [-1, 1], averaged over both curves."""
        faster_out = (self.random_deletion - self.deletion).mean()
        faster_in = (self.insertion - self.random_insertion).mean()
        return float(faster_out + faster_in) / 2

    @property
    def topic_advantage(self) -> float:
        """Return the same of the topic's value, as a share of its value on the whole image; 0 where that is 0."""
        whole = self.topic_deletion[0]
        faster_out = (self.random_topic_deletion - self.topic_deletion).mean()
        faster_in = (self.topic_insertion - self.random_topic_insertion).mean()
        return float((faster_out + faster_in) / (2 * whole)) if whole > 0 else 0.0


@dataclass(frozen=True)
class MapPlacement:
    """Where an image lies on a shipped map.

    Attributes
    ----------
    position : NDArray[np.float32]
        (2,) in the map's own units, which mean nothing.
    off_map : bool
        True where `distance` > `threshold`: the map has no honest place for the image.
    distance : float
        1 - cosine to the nearest gallery image.
    threshold : float
        The 99th percentile of the same distance among the gallery images themselves.
    """

    position: NDArray[np.float32]
    off_map: bool
    distance: float
    threshold: float


@dataclass(frozen=True)
class Appearance:
    """Whether an image is drawn as those are that the models learned from.

    Attributes
    ----------
    distance : float
        From the nearest domain, as a share of the distance that is usual among its own images.
    """

    distance: float

    @property
    def unlike(self) -> bool:
        """Return whether the image is like no training domain, so that the answer is to be believed less."""
        return self.distance > 1


@dataclass(frozen=True)
class View:
    """Everything that one forward pass says about an image.

    Attributes
    ----------
    image : Image.Image
        The image, RGB, as it was given or as it was framed.
    model : str
        "source-only", "ba3us" or "ba3us-isra".
    predictions : tuple[Prediction, ...]
        All C classes, most probable first.
    probabilities : NDArray[np.float32]
        (C,) in the order of the checkpoint's classes.
    entropy : float
        H(p) = -sum p log p, in nats, from 0 to log C.
    source_only_mass : float | None
        Probability that leaks to classes which the target does not have, in [0, 1]; None where nobody knows the
        target's classes.
    features : NDArray[np.float32]
        (d,) X, the bottleneck features.
    framing : Framing
        What the model has done to images before it squares them, see `isra_model.data.framing`.
    frame : Frame
        The part of the image that the network saw.
    source_neighbours, target_neighbours : tuple[Neighbour, ...]
        The nearest gallery images of each domain, nearest first; empty without a gallery.
    topics : tuple[Topic, ...]
        All topics, strongest first; empty for a model without ISRA.
    evidence : Evidence | None
        What the topics say for and against each class; None for a model without ISRA.
    map : Mapping[MapName, MapPlacement]
        The image on each map of the gallery; empty without one.
    appearance : Appearance | None
        Whether it is like any training image; None without a gallery that can tell.
    """

    image: Image.Image
    model: str
    predictions: tuple[Prediction, ...]
    probabilities: NDArray[np.float32]
    entropy: float
    source_only_mass: float | None
    features: NDArray[np.float32]
    framing: Framing
    frame: Frame
    source_neighbours: tuple[Neighbour, ...]
    target_neighbours: tuple[Neighbour, ...]
    topics: tuple[Topic, ...]
    evidence: Evidence | None
    map: Mapping[MapName, MapPlacement]
    appearance: Appearance | None

    @property
    def present_topics(self) -> tuple[Topic, ...]:
        """Return the living topics that are in the image, strongest first."""
        return tuple(topic for topic in self.topics if topic.alive and topic.value > 0)

    def at_responses(self) -> View:
        """Return the view with each topic placed where its own value arises: `response_grid` as its `grid`."""
        return replace(self, topics=tuple(replace(topic, grid=topic.response_grid) for topic in self.topics))
