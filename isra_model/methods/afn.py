"""AFN, adaptive feature norm: larger norms are more transferable (Xu et al., ICCV 2019), in its stepwise form, SAFN.

``L = CE + lambda (L_norm(source) + L_norm(target))``: in both domains every feature's norm is asked to be ``dr`` larger
than it is. No class is weighted: that target features are short is taken to be the whole obstacle, and features of
source-only classes that grow do no harm. The bottleneck is the paper's, with batch norm, ReLU and a dropout that keeps
the expected squared norm; that form is in `NetworkConfig`.

What we decided: the bottleneck has every other method's width d, not 1,000; the variant with target entropy ("+ENT") is
left out, for the papers' tables do not have it; the learning rate decays as for every method, where the authors fix it.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.norm import stepwise_norm_loss
from isra_model.methods.base import Batch, Method, Settings, State
from isra_model.networks import PdaNetwork


@dataclass(frozen=True)
class AfnSettings(Settings):
    """AFN's choices.

    Attributes
    ----------
    norm_weight : float
        lambda.
    norm_step : float
        dr, how much larger each norm shall become.
    """

    norm_weight: float = 0.05
    norm_step: float = 1.0


class Afn(Method[AfnSettings]):
    """Cross-entropy on the source, and feature norms that grow step by step in both domains."""

    settings_type = AfnSettings
    network_form: ClassVar = {"bottleneck_norm": "batch-relu-dropout"}

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the cross-entropy and both domains' norm losses; of the latter only the gradient says something."""
        weight, step = self.settings.norm_weight, self.settings.norm_step
        return {
            "cross_entropy": F.cross_entropy(batch.source.logits, batch.source.labels),
            "source_norm": weight * stepwise_norm_loss(batch.source.features, step),
            "target_norm": weight * stepwise_norm_loss(batch.target.features, step),
        }

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return the mean feature norm of both domains, which the terms of the loss do not show."""
        parts = {"source": batch.source.features, "target": batch.target.features}
        return {f"{domain}_feature_norm": float(features.norm(dim=1).mean()) for domain, features in parts.items()}
