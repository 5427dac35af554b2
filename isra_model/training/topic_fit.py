"""Fitting topics anew to a trained network, which stays as it is: a sparse code and its receptors on its features."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from isra_model.data.streams import Images, Stream, generator_for
from isra_model.data.transforms import Preprocessing, normalise
from isra_model.losses.isra import receptor_loss
from isra_model.networks import Class2Vec, IsraModules, PdaNetwork, SparseCode
from isra_model.training.evaluation import EVALUATION_BATCH

BATCH = 128
ROUNDS = 5
"""How often the code sees the features of one pass: they are dear, and no two passes have the same crops."""


@dataclass(frozen=True)
class TopicSettings:
    """How topics are fitted.

    Attributes
    ----------
    topics : int
        d_e.
    k : int
        Topics of an image that are kept.
    hidden : int
        P, hidden units of a receptor.
    sparsity : float
        lambda_reg, of the receptors' first layer.
    decision : float
        Weight of the divergence KL(p(x) || p(h(f(x)))) of the network's answer to the reconstruction from its answer to
        the features: no label, only what the network itself says.
    rate : float
        Adam's learning rate at the start; it falls to 0 in a straight line.
    seed : int
        Of the starting values and of the crops.
    """

    topics: int = 64
    k: int = 4
    hidden: int = 128
    sparsity: float = 0.5
    decision: float = 30.0
    rate: float = 3e-3
    seed: int = 0


@dataclass(frozen=True)
class Extent:
    """How long a fit goes on.

    Attributes
    ----------
    passes : int
        Through all training images of both domains.
    seconds : float | None
        If given, so long instead, to the end of the pass that is under way.
    """

    passes: int = 10
    seconds: float | None = None

    def done(self, passes: int, seconds: float) -> float:
        """Return which share of it is done, 1 at the end, after so many passes and seconds."""
        return min(1.0, passes / self.passes if self.seconds is None else seconds / self.seconds)


@dataclass(frozen=True)
class FittedTopics:
    """What a fit leaves.

    Attributes
    ----------
    modules : IsraModules
        Code and receptors, in evaluation mode.
    passes : int
        How many passes it took.
    stability : float
        How alike the topics of another seed are that saw the same, see `matched_cosine`.
    """

    modules: IsraModules
    passes: int
    stability: float


def fit_topics(
    network: PdaNetwork,
    domains: tuple[Images, Images],
    preprocessing: Preprocessing,
    settings: TopicSettings,
    extent: Extent,
) -> FittedTopics:
    """Fit a sparse code and its receptors to the features of augmented training crops of source and target.

    ``network`` is in evaluation mode and stays as it is. No label is read. A second code, of another seed and without
    receptors, is fitted beside it, to say how much of the topics is the seed's doing.
    """
    fit = TopicFit(network.classifier, settings)
    second = TopicFit(network.classifier, replace(settings, seed=settings.seed + 1), receptors=False)
    passes, begun = 0, time.monotonic()
    while (done := extent.done(passes, time.monotonic() - begun)) < 1.0:
        features = pass_features(network, domains, preprocessing, settings.seed, passes)
        fit.learn(features, done)
        second.learn(features, done)
        passes += 1
    stability = matched_cosine(fit.code, second.code)
    return FittedTopics(fit.modules.eval().requires_grad_(False), passes, stability)


def matched_cosine(first: Class2Vec, second: Class2Vec) -> float:
    """Return the mean cosine between the directions of two codes' topics, each matched with one of the other's.

    Pairs are taken greedily, the most alike first.
    """
    ours, theirs = (nn.functional.normalize(code.directions.detach(), dim=0) for code in (first, second))
    cosines = ours.T @ theirs
    pairs = []
    for _ in range(min(cosines.shape)):
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        pairs.append(float(cosines[row, column]))
        cosines[row], cosines[:, column] = -2.0, -2.0
    return sum(pairs) / len(pairs)


class TopicFit:
    """A code, its receptors, and the Adam that fits them.

    Attributes
    ----------
    modules : IsraModules
        Code and receptors.
    code : SparseCode
        The code among them.
    """

    def __init__(self, classifier: nn.Linear, settings: TopicSettings, *, receptors: bool = True) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.modules = IsraModules(classifier.in_features, settings.topics, settings.hidden, settings.k)
        code = self.modules.class2vec
        assert isinstance(code, SparseCode)
        self.code, self.classifier, self.settings, self.receptors = code, classifier, settings, receptors
        learning = self.modules if receptors else code
        self.optimiser = torch.optim.Adam(learning.parameters(), lr=settings.rate)
        self.generator = generator_for(settings.seed, "topics")

    def learn(self, features: Tensor, done: float) -> None:
        """Learn from the ``features`` (n, d) of one pass, a share ``done`` of the fit being done."""
        self.code.observe(features)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.rate * (1.0 - done)
        for _ in range(ROUNDS):
            for rows in torch.split(torch.randperm(len(features), generator=self.generator), BATCH):
                self._step(features[rows])

    def _step(self, features: Tensor) -> None:
        topics = self.code.encode(features)
        reconstruction = self.code.decode(topics)
        loss = (features - reconstruction).square().sum(dim=1).mean() + self.code.revival_loss(features)
        loss = loss + self.settings.decision * self._divergence(features, reconstruction)
        if self.receptors:
            loss = loss + receptor_loss(self.modules.receptors, features, topics, self.settings.sparsity, "sum")
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        self.optimiser.step()

    def _divergence(self, features: Tensor, reconstruction: Tensor) -> Tensor:
        said, kept = (self.classifier(each).log_softmax(dim=1) for each in (features, reconstruction))
        return nn.functional.kl_div(kept, said, log_target=True, reduction="batchmean")


@torch.no_grad()
def pass_features(
    network: PdaNetwork, domains: tuple[Images, Images], preprocessing: Preprocessing, seed: int, number: int
) -> Tensor:
    """Return the features (n, d) of one pass through augmented crops of source and target images."""
    rows = [
        network(crops, source=source).features
        for images, source in zip(domains, (True, False), strict=True)
        for crops in _crops(Stream(images, preprocessing, seed, "source" if source else "target"), number)
    ]
    return torch.cat(rows)


def _crops(stream: Stream, number: int) -> Iterator[Tensor]:
    size = EVALUATION_BATCH["cpu"]
    steps = -(-len(stream.images) // size)
    for step in range(number * steps, (number + 1) * steps):
        yield normalise(stream.crops(step, size).images, stream.preprocessing)
