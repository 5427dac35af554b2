"""PADA's terms against a few lines of float64 that follow the paper, and what the method claims."""

import torch

from isra_model.methods import Batch, State
from isra_model.methods.pada import Pada
from tests.methods.made_up import (
    CLASSES,
    FEATURES,
    NETWORK,
    assert_reversed,
    assert_same,
    made_up_batch,
    made_up_method,
)
from tests.methods.toy import TARGET_CLASSES, train_toy

STATE = State(progress=0.3, class_weight=torch.tensor([0.5, 0.4, 0.1, 0.0], dtype=torch.float64))
LABELS = torch.tensor([0, 1, 2, 3, 1])
WEIGHTS = torch.tensor([1.0, 0.8, 0.2, 0.0, 0.8], dtype=torch.float64)


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=LABELS.tolist(), target=4, dtype=torch.float64)


def test_cross_entropy_is_weighted_by_class() -> None:
    step = batch()
    by_image = -step.source.logits.softmax(dim=1)[torch.arange(5), LABELS].log()

    loss = made_up_method(Pada).losses(step, NETWORK, STATE)["cross_entropy"]

    expected = (WEIGHTS * by_image).sum() / WEIGHTS.sum()
    assert_same(loss, expected, [step.source.logits])


def test_the_adversary_is_weighted_by_class_on_the_source_and_reversed() -> None:
    step, pada = batch(), made_up_method(Pada)
    features = (step.source.features, step.target.features)
    d_source, d_target = (pada.discriminator(rows).sigmoid() for rows in features)

    loss = pada.losses(step, NETWORK, STATE)["adversarial"]

    expected = -((WEIGHTS * d_source.log()).mean() + (1 - d_target).log().mean()) / 2
    assert_reversed(loss, expected, features, pada.discriminator)


def test_source_images_of_classes_without_weight_pull_on_nothing() -> None:
    step = batch()

    sum(made_up_method(Pada).losses(step, NETWORK, STATE).values()).backward()

    for rows in (step.source.features, step.source.logits):
        assert rows.grad is not None
        assert rows.grad[3].abs().sum() == 0
        assert rows.grad[0].abs().sum() > 0


def test_source_only_classes_lose_weight() -> None:
    result, source_only = train_toy("pada", seed=1), train_toy("source-only", seed=1)

    assert result.losses["cross_entropy"][-1] < result.losses["cross_entropy"][0] / 2
    assert result.class_weight[TARGET_CLASSES:].sum() < source_only.class_weight[TARGET_CLASSES:].sum() / 2
    assert result.after > source_only.after + 10
