"""PADA: partial adversarial domain adaptation (Cao et al., ECCV 2018).

Follows the paper. Its class weights are measured every 500 steps, here every ``T / 10``. Its cross-entropy divides
by the number of samples; ours divides by their weights, as do the authors' program and Transfer-Learning-Library:
otherwise the step would shrink with the number of source-only classes.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import reversed_adversarial_loss
from isra_model.losses.entropy import weighted_mean
from isra_model.methods.base import Batch, Method, Settings, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient


@dataclass(frozen=True)
class PadaSettings(Settings):
    """PADA's choices.

    Attributes
    ----------
    adversarial_weight : float
        lambda.
    """

    adversarial_weight: float = 1.0


class Pada(Method[PadaSettings]):
    """Cross-entropy and adversary, both with the source weighted by its classes' share of target predictions."""

    settings_type = PadaSettings

    def __init__(self, features: int, classes: int, settings: PadaSettings) -> None:
        super().__init__(features, classes, settings)
        self.discriminator = Discriminator(features)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return both terms, each source image weighted by ``gamma / max gamma`` of its label."""
        source, target = batch.source, batch.target
        weights = (state.class_weight / state.class_weight.max())[source.labels]
        features, reversal = (source.features, target.features), reversal_coefficient(state.progress)
        adversarial = reversed_adversarial_loss(self.discriminator, features, reversal, weights)
        return {
            "cross_entropy": weighted_mean(F.cross_entropy(source.logits, source.labels, reduction="none"), weights),
            "adversarial": self.settings.adversarial_weight * adversarial,
        }
