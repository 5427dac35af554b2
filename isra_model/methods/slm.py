"""SLM: select, label, and mix (Sahoo et al., WACV 2023).

* **Select**: a selector looks at each source image and keeps or discards it, by a straight-through Gumbel-softmax. A
  Hausdorff triplet asks the kept images to lie nearer to the target than the discarded, by a margin: the gradient is
  the selector's alone. Two regularisers: the selector shall tell the images of a batch apart (low entropy over the
  batch, lambda_reg1), and target predictions shall be certain and diverse (information maximisation, lambda_reg2).
* **Label**: target images predicted with a probability above 0.3 learn their own sharpened prediction.
* **Mix**: pairs of images, across domains and within each, in a ratio drawn from Beta(2, 2), with labels mixed alike.

All rest on a domain adversary that sees kept source images, target images and mixtures; the selector gets its reversed
gradient too, and so keeps what the discriminator confuses with the target.

The authors' program gives the numbers, the weights of the adversary (each image's entropy), label smoothing 0.2, and
the temperature of selector and pseudo-labels, ``1 - reversal coefficient``, here never below 0.1. Decided here:

* The selector is a small head on detached bottleneck features, where the authors train a second ResNet on the images:
  it costs nothing and works on fixed features. lambda_reg1 is 0.1, not 10, with which this head learns within a few
  steps to put one image of each batch far above the others, and nothing else; 0.1 was chosen on the tests' toy problem.
* For the first third of the steps, the program's 5,000 of 15,000, classifier and adversary warm up on the whole source
  and the selector learns without being asked, where the program's begins later. Then the schedules begin anew.
* Losses of a part are means over what is kept of it. The program divides by the batch, so that its adversary rewards
  keeping more and its Hausdorff distances, all multiplied by the selection before the minimum, keeping less; here the
  selector gains only by keeping others. Nor is the softmax of pseudo-labelled predictions taken twice.
* A mixture counts where both of its images do, with one ratio a pair of kinds and step; the program also keeps the
  ratio 0.1 away from 1/2, and weighs some terms of mixtures by it and some not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from isra_model.losses.adversarial import reversed_adversarial_loss
from isra_model.losses.entropy import entropy, marginal_entropy
from isra_model.losses.selected import hausdorff_triplet_loss, selected_mean
from isra_model.methods.base import Batch, DomainBatch, LabelledBatch, Method, Settings, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient, reverse_gradient
from isra_model.networks.initialise import xavier_linear

COLDEST = 0.1
"The lowest temperature; the gradient of the straight-through selection grows with its inverse."


@dataclass(frozen=True)
class Part:
    """Images of one kind, and how much they count.

    Attributes
    ----------
    images : Tensor
        (n, c, h, w).
    labels : Tensor
        (n, C) probabilities.
    domain : Tensor
        (n,) 1 for the source, 0 for the target.
    selected : Tensor
        (n,) 1 for kept source images and all target images, 0 for discarded source images.
    labelled : Tensor
        (n,) 1 for source images and target images whose pseudo-label counts, 0 for the others.
    """

    images: Tensor
    labels: Tensor
    domain: Tensor
    selected: Tensor
    labelled: Tensor

    def __getitem__(self, rows: Tensor | slice) -> Part:
        return Part(self.images[rows], self.labels[rows], self.domain[rows], self.selected[rows], self.labelled[rows])

    def shuffled(self) -> Part:
        """Return the same rows in random order."""
        return self[torch.randperm(len(self.images), device=self.images.device)]


def mix(first: Part, second: Part, concentration: float) -> Part:
    """Return ``r first + (1 - r) second``, row by row, ``r`` from Beta(concentration, concentration).

    A mixture counts where both of its images do; the longer of the two parts loses its last rows.
    """
    ratio = float(torch.distributions.Beta(concentration, concentration).sample())
    count = min(len(first.images), len(second.images))
    first, second = first[:count], second[:count]
    return Part(
        images=ratio * first.images + (1.0 - ratio) * second.images,
        labels=ratio * first.labels + (1.0 - ratio) * second.labels,
        domain=ratio * first.domain + (1.0 - ratio) * second.domain,
        selected=first.selected * second.selected,
        labelled=first.labelled * second.labelled,
    )


@dataclass(frozen=True)
class SlmSettings(Settings):
    """SLM's choices.

    Attributes
    ----------
    selection_weight : float
        lambda_s, of the Hausdorff triplet.
    margin : float
        Margin of the Hausdorff triplet.
    batch_entropy_weight : float
        lambda_reg1, of the selector's entropy over a batch.
    information_weight : float
        lambda_reg2, of information maximisation.
    pseudo_threshold : float
        The probability above which a target prediction becomes a label.
    pseudo_temperature : float
        Temperature of the softmax that sharpens it, times the selector's temperature.
    mixing : float
        Both parameters of the Beta distribution of mixing ratios.
    label_smoothing : float
        Smoothing of the source's labels, after the warm start.
    warm_start : float
        Share of the steps before selection, pseudo-labels and mixtures count.
    """

    selection_weight: float = 0.01
    margin: float = 100.0
    batch_entropy_weight: float = 0.1
    information_weight: float = 0.1
    pseudo_threshold: float = 0.3
    pseudo_temperature: float = 0.05
    mixing: float = 2.0
    label_smoothing: float = 0.2
    warm_start: float = 1 / 3


class Slm(Method[SlmSettings]):
    """Selected source, pseudo-labelled target, and mixtures of both, for classifier and adversary."""

    settings_type = SlmSettings
    reads_images: ClassVar[bool] = True

    def __init__(self, features: int, classes: int, settings: SlmSettings) -> None:
        """Create the discriminators.

        Raises
        ------
        ValueError
            If `mixing` is no parameter of a Beta distribution.
        """
        if not settings.mixing > 0.0:
            raise ValueError(f"`settings.mixing` is {settings.mixing:g}: give a number above zero.")
        super().__init__(features, classes, settings)
        self.discriminator = Discriminator(features)
        self.selector = nn.Sequential(xavier_linear(features, features), nn.ReLU(), xavier_linear(features, 2))

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the terms of the stage that the step is in, warm start or label and mix, and those of select."""
        warm_start = self.settings.warm_start
        warming = state.progress < warm_start
        done = state.progress / warm_start if warming else (state.progress - warm_start) / (1.0 - warm_start)
        reversal = reversal_coefficient(done)
        temperature = 1.0 if warming else max(1.0 - reversal, COLDEST)
        selector_logits = self.selector(batch.source.features.detach())
        selected = F.gumbel_softmax(selector_logits, tau=temperature, hard=True)[:, 1]
        if warming:
            terms = self._warm_start(batch, reversal)
        else:
            source = self._source_part(batch.source, selected)
            target = self._target_part(batch.target, self.settings.pseudo_temperature * temperature)
            terms = self._label_and_mix(batch, (source, target), network, reversal)
        return terms | self._select(batch, selector_logits, selected)

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return the share of source images that the selector rather keeps; near 0 or 1 it selects nothing."""
        return {"kept": float(self.selector(batch.source.features).argmax(dim=1).float().mean())}

    def _warm_start(self, batch: Batch, reversal: float) -> dict[str, Tensor]:
        features = (batch.source.features, batch.target.features)
        return {
            "cross_entropy": F.cross_entropy(batch.source.logits, batch.source.labels),
            "adversarial": 2.0 * reversed_adversarial_loss(self.discriminator, features, reversal),
        }

    def _label_and_mix(
        self, batch: Batch, parts: tuple[Part, Part], network: PdaNetwork, reversal: float
    ) -> dict[str, Tensor]:
        source, target = parts
        pairs = ((source, target), (source, source.shuffled()), (target, target.shuffled()))
        mixtures = [mix(*pair, self.settings.mixing) for pair in pairs]
        responses = [network(mixture.images) for mixture in mixtures]
        cross_entropies = [
            _cross_entropy(part, answer.logits) for part, answer in zip(mixtures, responses, strict=True)
        ]
        adversarial = [
            self._adversarial(part, rows.features, entropy(rows.logits), reversal)
            for part, rows in zip(parts, (batch.source, batch.target), strict=True)
        ] + [
            self._adversarial(part, answer.features, torch.ones_like(part.domain), reversal)
            for part, answer in zip(mixtures, responses, strict=True)
        ]
        information = entropy(batch.target.logits).mean() - marginal_entropy(batch.target.logits)
        return {
            "cross_entropy": _cross_entropy(source, batch.source.logits),
            "pseudo_cross_entropy": _cross_entropy(target, batch.target.logits),
            "mixed_cross_entropy": torch.stack(cross_entropies).sum(),
            "adversarial": torch.stack(adversarial).sum(),
            "information": self.settings.information_weight * information,
        }

    def _select(self, batch: Batch, selector_logits: Tensor, selected: Tensor) -> dict[str, Tensor]:
        settings = self.settings
        distances = torch.cdist(batch.source.features.detach(), batch.target.features.detach())
        return {
            "hausdorff": settings.selection_weight * hausdorff_triplet_loss(distances, selected, settings.margin),
            "selector_entropy": settings.batch_entropy_weight * entropy(selector_logits[:, 1].unsqueeze(0)).squeeze(),
        }

    def _source_part(self, batch: LabelledBatch, selected: Tensor) -> Part:
        classes, smoothing = batch.logits.shape[1], self.settings.label_smoothing
        labels = (1.0 - smoothing) * F.one_hot(batch.labels, classes).to(selected.dtype) + smoothing / classes
        every = torch.ones_like(selected)
        return Part(batch.images, labels, domain=every, selected=selected, labelled=every)

    def _target_part(self, batch: DomainBatch, temperature: float) -> Part:
        logits = batch.logits.detach()
        confident = (logits.softmax(dim=1).amax(dim=1) > self.settings.pseudo_threshold).to(logits.dtype)
        every = torch.ones_like(confident)
        labels = (logits / temperature).softmax(dim=1)
        return Part(batch.images, labels, domain=torch.zeros_like(every), selected=every, labelled=confident)

    def _adversarial(self, part: Part, features: Tensor, weight: Tensor, reversal: float) -> Tensor:
        """Return the domain loss of a part; the selection is reversed too: kept is what the discriminator confuses."""
        logits = self.discriminator(reverse_gradient(features, reversal))
        values = F.binary_cross_entropy_with_logits(logits, part.domain, reduction="none")
        return selected_mean(weight.detach() * values, reverse_gradient(part.selected, reversal))


def _cross_entropy(part: Part, logits: Tensor) -> Tensor:
    counts = part.selected.detach() * part.labelled
    return selected_mean(F.cross_entropy(logits, part.labels, reduction="none"), counts)
