"""BA3US: balanced adversarial alignment and adaptive uncertainty suppression (Liang et al., ECCV 2020).

Follows the equations of the paper and, where it is silent, the authors' program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import balanced_adversarial_loss, entropy_confidence
from isra_model.losses.entropy import complement_entropy, entropy, weighted_mean
from isra_model.methods.base import Batch, Method, Settings, Sizes, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient, reverse_gradient


@dataclass(frozen=True)
class Ba3usSettings(Settings):
    """BA3US's choices.

    Attributes
    ----------
    complement_weight : float
        Weight of the complement entropy; 1, and 5 on Office-31.
    entropy_weight : float
        Weight of the target entropy.
    middle_divisor : int
        mu, the batch holds at most ``B / mu`` middle images.
    """

    complement_weight: float = 1.0
    entropy_weight: float = 0.1
    middle_divisor: int = 4


class Ba3us(Method[Ba3usSettings]):
    """Class-weighted cross-entropy, balanced adversary, complement entropy and target entropy."""

    settings_type = Ba3usSettings
    network_form: ClassVar[Mapping[str, Any]] = {"bottleneck_norm": "none"}

    def __init__(self, features: int, classes: int, settings: Ba3usSettings) -> None:
        super().__init__(features, classes, settings)
        self.discriminator = Discriminator(features)

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return ``m = (B // mu) (1 - epoch / 10)`` middle images, rounded down, in ten epochs.

        A single one is left out: batch norm has nothing to compare it with.
        """
        epoch = int(10 * progress)
        middle = int(batch_size // self.settings.middle_divisor * (10 - epoch) // 10)
        return Sizes(batch_size, batch_size, middle if middle > 1 else 0)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the terms of L_B in the paper's order."""
        source, target = batch.source, batch.target
        class_weight = state.class_weight[source.labels]
        cross_entropy = F.cross_entropy(source.logits, source.labels, reduction="none")
        return {
            "cross_entropy": weighted_mean(cross_entropy, class_weight),
            "adversarial": self._adversarial(batch, state),
            "target_entropy": self.settings.entropy_weight * entropy(target.logits).mean(),
            "complement_entropy": self.settings.complement_weight
            * complement_entropy(source.logits, source.labels, class_weight),
        }

    def _adversarial(self, batch: Batch, state: State) -> Tensor:
        coefficient = reversal_coefficient(state.progress)

        def domain_logits(features: Tensor) -> Tensor:
            logits: Tensor = self.discriminator(reverse_gradient(features, coefficient))
            return logits

        def confidence(logits: Tensor) -> Tensor:
            return entropy_confidence(reverse_gradient(entropy(logits), coefficient))

        source_like = (batch.source, batch.middle)
        labels = torch.cat([part.labels for part in source_like])
        source_weights = confidence(torch.cat([part.logits for part in source_like])) * state.class_weight[labels]
        return balanced_adversarial_loss(
            (domain_logits(torch.cat([part.features for part in source_like])), source_weights),
            (domain_logits(batch.target.features), confidence(batch.target.logits)),
            middle=len(batch.middle),
        )
