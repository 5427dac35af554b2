"""SLM's terms against a few lines of float64 that follow the paper, and what the method claims."""

from dataclasses import replace
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from isra_model.methods import Batch, State
from isra_model.methods.slm import Part, Slm, SlmSettings, mix
from isra_model.networks import PdaNetwork, Response, reversal_coefficient
from tests.methods.made_up import CLASSES, FEATURES, assert_same, made_up_batch, made_up_method
from tests.methods.toy import TARGET_CLASSES, domains, train_toy

THRESHOLD = 0.5
LABELS = torch.tensor([0, 1, 2, 3, 1])
CLASS_WEIGHT = torch.full((CLASSES,), 0.25, dtype=torch.float64)
WARMING, ADAPTING = State(0.1, CLASS_WEIGHT), State(0.5, CLASS_WEIGHT)
REVERSAL = reversal_coefficient((0.5 - 1 / 3) / (2 / 3))
TEMPERATURE = 1 - REVERSAL


class Pixels(nn.Module):
    """Stands for a network whose features are an image's three values."""

    def forward(self, images: Tensor) -> Response:
        features = images.flatten(1)
        return Response(features, features @ torch.arange(12, dtype=torch.float64).view(3, CLASSES).sin())


NETWORK = cast(PdaNetwork, Pixels())


def batch() -> Batch:
    step = made_up_batch(CLASSES, FEATURES, source=LABELS.tolist(), target=5, dtype=torch.float64)
    return replace(
        step,
        source=replace(step.source, images=torch.randn(5, FEATURES, 1, 1, dtype=torch.float64)),
        target=replace(step.target, images=torch.randn(5, FEATURES, 1, 1, dtype=torch.float64)),
    )


def method() -> Slm:
    torch.manual_seed(1)
    return made_up_method(Slm, pseudo_threshold=THRESHOLD)


def losses(slm: Slm, step: Batch, state: State = ADAPTING) -> dict[str, Tensor]:
    torch.manual_seed(2)
    return slm.losses(step, NETWORK, state)


def selection(slm: Slm, step: Batch, temperature: float = TEMPERATURE) -> Tensor:
    torch.manual_seed(2)
    return F.gumbel_softmax(slm.selector(step.source.features.detach()), tau=temperature, hard=True)[:, 1]


def entropies(logits: Tensor) -> Tensor:
    return torch.special.entr(logits.softmax(dim=1)).sum(dim=1)


def smoothed() -> Tensor:
    return 0.8 * torch.eye(CLASSES, dtype=torch.float64)[LABELS] + 0.2 / CLASSES


def pseudo_labels(step: Batch) -> tuple[Tensor, Tensor]:
    logits = step.target.logits.detach()
    return (logits / (0.05 * TEMPERATURE)).softmax(dim=1), (logits.softmax(dim=1).amax(dim=1) > THRESHOLD).double()


def test_the_warm_start_is_the_whole_source_and_a_plain_adversary() -> None:
    step, slm = batch(), method()
    features = [step.source.features, step.target.features]
    d_source, d_target = (slm.discriminator(rows).sigmoid() for rows in features)

    terms = losses(slm, step, WARMING)

    torch.testing.assert_close(terms["cross_entropy"], F.cross_entropy(step.source.logits, LABELS))
    torch.testing.assert_close(terms["adversarial"], -d_source.log().mean() - (1 - d_target).log().mean())
    assert set(terms) == {"cross_entropy", "adversarial", "hausdorff", "selector_entropy"}


def test_only_kept_source_images_are_learnt() -> None:
    step, slm = batch(), method()
    kept = selection(slm, step).detach()
    assert 0 < kept.sum() < 5

    by_image = -(smoothed() * step.source.logits.log_softmax(dim=1)).sum(dim=1)

    assert_same(losses(slm, step)["cross_entropy"], (kept * by_image).sum() / kept.sum(), [step.source.logits])


def test_only_certain_target_images_are_labelled() -> None:
    step = batch()
    labels, certain = pseudo_labels(step)
    assert 0 < certain.sum() < 5

    by_image = -(labels * step.target.logits.log_softmax(dim=1)).sum(dim=1)

    expected = (certain * by_image).sum() / certain.sum()
    assert_same(losses(method(), step)["pseudo_cross_entropy"], expected, [step.target.logits])


def test_the_selector_separates_near_from_far_and_the_images_of_a_batch() -> None:
    step, slm = batch(), method()
    kept = selection(slm, step)
    distances = torch.cdist(step.source.features.detach(), step.target.features.detach())
    values = []
    for part in (kept, 1 - kept):
        nearest = (part * distances.min(dim=1).values).sum() / part.sum()
        values.append(nearest + distances[part > 0.5].min(dim=0).values.mean())

    terms = losses(slm, step)

    shares = slm.selector(step.source.features.detach())[:, 1].softmax(dim=0)
    parameters = list(slm.selector.parameters())
    assert_same(terms["hausdorff"], 0.01 * (values[0] - values[1] + 100), parameters)
    assert_same(terms["selector_entropy"], -0.1 * (shares * shares.log()).sum(), parameters)


