"""The leaky softmax and its sum against their definition, and far out."""

import math

import pytest
import torch

from isra_model.losses.leaky_softmax import leaky_sum_logit, one_against_rest_loss


def test_values_and_gradients_follow_the_definition() -> None:
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 0, 1])
    shares = logits.exp() / (3 + logits.exp().sum(dim=1, keepdim=True))
    truth = torch.eye(3, dtype=torch.float64)[labels]

    loss = one_against_rest_loss(logits, labels)

    torch.testing.assert_close(leaky_sum_logit(logits).sigmoid(), shares.sum(dim=1))
    expected = -(truth * shares.log() + (1 - truth) * (1 - shares).log()).sum(dim=1).mean()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(loss, logits), torch.autograd.grad(expected, logits))


def test_a_confidently_wrong_row_keeps_its_value_and_gradient_in_float32() -> None:
    logits = torch.tensor([[19.0, 0.0]], requires_grad=True)
    every = 2.0 + math.exp(19.0) + 1.0

    loss = one_against_rest_loss(logits, torch.tensor([1]))
    loss.backward()

    assert loss.item() == pytest.approx(-math.log(3.0 / every) - math.log(1.0 / every), rel=1e-5)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.tensor([[2.0, -4 / 3]]), rtol=1e-3, atol=1e-3)


def test_large_logits_give_finite_losses() -> None:
    logits = torch.tensor([[500.0, -500.0], [-500.0, 500.0]], requires_grad=True)

    one_against_rest_loss(logits, torch.tensor([0, 0])).backward()

    assert logits.grad is not None
    assert logits.grad.isfinite().all()
