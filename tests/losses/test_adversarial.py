"""The weighted domain loss against its definition, and what its weights do."""

import torch
from torch.nn import functional as F

from isra_model.losses.adversarial import mean_one, weighted_adversarial_loss


def test_the_domain_loss_is_half_the_sum_of_both_domains_means() -> None:
    torch.manual_seed(0)
    source, target = torch.randn(5).double(), torch.randn(3).double()
    source_weights, target_weights = torch.rand(5).double(), torch.rand(3).double()

    loss = weighted_adversarial_loss(source, target, source_weights, target_weights)

    by_hand = -(source_weights * source.sigmoid().log()).mean() - (target_weights * (-target).sigmoid().log()).mean()
    torch.testing.assert_close(loss, by_hand / 2)


def test_without_weights_it_is_the_cross_entropy_of_telling_the_domains_apart() -> None:
    source, target = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
    domains = torch.tensor([1.0, 1.0, 0.0, 0.0])

    loss = weighted_adversarial_loss(source, target)

    torch.testing.assert_close(loss, F.binary_cross_entropy_with_logits(torch.cat([source, target]), domains))


def test_a_certain_discriminator_gives_a_finite_loss() -> None:
    logits = torch.tensor([-500.0, 500.0], requires_grad=True)

    weighted_adversarial_loss(logits, logits).backward()

    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_weights_of_mean_one_keep_their_ratios_and_no_weight_stays_none() -> None:
    assert mean_one(torch.tensor([1.0, 3.0])).tolist() == [0.5, 1.5]
    assert mean_one(torch.zeros(2)).tolist() == [0.0, 0.0]
