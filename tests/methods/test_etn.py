"""ETN's terms against a few lines of float64 that follow the paper, and what the method claims."""

from dataclasses import replace

import torch
from torch import Tensor

from isra_model.losses.leaky_softmax import leaky_sum_logit
from isra_model.methods import Batch, State
from isra_model.methods.etn import Etn, transferability
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

STATE = State(progress=0.3, class_weight=torch.full((CLASSES,), 0.25, dtype=torch.float64))
LABELS = torch.tensor([0, 1, 2, 3, 1])


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=LABELS.tolist(), target=4, dtype=torch.float64)


def auxiliary_shares(etn: Etn, features: Tensor) -> Tensor:
    powers = etn.auxiliary(features.detach()).exp()
    return powers / (CLASSES + powers.sum(dim=1, keepdim=True))


def weights(etn: Etn, step: Batch) -> Tensor:
    weight = 1 - auxiliary_shares(etn, step.source.features).sum(dim=1).detach()
    return weight / weight.mean()


def test_cross_entropy_is_weighted_by_example() -> None:
    step, etn = batch(), made_up_method(Etn, auxiliary_rate=1.0)
    by_image = -step.source.logits.softmax(dim=1)[torch.arange(5), LABELS].log()

    loss = etn.losses(step, NETWORK, STATE)["cross_entropy"]

    expected = (weights(etn, step) * by_image).mean()
    assert_same(loss, expected, [step.source.logits])


def test_target_entropy_is_minimised() -> None:
    step = batch()
    probabilities = step.target.logits.softmax(dim=1)

    loss = made_up_method(Etn, auxiliary_rate=1.0).losses(step, NETWORK, STATE)["target_entropy"]

    torch.testing.assert_close(loss, -0.2 * (probabilities * probabilities.log()).sum(dim=1).mean())


def test_the_adversary_is_weighted_by_example_on_the_source_and_reversed() -> None:
    step, etn = batch(), made_up_method(Etn, auxiliary_rate=1.0)
    features = (step.source.features, step.target.features)
    d_source, d_target = (etn.discriminator(rows).sigmoid() for rows in features)

    loss = etn.losses(step, NETWORK, STATE)["adversarial"]

    expected = -(weights(etn, step) * d_source.log()).mean() - (1 - d_target).log().mean()
    assert_reversed(loss, expected, features, etn.discriminator)


def test_the_auxiliary_head_learns_domain_and_class_and_nothing_else_does() -> None:
    step, etn = batch(), made_up_method(Etn, auxiliary_rate=1.0)
    shares = auxiliary_shares(etn, step.source.features)
    target_sum = auxiliary_shares(etn, step.target.features).sum(dim=1)
    truth = torch.eye(CLASSES, dtype=torch.float64)[LABELS]

    terms = etn.losses(step, NETWORK, STATE)

    expected = {
        "auxiliary_domain": -10 * (shares.sum(dim=1).log().mean() + (1 - target_sum).log().mean()),
        "auxiliary_class": -(truth * shares.log() + (1 - truth) * (1 - shares).log()).sum() / len(LABELS),
    }
    head = list(etn.auxiliary.parameters())
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)
        of_term = torch.autograd.grad(terms[name], head, retain_graph=True)
        torch.testing.assert_close(of_term, torch.autograd.grad(value, head, retain_graph=True))
        rows = [step.source.features, step.target.features, step.source.logits, *etn.discriminator.parameters()]
        assert set(torch.autograd.grad(terms[name], rows, retain_graph=True, allow_unused=True)) == {None}


def test_the_head_learns_at_a_tenth_of_the_rate_by_default() -> None:
    step, fast = batch(), made_up_method(Etn, auxiliary_rate=1.0)
    slow = made_up_method(Etn)
    slow.load_state_dict(fast.state_dict())

    terms, full = slow.losses(step, NETWORK, STATE), fast.losses(step, NETWORK, STATE)

    for name in ("auxiliary_domain", "auxiliary_class"):
        torch.testing.assert_close(terms[name], 0.1 * full[name])


def test_heads_that_are_far_out_learn_nothing_and_every_term_stays_finite() -> None:
    step, etn = batch(), made_up_method(Etn, auxiliary_rate=1.0)
    far = {name: replace(part, features=1e30 * part.features) for name, part in vars(step).items()}

    terms = etn.losses(Batch(**far), NETWORK, STATE)
    torch.stack(list(terms.values())).sum().backward()

    assert all(term.isfinite() for term in terms.values())
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in etn.parameters())


def test_examples_of_source_only_classes_lose_weight_and_the_loss_falls() -> None:
    result = train_toy("etn", seed=1, rate=2e-3)

    source, _ = domains()
    assert isinstance(result.method, Etn)
    with torch.no_grad():
        features = result.network(source.images, source=True).features
        weight = transferability(leaky_sum_logit(result.method.eval().auxiliary(features)))
    shared = source.labels < TARGET_CLASSES
    assert sum(result.losses["cross_entropy"][-10:]) < 0.6 * sum(result.losses["cross_entropy"][:10])
    assert weight[~shared].mean() < 0.7 * weight[shared].mean()
