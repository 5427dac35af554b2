"""CDAN+E's terms against a few lines of float64 that follow the paper, and what the method claims."""

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.methods import Batch, State, create_method
from isra_model.methods.cdan import Cdan
from tests.methods.made_up import CLASSES, FEATURES, NETWORK, assert_reversed, made_up_batch, made_up_method
from tests.methods.toy import train_toy

STATE = State(progress=0.3, class_weight=torch.full((CLASSES,), 0.25))


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3, 3], target=4, dtype=torch.float64)


def by_hand(cdan: Cdan, features: Tensor, logits: Tensor, domain: float) -> Tensor:
    """Return the entropy-weighted mean loss of one domain."""
    p = logits.softmax(dim=1)
    weight = 1 + torch.exp((p * p.log()).sum(dim=1))
    joint = torch.stack([torch.outer(g, f).flatten() for f, g in zip(features, p.detach(), strict=True)])
    d = cdan.discriminator(joint).sigmoid()
    loss = -(domain * d.log() + (1 - domain) * (1 - d).log())
    return (weight * loss).sum() / weight.sum().detach()


def test_the_source_is_classified() -> None:
    step = batch()

    loss = made_up_method(Cdan).losses(step, NETWORK, STATE)["cross_entropy"]

    torch.testing.assert_close(loss, F.cross_entropy(step.source.logits, torch.tensor([0, 1, 2, 3, 3])))


def test_the_adversary_weights_certain_samples_most_and_reverses_its_gradients() -> None:
    step, cdan = batch(), made_up_method(Cdan, adversarial_weight=0.5)
    rows = (step.source.features, step.target.features, step.source.logits, step.target.logits)

    loss = cdan.losses(step, NETWORK, STATE)["adversarial"]

    expected = by_hand(cdan, rows[0], rows[2], 1.0) + by_hand(cdan, rows[1], rows[3], 0.0)
    assert_reversed(loss, 0.5 * expected / 2, rows, cdan.discriminator)


def test_the_classifier_learns_from_its_certainty_alone() -> None:
    step, blind = batch(), made_up_method(Cdan)
    torch.nn.init.zeros_(blind.discriminator.layers[6].weight)

    blind.losses(step, NETWORK, STATE)["adversarial"].backward()

    assert step.source.logits.grad is not None
    assert step.source.logits.grad.abs().sum() > 0
    assert step.source.features.grad is not None
    assert step.source.features.grad.abs().sum() == 0


def test_many_classes_take_the_random_map() -> None:
    wide = create_method("cdan", 256, 65, {"random_dimension": 16})

    assert isinstance(wide, Cdan)
    assert wide.discriminator.layers[0].in_features == 16


def test_it_learns_the_shifted_target() -> None:
    result, source_only = train_toy("cdan", seed=1), train_toy("source-only", seed=1)

    assert result.losses["cross_entropy"][-1] < result.losses["cross_entropy"][0] / 2
    assert result.after > source_only.after + 10
