"""ISRA, implicit semantic response alignment (Xiao et al., NeurIPS 2021): a plug-in around any method.

``min L_B + alpha L_c2v + beta L_a`` over network, class2vec and the method's parts; ``min L_reg`` over the receptors
(equation 4). Where the released program differs from the paper, both forms can be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from isra_model.losses.isra import (
    Normalisation,
    Pooling,
    Reduction,
    domain_pool,
    gap_loss,
    receptor_loss,
    reconstruction_loss,
    topic_gaps,
)
from isra_model.methods.base import Batch, Method, Sizes, State
from isra_model.networks import IsraModules, PdaNetwork, SparseCode, reversal_coefficient
from isra_model.networks.sparse_code import found_active


@dataclass(frozen=True)
class IsraConfig:
    """ISRA's choices.

    Attributes
    ----------
    topics : d_e, the number of implicit semantic topics.
    code : "dense" is the paper's class2vec; "top-k" keeps an image's k largest topics, see `SparseCode`.
    k : topics of an image that a "top-k" code keeps; a dense one has no use for it.
    alpha : weight of the reconstruction L_c2v. Where its gradient is detached from the features, only an Adam of its
        own minimises it, and any weight but 0 does alike.
    beta : weight of the alignment L_a.
    receptor_hidden : P, hidden units of a topic attention receptor.
    sparsity : lambda_reg, of the receptors' first layer.
    rate : learning rate of the Adam that class2vec and receptors have to themselves.
    class2vec_gradient : "joint" sends the gradient of L_c2v into the features (equation 4); "detached" does not,
        so that it finds the topics without shrinking the features.
    class2vec_reduction : L_c2v is a mean over "samples" as equation 1, or over "values" as released, 2 d times smaller.
    attention : "input-gradient" is the paper's; "loss-gradient" the released program's; "random" numbers and "none"
        (every feature alike) show what attention is worth.
    normalise : N over the whole batch, as released, or over each row.
    pool : how a domain's masks become one: "mean" as released, "sum" as equation 3 is printed.
    receptor_pool : "sum" over the batch as equation 2, "mean" as released.
    source_pool : in a domain's mask the source's images count alike, or by the class weight of their label.
    domain_means : the masks that are compared are the batch's, or running means over batches, of which the batch, and
        so the gradient, is a tenth.
    beta_ramp : whether beta grows like the reversal coefficient, from nothing to its value.
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
    attention: Literal["input-gradient", "loss-gradient", "random", "none"] = "input-gradient"
    normalise: Normalisation = "batch"
    pool: Pooling = "mean"
    receptor_pool: Pooling = "sum"
    source_pool: Literal["uniform", "class-weight"] = "uniform"
    domain_means: Literal["batch", "running"] = "batch"
    beta_ramp: bool = False

    @property
    def kept(self) -> int | None:
        """Return how many topics of an image the code keeps; None for all."""
        return self.k if self.code == "top-k" else None


ROWS = 256
"""Samples whose receptors are looked into at a time: hidden values are n d_e P numbers, attention is n d_e d."""
RUNNING_SHARE = 0.1
"""What the batch adds to a running mean."""