def test_target_predictions_become_certain_and_diverse() -> None:
    step = batch()
    mean = step.target.logits.softmax(dim=1).mean(dim=0)

    expected = 0.1 * (entropies(step.target.logits).mean() - torch.special.entr(mean).sum())

    assert_same(losses(method(), step)["information"], expected, [step.target.logits])


def test_mixtures_are_learnt_and_shown_to_the_adversary_with_all_else() -> None:
    step, slm = batch(), method()
    labels, certain = pseudo_labels(step)
    kept, one, zero = selection(slm, step), torch.ones(5).double(), torch.zeros(5).double()
    source, target = (step.source.images, smoothed(), one, kept, one), (step.target.images, labels, zero, one, certain)
    pairs = [(source, target)]
    for part in (source, target):
        order = torch.randperm(5)
        pairs.append((part, tuple(value[order] for value in part)))
    domain_losses, cross_entropies = [], []
    shown = [
        (step.source.features, one, kept, entropies(step.source.logits).detach()),
        (step.target.features, zero, one, entropies(step.target.logits).detach()),
    ]
    for first, second in pairs:
        ratio = torch.distributions.Beta(2.0, 2.0).sample().item()
        images, mixed_labels, domain = (ratio * a + (1 - ratio) * b for a, b in zip(first[:3], second[:3], strict=True))
        chosen, counts = first[3] * second[3], (first[3] * second[3] * first[4] * second[4]).detach()
        features, logits = NETWORK(images)
        by_image = -(mixed_labels * logits.log_softmax(dim=1)).sum(dim=1)
        cross_entropies.append((counts * by_image).sum() / counts.sum().clamp_min(1))
        shown.append((features, domain, chosen, one))
    for features, domain, chosen, weight in shown:
        d = slm.discriminator(features).sigmoid()
        values = -weight * (domain * d.log() + (1 - domain) * (1 - d).log())
        domain_losses.append((chosen * values).sum() / chosen.sum())

    terms = losses(slm, step)

    torch.testing.assert_close(terms["mixed_cross_entropy"], sum(cross_entropies))
    expected = sum(domain_losses, torch.zeros(()))
    torch.testing.assert_close(terms["adversarial"], expected)
    for parameters, sign in ((slm.discriminator.parameters(), 1.0), (slm.selector.parameters(), -REVERSAL)):
        rows = list(parameters)
        plain = torch.autograd.grad(expected, rows, retain_graph=True)
        received = torch.autograd.grad(terms["adversarial"], rows, retain_graph=True)
        torch.testing.assert_close(received, tuple(sign * gradient for gradient in plain))


def test_a_mixture_lies_between_its_images_and_counts_where_both_do() -> None:
    def part(value: float, counts: list[float]) -> Part:
        rows, one_hot = torch.tensor(counts), torch.eye(2)[[int(value)] * len(counts)]
        return Part(torch.full((len(counts), 3, 2, 2), value), one_hot, torch.full_like(rows, value), rows, rows)

    mixture = mix(part(1.0, [1.0, 1.0, 0.0]), part(0.0, [1.0, 0.0]), 2.0)

    ratio = mixture.images[0, 0, 0, 0]
    assert 0 < ratio < 1
    assert (mixture.images == ratio).all()
    torch.testing.assert_close(mixture.labels, torch.stack([1 - ratio, ratio]).expand(2, 2))
    torch.testing.assert_close(mixture.domain, ratio.expand(2))
    assert mixture.selected.tolist() == mixture.labelled.tolist() == [1.0, 0.0]


def test_a_selector_that_keeps_all_or_none_is_seen_in_its_health() -> None:
    step, slm = batch(), method()
    for answer in (0.0, 1.0):
        slm.selector[-1].bias.data = torch.tensor([0.0, 1e3 * (2 * answer - 1)], dtype=torch.float64)

        assert slm.health(step) == {"kept": answer}


def test_the_selector_discards_source_only_classes_more_often() -> None:
    """A selection flips with the last bit of a sum, another on every processor: the median of three runs is judged."""
    shares = []
    for seed in range(3):
        result = train_toy("slm", seed=seed, steps=60, rate=2e-3)

        source, _ = domains()
        assert isinstance(result.method, Slm)
        with torch.no_grad():
            kept = result.method.selector(result.network(source.images).features).softmax(dim=1)[:, 1]
        shared = source.labels < TARGET_CLASSES
        shares.append(float(kept[~shared].mean() / kept[shared].mean()))
        assert sum(result.losses["cross_entropy"][-10:]) < 0.75 * sum(result.losses["cross_entropy"][:10])
        assert result.after > result.before + 20
    assert sorted(shares)[1] < 0.7


def test_a_ratio_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`settings\.mixing` is 0: give a number above zero"):
        Slm(4, 3, SlmSettings(mixing=0.0))
