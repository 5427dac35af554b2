"""MWPDA's terms against a few lines of float64 that follow what its docstring decides, and what the method claims."""

import torch

from isra_model.methods import Batch, State
from isra_model.methods.mwpda import Mwpda, shared_classes
from tests.methods.made_up import (
    CLASSES,
    FEATURES,
    NETWORK,
    assert_reversed,
    assert_same,
    made_up_batch,
    made_up_method,
)
from tests.methods.toy import CLASSES as TOY_CLASSES
from tests.methods.toy import TARGET_CLASSES, domains, train_toy

STATE = State(progress=0.3, class_weight=torch.tensor([0.5, 0.4, 0.1, 0.0], dtype=torch.float64))
LABELS = torch.tensor([0, 1, 2, 3, 1])
SHARED = torch.tensor([1.0, 1.0, 0.0, 0.0, 1.0], dtype=torch.float64)
BY_CLASS = torch.tensor([1.0, 0.9, 0.1, 0.0, 0.9], dtype=torch.float64)


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=LABELS.tolist(), target=4, dtype=torch.float64)


def otsu_by_brute_force(weights: list[float]) -> list[bool]:
    """Try every threshold and keep the one with the least variance within its two groups."""

    def within(threshold: float) -> float:
        groups = [[w for w in weights if w >= threshold], [w for w in weights if w < threshold]]
        return sum(sum((w - sum(group) / len(group)) ** 2 for w in group) for group in groups if group)

    best = min(sorted(set(weights))[1:], key=within)
    return [w >= best for w in weights]


def test_otsus_threshold_separates_shared_classes_from_the_others() -> None:
    for seed in range(20):
        weights = torch.rand(9, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) ** 3

        assert shared_classes(weights).tolist() == otsu_by_brute_force(weights.tolist())


def test_before_anything_is_measured_every_class_is_shared() -> None:
    assert shared_classes(torch.full((65,), 1 / 65)).all()


def test_the_sharing_classifier_learns_hard_labels_and_that_the_target_is_shared() -> None:
    step, mwpda = batch(), made_up_method(Mwpda)
    s, t = (mwpda.sharing(part.features).sigmoid() for part in (step.source, step.target))

    loss = mwpda.losses(step, NETWORK, STATE)["sharing"]

    source_loss = -(SHARED * s.log() + (1 - SHARED) * (1 - s).log())
    expected = (source_loss.mean() - t.log().mean()) / 2
    assert_same(loss, expected, list(mwpda.sharing.parameters()))
    loss.backward()
    assert step.source.features.grad is None
    assert step.target.features.grad is None


def test_class_and_sample_weight_the_cross_entropy() -> None:
    step, mwpda = batch(), made_up_method(Mwpda)
    weights = BY_CLASS * mwpda.sharing(step.source.features).sigmoid().detach()
    by_image = -step.source.logits.softmax(dim=1)[torch.arange(5), LABELS].log()

    loss = mwpda.losses(step, NETWORK, STATE)["cross_entropy"]

    expected = (weights * by_image).sum() / weights.sum()
    assert_same(loss, expected, [step.source.logits])


def test_class_and_sample_weight_the_adversary_which_is_reversed() -> None:
    step, mwpda = batch(), made_up_method(Mwpda)
    features = (step.source.features, step.target.features)
    weights = BY_CLASS * mwpda.sharing(features[0]).sigmoid().detach()
    d_source, d_target = (mwpda.discriminator(rows).sigmoid() for rows in features)

    loss = mwpda.losses(step, NETWORK, STATE)["adversarial"]

    expected = -((weights * d_source.log()).mean() + (1 - d_target).log().mean()) / 2
    assert_reversed(loss, expected, features, mwpda.discriminator)


def test_it_finds_the_shared_classes_and_their_samples() -> None:
    result, source_only = train_toy("mwpda", seed=1), train_toy("source-only", seed=1)
    source, _ = domains()
    assert isinstance(result.method, Mwpda)

    sample_weight = result.method.eval().sharing(result.network(source.images).features).sigmoid()

    assert shared_classes(result.class_weight).tolist() == [c < TARGET_CLASSES for c in range(TOY_CLASSES)]
    shared = source.labels < TARGET_CLASSES
    assert sample_weight[shared].mean() > sample_weight[~shared].mean() + 0.2
    assert result.after > source_only.after + 10
