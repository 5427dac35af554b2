import pytest
import torch
from torch import nn

from isra_model.checkpoints.alignment import alignment_cosine, alignment_estimate
from isra_model.checkpoints.metrics import class_accuracy
from isra_model.losses.isra import alignment_loss, domain_pool, topic_gaps
from isra_model.networks import IsraModules


def test_a_class_has_the_accuracy_of_its_own_images_and_none_without_images() -> None:
    logits = torch.eye(3)[[0, 0, 1, 2]]
    labels = torch.tensor([0, 1, 1, 1])

    assert class_accuracy(logits, labels) == [100.0, 33.33, None]


def apart(isra: IsraModules, source: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None) -> float:
    """Return L_a of all rows at once, each normalised."""
    features = torch.cat([source, target])
    pool = domain_pool(torch.ones(len(source)) if weights is None else weights, len(target), "mean")
    return float(alignment_loss(topic_gaps(features, isra.receptors.attention(features), pool, "row"), "mean"))


def test_domains_are_aligned_alike_however_many_rows_are_taken_at_a_time() -> None:
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(700, 16, generator=generator), torch.randn(300, 16, generator=generator)
    isra, weights = IsraModules(16, 8, 12), torch.rand(700, generator=generator)

    estimate = alignment_estimate(isra, source, target, weights, batch_size=36)

    assert estimate["alignment"] == pytest.approx(apart(isra, source, target), rel=1e-4, abs=2e-6)
    assert estimate["alignment_class_weighted"] == pytest.approx(
        apart(isra, source, target, weights), rel=1e-4, abs=2e-6
    )


def test_what_batches_see_is_the_mean_over_all_that_could_be_drawn() -> None:
    torch.manual_seed(0)
    source, target, isra = torch.randn(5, 6), torch.randn(4, 6), IsraModules(6, 3, 8)
    drawn = [apart(isra, ours, theirs) for ours in source.split(1) for theirs in target.split(1)]

    estimate = alignment_estimate(isra, source, target, torch.ones(5), batch_size=1)

    assert estimate["alignment_of_batches"] == pytest.approx(sum(drawn) / 20, rel=1e-4, abs=2e-6)


@pytest.mark.parametrize(("label", "sign"), [(0, 1), (1, -1)])
def test_aligning_can_help_a_class_or_take_from_it(label: int, sign: int) -> None:
    """The target lies where the first of two classes does: to go there is right for its images alone."""
    torch.manual_seed(0)
    isra, classifier = IsraModules(2, 3, 8), nn.Linear(2, 2)
    with torch.no_grad():
        classifier.weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    source, target = torch.full((9, 2), 0.1), torch.tensor([[5.0, 0.0]]).repeat(7, 1)

    cosine = alignment_cosine(isra, classifier, (source, torch.full((9,), label)), target, batch_size=4)

    assert sign * cosine > 0
