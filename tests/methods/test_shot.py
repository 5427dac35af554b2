"""SHOT's two halves against a few lines of float64 that follow the paper, and what the method claims."""

import math

import pytest
import torch
from torch import Tensor

from isra_model.methods import Batch, State
from isra_model.methods.shot import Shot, centroid_labels
from isra_model.networks import NetworkConfig, PdaNetwork, Response
from tests.methods.made_up import CLASSES, FEATURES, made_up_batch, made_up_method
from tests.methods.toy import TARGET_CLASSES, train_toy

NETWORK = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=FEATURES, **Shot.network_form), CLASSES).double()


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=4, dtype=torch.float64)


def state(progress: float, *, images: int = 40) -> State:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(images, FEATURES, generator=generator, dtype=torch.float64)
    target = Response(features, 2 * features @ torch.randn(FEATURES, CLASSES, generator=generator).double())
    return State(progress, torch.full((CLASSES,), 0.25), target)


def labels_by_brute_force(target: Response, least: int) -> list[int]:
    rows = [[*row, 1.0] for row in target.features.tolist()]
    rows = [[value / math.hypot(*row) for value in row] for row in rows]
    predictions = target.logits.softmax(dim=1).tolist()
    labels = [row.index(max(row)) for row in predictions]
    for _ in range(2):
        kept = [label for label in range(CLASSES) if labels.count(label) > least]
        centroids = {
            label: [
                sum(p[label] * row[k] for p, row in zip(predictions, rows, strict=True)) for k in range(FEATURES + 1)
            ]
            for label in kept
        }
        labels = [
            max(kept, key=lambda c: sum(map(float.__mul__, row, centroids[c])) / math.hypot(*centroids[c]))
            for row in rows
        ]
        predictions = [[float(label == c) for c in range(CLASSES)] for label in labels]
    return labels


def test_the_source_comes_first_and_the_target_after() -> None:
    sizes = [made_up_method(Shot).sizes(36, progress) for progress in (0.0, 0.49, 0.5, 0.99)]

    assert [(size.source, size.target) for size in sizes] == [(36, 0), (36, 0), (0, 36), (0, 36)]


def test_the_sources_labels_are_smoothed() -> None:
    step = batch()
    terms = made_up_method(Shot).losses(step, NETWORK, State(0.0, torch.full((CLASSES,), 0.25)))

    smoothed = 0.9 * torch.eye(CLASSES, dtype=torch.float64) + 0.1 / CLASSES
    logits = step.source.logits.detach().requires_grad_()
    expected = -(smoothed * logits.log_softmax(dim=1)).sum(dim=1).mean()
    assert list(terms) == ["cross_entropy"]
    torch.testing.assert_close(terms["cross_entropy"], expected)
    assert_same_gradient(terms["cross_entropy"], step.source.logits, expected, logits)


@pytest.mark.parametrize("least", [0, 8])
def test_pseudo_labels_are_those_of_the_nearest_centroid(least: int) -> None:
    target = state(0.5).target
    assert target is not None

    labels = centroid_labels(target, least)

    assert labels.tolist() == labels_by_brute_force(target, least)
    assert len(labels.unique()) > 1


def test_a_class_with_few_predictions_has_no_centroid() -> None:
    target = state(0.5).target
    assert target is not None
    counts = target.logits.argmax(dim=1).bincount(minlength=CLASSES)
    rare = int(counts.argmin())

    assert rare in centroid_labels(target, 0)
    assert rare not in centroid_labels(target, int(counts[rare]))


def test_where_every_class_has_few_predictions_the_most_frequent_stays() -> None:
    target = state(0.5).target
    assert target is not None

    labels = centroid_labels(target, 1000)

    assert labels.unique().tolist() == [int(target.logits.argmax(dim=1).bincount().argmax())]


@pytest.mark.parametrize("term", ["target_entropy", "pseudo_labels"])
def test_the_targets_terms_are_entropy_and_pseudo_labels(term: str) -> None:
    step, now, shot = batch(), state(0.5), made_up_method(Shot, least_predictions=0)
    assert now.target is not None

    value = shot.losses(step, NETWORK, now)[term]

    features = step.target.features.detach().requires_grad_()
    p = (features @ NETWORK.classifier.weight.detach().T + NETWORK.classifier.bias.detach()).softmax(dim=1)
    labels = torch.tensor(labels_by_brute_force(now.target, 0))[step.target.index]
    expected = {
        "target_entropy": -(p * p.log()).sum(dim=1).mean(),
        "pseudo_labels": -0.3 * p[torch.arange(4), labels].log().mean(),
    }[term]
    torch.testing.assert_close(value, expected)
    assert_same_gradient(value, step.target.features, expected, features)


def test_no_gradient_reaches_the_frozen_classifier_nor_the_source() -> None:
    step = batch()
    loss = torch.stack(list(made_up_method(Shot).losses(step, NETWORK, state(0.5)).values())).sum()

    unreached = [*NETWORK.classifier.parameters(), step.source.features, step.source.logits]
    gradients = torch.autograd.grad(loss, [step.target.features, *unreached], allow_unused=True)

    assert gradients[0] is not None
    assert not any(gradient is not None for gradient in gradients[1:])


def test_a_target_that_was_never_measured_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="source_share"):
        made_up_method(Shot).losses(batch(), NETWORK, State(0.5, torch.full((CLASSES,), 0.25)))


def test_adapting_to_the_target_betters_what_the_source_taught() -> None:
    source = [train_toy("shot", seed=seed, settings={"source_share": 1.0}) for seed in range(3)]
    both = [train_toy("shot", steps=200, seed=seed) for seed in range(3)]

    assert sum(run.after for run in both) > sum(run.after for run in source) + 3 * 5
    source_only_classes = [
        sum(float(run.class_weight[TARGET_CLASSES:].sum()) for run in runs) for runs in (source, both)
    ]
    assert source_only_classes[1] < source_only_classes[0] / 1.5
    for run in both:
        assert run.losses["cross_entropy"][-1] < run.losses["cross_entropy"][0]
        for term in ("target_entropy", "pseudo_labels"):
            assert sum(run.losses[term][-10:]) < sum(run.losses[term][:10]) / 2


def test_the_classifier_stays_what_the_source_made_it() -> None:
    source_alone = train_toy("shot", steps=20, settings={"source_share": 1.0}).network.classifier
    adapted = train_toy("shot", steps=40).network.classifier

    torch.testing.assert_close(adapted.weight, source_alone.weight, rtol=0, atol=0)
    torch.testing.assert_close(adapted.bias, source_alone.bias, rtol=0, atol=0)


def assert_same_gradient(value: Tensor, inputs: Tensor, expected: Tensor, expected_inputs: Tensor) -> None:
    (gradient,), (expected_gradient,) = (
        torch.autograd.grad(loss, leaf) for loss, leaf in ((value, inputs), (expected, expected_inputs))
    )
    torch.testing.assert_close(gradient, expected_gradient)
