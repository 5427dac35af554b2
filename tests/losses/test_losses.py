"""Each loss against a few lines that follow its definition; test_parity.py holds most to the authors' numbers."""

import math

import torch

from isra_model.losses.entropy import complement_entropy, entropy
from isra_model.losses.isra import (
    alignment_loss,
    conditional_alignment_loss,
    domain_pool,
    receptor_loss,
    reconstruction_loss,
    topic_gaps,
    topic_responses,
)
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


def test_the_conditional_alignment_compares_each_topic_over_its_own_images() -> None:
    """Two topics, the second the source's alone: only the first counts, over the images that have it."""
    source = torch.tensor([[2.0, 0.0], [4.0, 2.0], [9.0, 9.0]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[1.0, 1.0], [7.0, 7.0]], dtype=torch.float64)
    topics = torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 4.0]], dtype=torch.float64)
    attention = torch.tensor([3.0, 4.0], dtype=torch.float64)

    both = [
        topic_responses(source, attention.expand(3, 2, 2), topics),
        topic_responses(target, attention.expand(2, 2, 2), torch.tensor([[2.0, 0.0], [0.0, 0.0]], dtype=torch.float64)),
    ]
    masks, responses = (torch.stack(parts) for parts in zip(*both, strict=True))
    loss = conditional_alignment_loss(masks, responses, variance=torch.tensor(0.5, dtype=torch.float64))
    loss.backward()

    # masks are (0.6, 0.8) * x: (3 (1.2, 0) + (2.4, 1.6)) / 4 = (1.5, 0.4) against (0.6, 0.8); shares 1/2 and 1
    torch.testing.assert_close(float(loss.detach()), 0.5 * (0.9**2 + 0.4**2) / 0.5)
    torch.testing.assert_close(
        source.grad,
        torch.tensor(
            [[1.8 * 0.75 * 0.6, -0.8 * 0.75 * 0.8], [1.8 * 0.25 * 0.6, -0.8 * 0.25 * 0.8], [0.0, 0.0]],
            dtype=torch.float64,
        ),
    )


def test_a_topic_that_no_image_has_aligns_nothing() -> None:
    masks, responses = torch.zeros(2, 3, 4), torch.zeros(2, 3)

    assert conditional_alignment_loss(masks, responses, torch.tensor(0.0)) == 0.0
