"""BA3US's terms against a few lines of float64 that follow the paper, and what the method claims."""

import math

import torch
from torch.nn import functional as F

from isra_model.methods import Batch, State
from isra_model.methods.ba3us import Ba3us
from isra_model.networks import reversal_coefficient
from tests.methods.made_up import CLASSES, FEATURES, NETWORK, made_up_batch, made_up_method


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=4, middle=[2], dtype=torch.float64)


STATE = State(progress=0.5, class_weight=torch.tensor([0.5, 0.4, 0.1, 0.0], dtype=torch.float64))


def test_cross_entropy_is_weighted_by_class() -> None:
    step = batch()
    labels, weights = torch.tensor([0, 1, 2, 3]), STATE.class_weight

    terms = made_up_method(Ba3us).losses(step, NETWORK, STATE)

    by_image = -step.source.logits.log_softmax(dim=1)[torch.arange(4), labels]
    torch.testing.assert_close(terms["cross_entropy"], (weights * by_image).sum() / weights.sum())


def test_target_entropy_is_minimised() -> None:
    step = batch()
    probabilities = step.target.logits.softmax(dim=1)

    terms = made_up_method(Ba3us).losses(step, NETWORK, STATE)

    torch.testing.assert_close(terms["target_entropy"], -0.1 * (probabilities * probabilities.log()).sum(dim=1).mean())


def test_source_predictions_are_flat_over_the_other_classes() -> None:
    step = batch()
    probabilities = step.source.logits.softmax(dim=1)
    by_image, weights = [], []
    for row, label in zip(probabilities, range(4), strict=True):
        others = row[torch.arange(4) != label] / (1 - row[label])
        by_image.append((others * others.log()).sum() / math.log(3))
        weights.append(STATE.class_weight[label] * (1 - row[label].detach()))
    ba3us = made_up_method(Ba3us, complement_weight=5.0)

    terms = ba3us.losses(step, NETWORK, STATE)

    expected = sum(w * value for w, value in zip(weights, by_image, strict=True)) / sum(weights)
    torch.testing.assert_close(terms["complement_entropy"], 5.0 * expected)


def test_the_adversary_and_the_features_pull_in_opposite_directions() -> None:
    step, ba3us = batch(), made_up_method(Ba3us)
    ba3us.losses(step, NETWORK, STATE)["adversarial"].backward()
    first = ba3us.discriminator.layers[0]
    reversed_gradient = step.target.features.grad
    plain = step.target.features.detach().requires_grad_()
    weight = (1 + torch.exp(torch.special.entr(step.target.logits.softmax(dim=1)).sum(dim=1).neg())).detach()
    F.binary_cross_entropy_with_logits(
        ba3us.discriminator(plain), torch.zeros(4, dtype=torch.float64), weight=weight / weight.sum(), reduction="sum"
    ).backward()

    assert isinstance(first, torch.nn.Linear)
    assert first.weight.grad is not None
    assert reversed_gradient is not None
    assert plain.grad is not None
    total = 2.0 + 1 / 4
    torch.testing.assert_close(reversed_gradient, -reversal_coefficient(0.5) * plain.grad / total)


def test_source_images_of_classes_without_weight_pull_on_nothing() -> None:
    step = batch()

    sum(made_up_method(Ba3us).losses(step, NETWORK, STATE).values()).backward()

    assert step.source.logits.grad is not None
    assert step.source.logits.grad[3].abs().sum() == 0
    assert step.source.logits.grad[0].abs().sum() > 0


def test_middle_images_grow_fewer_in_ten_epochs() -> None:
    sizes = [made_up_method(Ba3us).sizes(36, progress).middle for progress in (0.0, 0.09, 0.1, 0.5, 0.8, 0.99)]

    assert sizes == [9, 9, 8, 4, 0, 0], "nor is a single one left, which batch norm could not take"
