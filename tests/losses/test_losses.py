"""Each loss against a few lines that follow its definition; test_parity.py holds most to the authors' numbers."""

import math

import torch

from isra_model.losses.entropy import complement_entropy, entropy
from isra_model.losses.isra import alignment_loss, domain_pool, receptor_loss, reconstruction_loss, topic_gaps
from isra_model.networks import TopicReceptors


def test_entropy_of_certain_and_of_even_predictions() -> None:
    values = entropy(torch.tensor([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))

    torch.testing.assert_close(values, torch.tensor([0.0, math.log(3)]))


def test_complement_entropy_is_lowest_where_the_other_classes_are_even() -> None:
    label = torch.tensor([0])
    even = complement_entropy(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), label)
    uneven = complement_entropy(torch.tensor([[1.0, 3.0, 0.0, 0.0]]), label)

    torch.testing.assert_close(even, torch.tensor(-1.0))
    assert uneven > even


def test_complement_entropy_stays_finite_at_certainty() -> None:
    logits = torch.tensor([[200.0, 0.0, 1.0], [0.0, 300.0, 2.0]], requires_grad=True)

    loss = complement_entropy(logits, torch.tensor([0, 1]))
    loss.backward()

    assert loss == 0.0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_reconstruction_means_over_each_domain() -> None:
    features = torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])

    assert float(reconstruction_loss(features, torch.zeros_like(features), source_count=1)) == 1.0 + (25.0 + 4.0) / 2


def test_the_released_reconstruction_means_over_every_value() -> None:
    features = torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])

    loss = reconstruction_loss(features, torch.zeros_like(features), source_count=1, reduction="values")

    torch.testing.assert_close(loss, torch.tensor((1.0 + 25.0 + 4.0) / 6))


def test_receptor_loss_follows_equation_2_and_trains_nothing_else() -> None:
    torch.manual_seed(0)
    receptors = TopicReceptors(features=3, topics=2, hidden=4).double()
    features = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    topics = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)

    loss = receptor_loss(receptors, features, topics, sparsity=0.5, pooling="sum")
    loss.backward()

    by_topic = [
        sum((receptors(features)[i, j] - topics[i, j]) ** 2 for i in range(5)) + 0.5 * receptors.weight[j].abs().sum()
        for j in range(2)
    ]
    torch.testing.assert_close(loss, sum(by_topic) / 2)
    assert features.grad is None
    assert topics.grad is None


def test_alignment_follows_equation_3() -> None:
    torch.manual_seed(0)
    features, attention = torch.randn(5, 4).double(), torch.rand(5, 3, 4).double()
    masks = attention / attention.norm(dim=2, keepdim=True) * features.unsqueeze(1)
    gaps = masks[:2].sum(dim=0) - masks[2:].sum(dim=0)

    pool = domain_pool(torch.ones(2).double(), 3, "sum")
    loss = alignment_loss(topic_gaps(features, attention, pool, "row"), "sum")

    torch.testing.assert_close(loss, gaps.square().sum())


def test_alignment_is_zero_where_both_domains_respond_alike() -> None:
    features, attention = torch.randn(3, 4).repeat(2, 1), torch.rand(3, 2, 4).repeat(2, 1, 1)

    pool = domain_pool(torch.ones(3), 3, "mean")
    loss = alignment_loss(topic_gaps(features, attention, pool, "batch"), "mean")

    torch.testing.assert_close(loss, torch.tensor(0.0))
