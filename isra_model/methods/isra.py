"""ISRA, implicit semantic response alignment (Xiao et al., NeurIPS 2021): a plug-in around any method.

``min L_B + alpha L_c2v + beta L_a`` over network, class2vec and the method's parts; ``min L_reg`` over the receptors
(equation 4). Where the released program differs from the paper, both forms can be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from isra_model.losses.isra import Normalisation, Pooling, alignment_loss, receptor_loss, reconstruction_loss
from isra_model.methods.base import Batch, Method, Sizes, State
from isra_model.networks import IsraModules, PdaNetwork


@dataclass(frozen=True)
class IsraConfig:
    """ISRA's choices.

    Attributes
    ----------
    topics : d_e, the number of implicit semantic topics.
    alpha : weight of the reconstruction L_c2v.
    beta : weight of the alignment L_a.
    receptor_hidden : P, hidden units of a topic attention receptor.
    sparsity : lambda_reg, of the receptors' first layer.
    rate : learning rate of the Adam that class2vec and receptors have to themselves.
    class2vec_gradient : "joint" sends the gradient of L_c2v into the features (equation 4); "detached" does not,
        so that it finds the topics without shrinking the features.
    attention : "input-gradient" is the paper's; "loss-gradient" the released program's.
    normalise : N over the whole batch, as released, or over each row.
    pool : how a domain's masks become one: "mean" as released, "sum" as equation 3 is printed.
    receptor_pool : "sum" over the batch as equation 2, "mean" as released.
    """

    topics: int = 64
    alpha: float = 1.0
    beta: float = 1.0
    receptor_hidden: int = 128
    sparsity: float = 0.5
    rate: float = 1e-3
    class2vec_gradient: Literal["joint", "detached"] = "joint"
    attention: Literal["input-gradient", "loss-gradient"] = "input-gradient"
    normalise: Normalisation = "batch"
    pool: Pooling = "mean"
    receptor_pool: Pooling = "sum"


class Isra(Method):
    """The plug-in: the base method's loss, class2vec, the receptors and the alignment of topic responses."""

    def __init__(self, base: Method, features: int, config: IsraConfig) -> None:
        nn.Module.__init__(self)
        self.base = base
        self.config = config
        self.modules_added = IsraModules(features, config.topics, config.receptor_hidden)

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return what the base method asks for, and in any case B images of each domain: ISRA aligns the two."""
        middle = self.base.sizes(batch_size, progress).middle
        return Sizes(batch_size, batch_size, middle)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the base method's terms, then ``alpha L_c2v``, ``beta L_a`` and ``L_reg`` (equations 1 to 4)."""
        config, class2vec, receptors = self.config, self.modules_added.class2vec, self.modules_added.receptors
        features, source_count = _rows(batch)
        seen = features.detach() if config.class2vec_gradient == "detached" else features
        topics = class2vec.encode(seen)
        return self.base.losses(batch, network, state) | {
            "class2vec": config.alpha * reconstruction_loss(seen, class2vec.decode(topics), source_count),
            "alignment": config.beta * self._alignment(features, topics.detach(), source_count),
            "receptors": receptor_loss(receptors, features, topics, config.sparsity, config.receptor_pool),
        }

    def _alignment(self, features: Tensor, topics: Tensor, source_count: int) -> Tensor:
        receptors = self.modules_added.receptors
        if self.config.attention == "input-gradient":
            attention = receptors.attention(features.detach())
        else:
            attention = receptors.loss_gradient_attention(features.detach(), topics)
        return alignment_loss(features, attention, source_count, self.config.normalise, self.config.pool)

    def separate_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of class2vec and receptors.

        The receptors never share an optimiser with the rest (equation 4). Neither does class2vec: under the network's
        SGD more than half of its topics die in 100 steps, under Adam none do.
        """
        return [*self.base.separate_parameters(), *self.modules_added.parameters()]

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return the receptors' median R2 and mean absolute first-layer weight, and the share of dead topics."""
        features, _ = _rows(batch)
        topics = self.modules_added.class2vec.encode(features)
        r2 = receptor_r2(self.modules_added, features)
        alive = topics.amax(dim=0) > 0
        return self.base.health(batch) | {
            "receptor_r2": float(r2[alive].median()) if alive.any() else 0.0,
            "receptor_weight": float(self.modules_added.receptors.weight.abs().mean()),
            "dead_topics": float((~alive).float().mean()),
        }


@torch.no_grad()
def receptor_r2(modules: IsraModules, features: Tensor) -> Tensor:
    """Return how much of each topic's variance over ``features`` (n, d) its receptor explains, (d_e,), at most 1.

    A topic that is constant on these samples has nothing to explain and gets 0.
    """
    topics = modules.class2vec.encode(features)
    errors = (modules.receptors(features) - topics).square().sum(dim=0)
    spread = (topics - topics.mean(dim=0)).square().sum(dim=0)
    return torch.where(spread > 0, 1.0 - errors / spread.clamp_min(1e-12), torch.zeros_like(spread))


def _rows(batch: Batch) -> tuple[Tensor, int]:
    """Return the features of source, target and middle, in this order, and the number of source rows."""
    return torch.cat([part.features for part in (batch.source, batch.target, batch.middle)]), len(batch.source)
