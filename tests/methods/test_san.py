"""SAN's terms against a few lines of float64 that follow its program and paper, and what the method claims."""

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.methods import Batch, State, create_method
from isra_model.methods.san import San
from tests.methods.made_up import CLASSES, FEATURES, NETWORK, assert_reversed, made_up_batch, made_up_method
from tests.methods.toy import TARGET_CLASSES, train_toy

STATE = State(progress=0.3, class_weight=torch.tensor([0.5, 0.4, 0.1, 0.0], dtype=torch.float64))


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3, 3], target=4, dtype=torch.float64)


def discriminator(san: San, k: int, features: Tensor) -> Tensor:
    """Return what class k's discriminator makes of ``features``, as a probability of source."""
    for place in (0, 3, 6):
        layer = san.discriminators.layers[place]
        features = features @ layer.weight[k] + layer.bias[k]
        features = features.relu() if place < 6 else features
    return features.squeeze(1).sigmoid()


def test_the_source_is_classified_and_the_targets_entropy_falls() -> None:
    step = batch()
    p = step.target.logits.softmax(dim=1)

    terms = made_up_method(San, hidden=5).losses(step, NETWORK, STATE)

    torch.testing.assert_close(terms["cross_entropy"], F.cross_entropy(step.source.logits, step.source.labels))
    torch.testing.assert_close(terms["target_entropy"], -0.2 * (p * p.log()).sum(dim=1).mean())


def test_every_class_has_an_adversary_weighted_by_the_class() -> None:
    step, san = batch(), made_up_method(San, hidden=5)
    features = (step.source.features, step.target.features)

    loss = san.losses(step, NETWORK, STATE)["adversarial"]

    expected = torch.zeros((), dtype=torch.float64)
    for k in range(CLASSES):
        p_source, p_target = (part.logits.softmax(dim=1)[:, k : k + 1].detach() for part in (step.source, step.target))
        d_source, d_target = (
            discriminator(san, k, p_source * features[0]),
            discriminator(san, k, p_target * features[1]),
        )
        own = -(d_source.log().mean() + (1 - d_target).log().mean()) / 2
        expected = expected + STATE.class_weight[k] / 0.5 * own
    assert_reversed(loss, expected, features, san.discriminators)


def test_the_adversaries_do_not_move_the_classifier() -> None:
    step = batch()

    made_up_method(San, hidden=5).losses(step, NETWORK, STATE)["adversarial"].backward()

    assert step.source.features.grad is not None
    assert step.source.logits.grad is None


def test_the_adversary_of_a_class_without_weight_learns_nothing() -> None:
    san = made_up_method(San, hidden=5)

    san.losses(batch(), NETWORK, STATE)["adversarial"].backward()

    gradient = san.discriminators.layers[0].weight.grad
    assert gradient is not None
    assert gradient[3].abs().sum() == 0
    assert gradient[0].abs().sum() > 0


def test_65_discriminators_are_three_million_weights() -> None:
    san = create_method("san", 256, 65, {})

    assert sum(parameter.numel() for parameter in san.parameters()) < 3.3e6


def test_source_only_classes_lose_weight() -> None:
    result, source_only = train_toy("san", seed=1), train_toy("source-only", seed=1)

    assert result.losses["cross_entropy"][-1] < result.losses["cross_entropy"][0] / 2
    assert result.class_weight[TARGET_CLASSES:].sum() < source_only.class_weight[TARGET_CLASSES:].sum() / 2
    assert result.after > source_only.after + 10
