"""ISRA, implicit semantic response alignment (Xiao et al., NeurIPS 2021): a plug-in beside any method.

``min L_B + alpha L_c2v + beta L_a`` over network, class2vec and the method's parts; ``min L_reg`` over the receptors
(equation 4). Where the released program differs from the paper, both forms can be chosen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from isra_model.losses.isra import (
    Normalisation,
    Pooling,
    Reduction,
    alignment_loss,
    conditional_alignment_loss,
    domain_pool,
    receptor_loss,
    reconstruction_loss,
    topic_gaps,
    topic_responses,
)
from isra_model.methods.base import Batch, Plugin, Sizes, State
from isra_model.networks import IsraModules, SparseCode, reversal_coefficient
from isra_model.networks.sparse_code import found_active
from isra_model.values import WrongValueError, require, require_count, require_fields


@dataclass(frozen=True)
class IsraConfig:
    """ISRA's choices.

    Attributes
    ----------
    topics : int
        d_e, the number of implicit semantic topics.
    code : Literal["dense", "top-k"]
        "dense" is the paper's class2vec; "top-k" keeps an image's k largest topics, see `SparseCode`.
    k : int
        Topics of an image that a "top-k" code keeps; a dense one has no use for it.
    alpha : float
        Weight of the reconstruction L_c2v. Where its gradient is detached from the features, only an Adam of its own
        minimises it, and any weight but 0 does alike.
    beta : float
        Weight of the alignment L_a.
    receptor_hidden : int
        P, hidden units of a topic attention receptor.
    sparsity : float
        lambda_reg, of the receptors' first layer.
    rate : float
        Learning rate of the Adam that class2vec and receptors have to themselves.
    class2vec_gradient : Literal["joint", "detached"]
        "joint" sends the gradient of L_c2v into the features (equation 4); "detached" does not, so that it finds the
        topics without shrinking the features.
    class2vec_reduction : Reduction
        L_c2v is a mean over "samples" as equation 1, or over "values" as released, 2 d times smaller.
    alignment : Literal["all", "conditional"]
        "all" compares a topic's mean masks over all images of two domains (equation 3); "conditional" over those in
        which the topic responds, see `conditional_alignment_loss`. Its means are running, its masks normalised by row,
        whatever is chosen below.
    attention : Literal["input-gradient", "loss-gradient", "random", "none"]
        "input-gradient" is the paper's; "loss-gradient" the released program's; "random" numbers and "none" (every
        feature alike) show what attention is worth.
    normalise : Normalisation
        N over the whole batch, as released, or over each row.
    pool : Pooling
        How a domain's masks become one: "mean" as released, "sum" as equation 3 is printed.
    receptor_pool : Pooling
        "sum" over the batch as equation 2, "mean" as released.
    source_pool : Literal["uniform", "class-weight"]
        In a domain's mask the source's images count alike, or by the class weight of their label.
    domain_means : Literal["batch", "running"]
        The masks that are compared are the batch's, or running means over batches, of which the batch, and so the
        gradient, is a tenth.
    beta_ramp : bool
        Whether beta grows like the reversal coefficient, from nothing to its value.
    """

    topics: int = 64
    code: Literal["dense", "top-k"] = "dense"
    k: int = 4
    alpha: float = 1.0
    beta: float = 1.0
    receptor_hidden: int = 128
    sparsity: float = 0.5
    rate: float = 1e-3
    class2vec_gradient: Literal["joint", "detached"] = "joint"
    class2vec_reduction: Reduction = "samples"
    alignment: Literal["all", "conditional"] = "all"
    attention: Literal["input-gradient", "loss-gradient", "random", "none"] = "input-gradient"
    normalise: Normalisation = "batch"
    pool: Pooling = "mean"
    receptor_pool: Pooling = "sum"
    source_pool: Literal["uniform", "class-weight"] = "uniform"
    domain_means: Literal["batch", "running"] = "batch"
    beta_ramp: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no choice: every other word, for one, would be taken for it."""
        require_fields(self, "isra.")

    def require_possible(self) -> None:
        """Refuse numbers that no ISRA can have.

        Raises
        ------
        WrongValueError
            If there is one; the message names it.
        """
        for name in ("topics", "receptor_hidden"):
            require_count(f"isra.{name}", getattr(self, name))
        if self.kept is not None and not 1 <= self.kept <= self.topics:
            raise WrongValueError(f"`isra.k` is {self.k}: give a number from 1 to `isra.topics`.")
        for name in ("alpha", "beta", "sparsity", "rate"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise WrongValueError(f"`isra.{name}` is {getattr(self, name):g}: give a number, zero or more.")

    @property
    def kept(self) -> int | None:
        """Return how many topics of an image the code keeps; None for all."""
        return self.k if self.code == "top-k" else None


ROWS = 256
"""Samples whose receptors are looked into at a time: hidden values are n d_e P numbers, attention is n d_e d."""
RUNNING_SHARE = 0.1
"""What the batch adds to a running mean."""


class IsraLoss(nn.Module):
    """ISRA's three terms of bare features, with class2vec and receptors, for any training loop (equations 1 to 4).

    Add the terms to your own loss and take one backward pass. The module's parameters need an Adam of their own, with
    the rate ``config.rate``: the receptors share no optimiser with the rest (equation 4), and under the SGD of the
    network more than half of class2vec's topics die in 100 steps, under Adam none do.

    Parameters
    ----------
    features : int
        d, the number of features of a row.
    config : IsraConfig
        ISRA's choices.

    Attributes
    ----------
    modules_added : IsraModules
        Class2vec and receptors.

    Examples
    --------
    >>> import torch
    >>> from isra_model import IsraConfig, IsraLoss
    >>> isra = IsraLoss(8, IsraConfig(topics=4))
    >>> network = torch.nn.Linear(3, 8)
    >>> source, target = network(torch.rand(5, 3)), network(torch.rand(6, 3))
    >>> terms = isra(source, target)
    >>> sorted(terms)
    ['alignment', 'class2vec', 'receptors']
    >>> sum(terms.values()).backward()
    >>> network.weight.grad.shape
    torch.Size([8, 3])
    """

    running_gaps: Tensor
    running_masks: Tensor
    running_responses: Tensor

    def __init__(self, features: int, config: IsraConfig) -> None:
        super().__init__()
        require_count("features", features)
        require("config", config, IsraConfig)
        config.require_possible()
        self.config, self.features = config, features
        self.modules_added = IsraModules(features, config.topics, config.receptor_hidden, config.kept)
        if config.domain_means == "running":
            self.register_buffer("running_gaps", torch.zeros(config.topics, features))
        if config.alignment == "conditional":
            self.register_buffer("running_masks", torch.zeros(2, config.topics, features))
            self.register_buffer("running_responses", torch.zeros(2, config.topics))

    def forward(
        self,
        source: Tensor,
        target: Tensor,
        extra: Tensor | None = None,
        *,
        source_weights: Tensor | None = None,
        progress: float = 1.0,
    ) -> dict[str, Tensor]:
        """Return ``alpha L_c2v`` (equation 1), ``beta L_a`` (3) and ``L_reg`` (2), as scalars by name.

        A sparse code adds a term ``revival`` that wakes dead topics.

        Parameters
        ----------
        source, target : Tensor
            Features (n_s, d) and (n_t, d) of one step, with their gradients.
        extra : Tensor | None
            Further rows (m, d) that count as the target's, such as BA3US's middle images; not in a conditional
            alignment, where they are nobody's.
        source_weights : Tensor | None
            What each source row counts in the alignment, (n_s,); all alike by default.
        progress : float
            ``i / T`` in [0, 1], of which only ``config.beta_ramp`` takes note.

        Raises
        ------
        TypeError
            If features are no tensors, or not of the type of the module's own numbers.
        ValueError
            If features are not (n, d), one domain has no row, or the weights are not (n_s,).
        WrongValueError
            If ``progress`` is no number.
        """
        require("progress", progress, float)
        self._check_features(source=source, target=target, **({} if extra is None else {"extra": extra}))
        _check_weights(source_weights, len(source))
        config, class2vec, receptors = self.config, self.modules_added.class2vec, self.modules_added.receptors
        features = torch.cat([source, target] if extra is None else [source, target, extra])
        weights = source.new_ones(len(source)) if source_weights is None else source_weights.detach()
        seen = features.detach() if config.class2vec_gradient == "detached" else features
        terms = {}
        if isinstance(class2vec, SparseCode):
            class2vec.observe(features.detach())
            terms["revival"] = config.alpha * class2vec.revival_loss(seen)
        topics = class2vec.encode(seen)
        reconstruction = reconstruction_loss(seen, class2vec.decode(topics), len(source), config.class2vec_reduction)
        beta = config.beta * (reversal_coefficient(progress) if config.beta_ramp else 1.0)
        return terms | {
            "class2vec": config.alpha * reconstruction,
            "alignment": beta * self._alignment(features, topics.detach(), weights, len(target)),
            "receptors": receptor_loss(receptors, features, topics, config.sparsity, config.receptor_pool),
        }

    def _check_features(self, **parts: Tensor) -> None:
        """Refuse what are no features of this module; ``extra`` may have no row."""
        width, dtype = self.features, self.modules_added.receptors.weight.dtype
        for name, part in parts.items():
            if not isinstance(part, Tensor):
                raise TypeError(f"ISRA's {name} is a {type(part).__name__}: give a tensor (n, {width}) of features.")
            if part.ndim != 2 or part.shape[1] != width:
                raise ValueError(
                    f"ISRA's {name} is {tuple(part.shape)}: give features (n, {width}), pooled over space."
                )
            if len(part) == 0 and name != "extra":
                raise ValueError(f"ISRA's {name} has no row: give features (n, {width}) of one image or more.")
            if part.dtype != dtype and not torch.is_autocast_enabled(part.device.type):
                raise TypeError(f"ISRA's {name} is {part.dtype}, the module {dtype}: convert one of them with `to`.")

    def _alignment(self, features: Tensor, topics: Tensor, weights: Tensor, target_count: int) -> Tensor:
        attention = self._attention(features.detach(), topics)
        if self.config.alignment == "conditional":
            return self._conditional(features, attention, topics, weights, target_count)
        pool = domain_pool(weights, len(features) - len(weights), self.config.pool)
        gaps = topic_gaps(features, attention, pool, self.config.normalise)
        if self.config.domain_means == "running":
            gaps = (1.0 - RUNNING_SHARE) * self.running_gaps + RUNNING_SHARE * gaps
            self.running_gaps = gaps.detach()
        return alignment_loss(gaps, self.config.pool)

    def _conditional(
        self, features: Tensor, attention: Tensor, topics: Tensor, weights: Tensor, target_count: int
    ) -> Tensor:
        """Return the conditional alignment: its value is the running means', its gradient as strong as the batch's."""
        source, target = slice(0, len(weights)), slice(len(weights), len(weights) + target_count)
        counted = torch.cat([topics[source] * weights.unsqueeze(1), topics[target]])
        both = [topic_responses(features[rows], attention[rows], counted[rows]) for rows in (source, target)]
        masks, responses = (torch.stack(parts) for parts in zip(*both, strict=True))
        share = torch.where(self.running_responses.any(), RUNNING_SHARE, 1.0).to(masks)
        self.running_masks = torch.lerp(self.running_masks, masks.detach(), share)
        self.running_responses = torch.lerp(self.running_responses, responses, share)
        variance = features.detach().var(dim=0).mean()
        return conditional_alignment_loss(self.running_masks + masks - masks.detach(), self.running_responses, variance)

    def _attention(self, features: Tensor, topics: Tensor) -> Tensor:
        receptors, shape = self.modules_added.receptors, (*topics.shape, features.shape[1])
        match self.config.attention:
            case "input-gradient":
                return receptors.attention(features)
            case "loss-gradient":
                return receptors.loss_gradient_attention(features, topics)
            case "random":
                return torch.rand(shape, device=features.device)
            case "none":
                return torch.ones(shape, device=features.device)

    @torch.no_grad()
    def health(self, features: Tensor) -> dict[str, float]:
        """Return numbers by name that show whether topics and receptors are alive on ``features`` (n, d).

        They are the receptors' median R2, the precision and recall with which they say that a topic is active, their
        mean absolute first-layer weight, and the share of dead topics. N is scale-free, so that the alignment does not
        show a receptor that died.
        """
        self._check_features(features=features)
        topics = self.modules_added.class2vec.encode(features)
        predicted = predicted_topics(self.modules_added, features)
        r2 = _explained(predicted, topics)
        alive = topics.amax(dim=0) > 0
        precision, recall = found_active(predicted, topics)
        return {
            "receptor_r2": float(r2[alive].median()) if alive.any() else 0.0,
            "receptor_precision": precision,
            "receptor_recall": recall,
            "receptor_weight": float(self.modules_added.receptors.weight.abs().mean()),
            "dead_topics": float((~alive).float().mean()),
        }


def _check_weights(weights: Tensor | None, rows: int) -> None:
    """Refuse weights of which there is not one a source row: another number would weigh the target's rows."""
    require("source_weights", weights, Tensor | None)
    if weights is not None and weights.shape != (rows,):
        raise ValueError(f"`source_weights` is {tuple(weights.shape)}: give one weight a row of source, ({rows},).")


class Isra(Plugin):
    """The plug-in: `IsraLoss` of a step's source and target; BA3US's middle images count as the target's."""

    name = "isra"

    def __init__(self, features: int, config: IsraConfig) -> None:
        super().__init__()
        self.loss = IsraLoss(features, config)

    @property
    def parts(self) -> IsraModules:
        """Return class2vec and receptors."""
        return self.loss.modules_added

    @property
    def rate(self) -> float:
        """Return the configured rate."""
        return self.loss.config.rate

    def sizes(self, asked: Sizes, batch_size: int) -> Sizes:
        """Return B images of each domain, for ISRA aligns the two, and the middle images that are asked for."""
        return Sizes(batch_size, batch_size, asked.middle)

    def losses(self, batch: Batch, state: State) -> dict[str, Tensor]:
        """Return the terms of `IsraLoss`."""
        weights = None
        if self.loss.config.source_pool == "class-weight":
            weights = state.class_weight[batch.source.labels] * len(state.class_weight)
        features = (part.features for part in (batch.source, batch.target, batch.middle))
        terms: dict[str, Tensor] = self.loss(*features, source_weights=weights, progress=state.progress)
        return terms

    def health(self, batch: Batch) -> dict[str, float]:
        """Return the health of `IsraLoss` on the step's features."""
        return self.loss.health(torch.cat([part.features for part in (batch.source, batch.target, batch.middle)]))


@torch.no_grad()
def receptor_r2(modules: IsraModules, features: Tensor) -> Tensor:
    """Return how much of each topic's variance over ``features`` (n, d) its receptor explains, (d_e,), at most 1.

    A topic that is constant on these samples has nothing to explain and gets 0.
    """
    return _explained(predicted_topics(modules, features), modules.class2vec.encode(features))


def _explained(predicted: Tensor, topics: Tensor) -> Tensor:
    errors = (predicted - topics).square().sum(dim=0)
    spread = (topics - topics.mean(dim=0)).square().sum(dim=0)
    return torch.where(spread > 0, 1.0 - errors / spread.clamp_min(1e-12), torch.zeros_like(spread))


@torch.no_grad()
def predicted_topics(modules: IsraModules, features: Tensor) -> Tensor:
    """Return what the receptors say of the topics, (n, d_e), of ``features`` (n, d)."""
    return torch.cat([modules.receptors(rows) for rows in torch.split(features, ROWS)])
