"""IWAN's terms against a few lines of float64 that follow the paper, and what the method claims."""

import torch
from torch.nn import functional as F

from isra_model.methods import Batch, State
from isra_model.methods.iwan import Iwan, importance
from tests.methods.made_up import (
    CLASSES,
    FEATURES,
    NETWORK,
    assert_reversed,
    assert_same,
    made_up_batch,
    made_up_method,
)
from tests.methods.toy import TARGET_CLASSES, domains, train_toy

STATE = State(progress=0.3, class_weight=torch.full((CLASSES,), 0.25))


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3, 3], target=4, dtype=torch.float64)


def test_the_source_is_classified_and_the_targets_entropy_falls() -> None:
    step = batch()
    p = step.target.logits.softmax(dim=1)

    terms = made_up_method(Iwan).losses(step, NETWORK, STATE)

    torch.testing.assert_close(terms["cross_entropy"], F.cross_entropy(step.source.logits, step.source.labels))
    torch.testing.assert_close(terms["target_entropy"], -0.1 * (p * p.log()).sum(dim=1).mean())


def test_the_weighting_discriminator_tells_domains_apart_and_moves_nothing_else() -> None:
    step, iwan = batch(), made_up_method(Iwan)
    d_source, d_target = (iwan.weighting(part.features).sigmoid() for part in (step.source, step.target))

    loss = iwan.losses(step, NETWORK, STATE)["weighting"]

    expected = -(d_source.log().mean() + (1 - d_target).log().mean()) / 2
    assert_same(loss, expected, list(iwan.weighting.parameters()))
    loss.backward()
    assert step.source.features.grad is None
    assert step.target.features.grad is None


def test_the_adversary_is_weighted_by_constants_and_reversed() -> None:
    step, iwan = batch(), made_up_method(Iwan)
    features = (step.source.features, step.target.features)
    weight = 1 - iwan.weighting(features[0]).sigmoid().detach()
    d_source, d_target = (iwan.discriminator(rows).sigmoid() for rows in features)

    loss = iwan.losses(step, NETWORK, STATE)["adversarial"]

    expected = -((weight / weight.mean() * d_source.log()).mean() + (1 - d_target).log().mean()) / 2
    assert_reversed(loss, expected, features, iwan.discriminator)
    assert not any(torch.autograd.grad(loss, list(iwan.weighting.parameters()), allow_unused=True))


def test_what_looks_like_the_target_weighs_most() -> None:
    weights = importance(torch.tensor([-3.0, 0.0, 3.0]))

    assert weights[0] > weights[1] > weights[2]
    torch.testing.assert_close(weights.mean(), torch.tensor(1.0))


def test_source_only_classes_lose_weight() -> None:
    result, source_only = (train_toy(name, rate=1e-3) for name in ("iwan", "source-only"))
    source, _ = domains()
    assert isinstance(result.method, Iwan)

    weights = importance(result.method.eval().weighting(result.network(source.images).features))

    shared = source.labels < TARGET_CLASSES
    assert weights[shared].mean() > 1.2 * weights[~shared].mean()
    assert result.after > source_only.after + 10