class Isra(Method):
    """The plug-in: the base method's loss, class2vec, the receptors and the alignment of topic responses."""

    running_gaps: Tensor

    def __init__(self, base: Method, features: int, config: IsraConfig) -> None:
        nn.Module.__init__(self)
        self.base = base
        self.config = config
        self.reads_images, self.separate_rate = base.reads_images, config.rate
        self.modules_added = IsraModules(features, config.topics, config.receptor_hidden, config.kept)
        if config.domain_means == "running":
            self.register_buffer("running_gaps", torch.zeros(config.topics, features))

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return what the base method asks for, and in any case B images of each domain: ISRA aligns the two."""
        middle = self.base.sizes(batch_size, progress).middle
        return Sizes(batch_size, batch_size, middle)

    def fixes_backbone(self, progress: float) -> bool:
        """Return what the base method does."""
        return self.base.fixes_backbone(progress)

    @property
    def balanced_source(self) -> bool:  # type: ignore[override]
        """Return what the base method wants."""
        return self.base.balanced_source

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the base method's terms, then ``alpha L_c2v``, ``beta L_a`` and ``L_reg`` (equations 1 to 4).

        Where the base method has left the source behind, as SHOT does, the target's features are aligned with the
        source's, which receive no gradient (section 4.2). The paper keeps those of the source model; here they are the
        network's as it is, and its batch norm sees both domains.
        """
        terms = self.base.losses(batch, network, state)
        if not self.base.sizes(len(batch.target), state.progress).source:
            batch = replace(batch, source=replace(batch.source, features=batch.source.features.detach()))
        config, class2vec, receptors = self.config, self.modules_added.class2vec, self.modules_added.receptors
        features, source_count = _rows(batch)
        seen = features.detach() if config.class2vec_gradient == "detached" else features
        if isinstance(class2vec, SparseCode):
            class2vec.observe(features.detach())
            terms["revival"] = config.alpha * class2vec.revival_loss(seen)
        topics = class2vec.encode(seen)
        reconstruction = reconstruction_loss(seen, class2vec.decode(topics), source_count, config.class2vec_reduction)
        return terms | {
            "class2vec": config.alpha * reconstruction,
            "alignment": self._beta(state) * self._alignment(features, topics.detach(), self._pool(batch, state)),
            "receptors": receptor_loss(receptors, features, topics, config.sparsity, config.receptor_pool),
        }

    def _beta(self, state: State) -> float:
        return self.config.beta * (reversal_coefficient(state.progress) if self.config.beta_ramp else 1.0)

    def _pool(self, batch: Batch, state: State) -> Tensor:
        weights = torch.ones_like(batch.source.features[:, 0])
        if self.config.source_pool == "class-weight":
            weights = state.class_weight[batch.source.labels] * len(state.class_weight)
        return domain_pool(weights.detach(), len(batch.target) + len(batch.middle), self.config.pool)

    def _alignment(self, features: Tensor, topics: Tensor, pool: Tensor) -> Tensor:
        gaps = topic_gaps(features, self._attention(features.detach(), topics), pool, self.config.normalise)
        if self.config.domain_means == "running":
            gaps = (1.0 - RUNNING_SHARE) * self.running_gaps + RUNNING_SHARE * gaps
            self.running_gaps = gaps.detach()
        return gap_loss(gaps, self.config.pool)

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

    def separate_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of class2vec and receptors.

        The receptors never share an optimiser with the rest (equation 4). Neither does class2vec: under the network's
        SGD more than half of its topics die in 100 steps, under Adam none do.
        """
        return [*self.base.separate_parameters(), *self.modules_added.parameters()]

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return how well the receptors do, their mean absolute first-layer weight, and the share of dead topics.

        How well is their median R2, and with which precision and recall they say that a topic is active.
        """
        features, _ = _rows(batch)
        topics = self.modules_added.class2vec.encode(features)
        r2 = receptor_r2(self.modules_added, features)
        alive = topics.amax(dim=0) > 0
        precision, recall = found_active(predicted_topics(self.modules_added, features), topics)
        return self.base.health(batch) | {
            "receptor_r2": float(r2[alive].median()) if alive.any() else 0.0,
            "receptor_precision": precision,
            "receptor_recall": recall,
            "receptor_weight": float(self.modules_added.receptors.weight.abs().mean()),
            "dead_topics": float((~alive).float().mean()),
        }


@torch.no_grad()
def receptor_r2(modules: IsraModules, features: Tensor) -> Tensor:
    """Return how much of each topic's variance over ``features`` (n, d) its receptor explains, (d_e,), at most 1.

    A topic that is constant on these samples has nothing to explain and gets 0.
    """
    topics = modules.class2vec.encode(features)
    errors = (predicted_topics(modules, features) - topics).square().sum(dim=0)
    spread = (topics - topics.mean(dim=0)).square().sum(dim=0)
    return torch.where(spread > 0, 1.0 - errors / spread.clamp_min(1e-12), torch.zeros_like(spread))


@torch.no_grad()
def predicted_topics(modules: IsraModules, features: Tensor) -> Tensor:
    """Return what the receptors say of the topics, (n, d_e), of ``features`` (n, d)."""
    return torch.cat([modules.receptors(rows) for rows in torch.split(features, ROWS)])


def _rows(batch: Batch) -> tuple[Tensor, int]:
    """Return the features of source, target and middle, in this order, and the number of source rows."""
    return torch.cat([part.features for part in (batch.source, batch.target, batch.middle)]), len(batch.source)
