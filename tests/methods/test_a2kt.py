"""A2KT's terms against a few lines of float64, what it accumulates, and what the method claims."""

import math

import pytest
import torch
from torch import Tensor

from isra_model.methods import Batch, State
from isra_model.methods.a2kt import A2kt, accumulate
from isra_model.networks import Response
from tests.methods.made_up import CLASSES, FEATURES, NETWORK, made_up_batch, made_up_method
from tests.methods.toy import TARGET_CLASSES, toy_network, train_toy

UNIFORM = torch.full((CLASSES,), 0.25)


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3, 2, 0], target=8, dtype=torch.float64)


def method(**settings: float) -> A2kt:
    created = made_up_method(A2kt, **settings)
    created.prototypes.copy_(torch.randn(CLASSES, FEATURES, generator=torch.Generator().manual_seed(1)))
    return created


def state(a2kt: A2kt, progress: float = 0.75) -> State:
    """Return a target of which both classifiers say the same, but of every fifth image."""
    generator = torch.Generator().manual_seed(2)
    features = torch.randn(20, FEATURES, generator=generator, dtype=torch.float64)
    logits = cosines(features, a2kt.prototypes) * torch.rand(20, 1, generator=generator) * 10
    logits[::5] = logits[::5].neg()
    return State(progress, UNIFORM, Response(features, logits))


def cosines(features: Tensor, others: Tensor) -> Tensor:
    products = features @ others.T
    return products / (features.square().sum(dim=1, keepdim=True) * others.square().sum(dim=1)).sqrt()


def expected_terms(a2kt: A2kt, step: Batch, now: State) -> tuple[dict[str, Tensor], list[Tensor]]:
    """Return every term by loops over images and pairs, and the leaves that they depend on."""
    assert now.target is not None
    known = accumulate(now.target.logits, cosines(now.target.features, a2kt.prototypes) / 0.1, 0.6)
    chosen = [row for row, place in enumerate(step.target.index.tolist()) if known.chosen[place]]
    assert 0 < len(chosen) < len(step.target)
    leaves = [
        rows.detach().requires_grad_()
        for rows in (step.source.features, step.target.features, step.source.logits, step.target.logits)
    ]
    features = torch.cat([leaves[0], leaves[1][chosen]])
    logits = torch.cat([leaves[2], leaves[3][chosen]])
    labels = step.source.labels.tolist() + [int(known.labels[step.target.index[row]]) for row in chosen]
    weights = [float(known.class_weight[label]) for label in labels]

    def mean(values: list[Tensor], over: list[float]) -> Tensor:
        return sum(w * v for w, v in zip(over, values, strict=True)) / sum(over)  # type: ignore[return-value]

    rows = range(len(labels))
    by_logits = [-logits[i].log_softmax(0)[labels[i]] for i in rows]
    prototype_logits = cosines(features, a2kt.prototypes.clone()) / 0.1
    by_prototype = [-prototype_logits[i].log_softmax(0)[labels[i]] for i in rows]
    pairs = [(i, j) for i in rows for j in rows if i < j and labels[i] == labels[j]]
    gaps = [1 - cosines(features[[i]], features[[j]])[0, 0] for i, j in pairs]
    unit = features / features.norm(dim=1, keepdim=True)
    weighing = sorted({label for label, weight in zip(labels, weights, strict=True) if weight > 0})
    centres = torch.stack([unit[[i for i in rows if labels[i] == label]].mean(0) for label in weighing])
    between = cosines(centres, centres)[*torch.triu_indices(len(weighing), len(weighing), 1)]
    return {
        "cross_entropy": mean(by_logits, weights),
        "prototypes": mean(by_prototype, weights),
        "compactness": mean(gaps, [weights[i] for i, _ in pairs]),
        "centres": between.mean(),
    }, leaves


@pytest.mark.parametrize("term", ["cross_entropy", "prototypes", "compactness", "centres"])
def test_every_term_and_its_gradient_are_those_of_loops_over_images(term: str) -> None:
    step, a2kt = batch(), method()
    now = state(a2kt)
    expected, leaves = expected_terms(a2kt, step, now)

    value = a2kt.losses(step, NETWORK, now)[term]

    torch.testing.assert_close(value, expected[term])
    inputs = [step.source.features, step.target.features, step.source.logits, step.target.logits]
    gradients = torch.autograd.grad(value, inputs, allow_unused=True)
    torch.testing.assert_close(gradients, torch.autograd.grad(expected[term], leaves, allow_unused=True))


def test_the_source_alone_is_learnt_first() -> None:
    step, a2kt = batch(), method()

    terms = a2kt.losses(step, NETWORK, State(0.49, UNIFORM))

    by_image = -step.source.logits.log_softmax(dim=1)[torch.arange(6), step.source.labels]
    assert list(terms) == ["cross_entropy"]
    torch.testing.assert_close(terms["cross_entropy"], by_image.mean())
    assert [a2kt.sizes(36, progress).target for progress in (0.0, 0.49, 0.5)] == [0, 0, 36]


def test_of_each_class_the_images_that_both_classifiers_are_surest_of_are_accumulated() -> None:
    perceptron = torch.tensor([[3.0, 0, 0], [2.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0], [0, 1.0, 0], [0, 0, 0.1]])
    prototype = torch.tensor([[3.0, 0, 0], [2.0, 0, 0], [1.0, 0, 0], [0, 9.0, 0], [0, 1.0, 0], [0, 0.2, 0.1]])

    half, whole = accumulate(perceptron, prototype, 0.5), accumulate(perceptron, prototype, 1.0)

    assert half.labels.tolist() == [0, 0, 0, 0, 1, 2]
    assert half.chosen.tolist() == [True, True, False, False, True, False]
    assert whole.chosen.tolist() == [True, True, True, False, True, False]
    torch.testing.assert_close(half.class_weight, torch.tensor([1.0, 1 / 3, 0.0]))


def test_more_of_the_target_is_accumulated_as_training_goes_on() -> None:
    target = state(method()).target
    assert target is not None

    counts = [int(accumulate(target.logits, target.logits, share).chosen.sum()) for share in (0.2, 0.6, 1.0)]

    assert counts[0] < counts[1] < counts[2] == len(target.logits)


def test_prototypes_follow_the_directions_of_their_classes() -> None:
    step, a2kt = batch(), method(momentum=0.75)
    before = a2kt.prototypes.clone()

    a2kt.losses(step, NETWORK, State(0.0, UNIFORM))

    unit = [[value / math.hypot(*row) for value in row] for row in step.source.features.tolist()]
    second = torch.tensor([unit[2], unit[4]], dtype=torch.float64).mean(dim=0)
    torch.testing.assert_close(a2kt.prototypes[2], 0.75 * before[2] + 0.25 * second)
    assert not a2kt.prototypes.requires_grad


def test_a_step_without_anything_accumulated_has_a_loss_of_nothing() -> None:
    a2kt = method()
    disagreeing = Response(a2kt.prototypes, cosines(a2kt.prototypes, a2kt.prototypes).neg())

    terms = a2kt.losses(
        made_up_batch(CLASSES, FEATURES, source=[0], target=4, dtype=torch.float64),
        NETWORK,
        State(0.5, UNIFORM, disagreeing),
    )

    assert [value.item() for value in terms.values()] == [0.0] * 4


def test_a_target_that_was_never_measured_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="source_share"):
        method().losses(batch(), NETWORK, State(0.5, UNIFORM))


def test_accumulating_the_target_betters_what_the_source_taught() -> None:
    source = [train_toy("a2kt", seed=seed, settings={"source_share": 1.0}) for seed in range(3)]
    both = [train_toy("a2kt", steps=200, seed=seed) for seed in range(3)]

    assert sum(run.after for run in both) > sum(run.after for run in source) + 3 * 10
    for before, run in zip(source, both, strict=True):
        assert run.class_weight[TARGET_CLASSES:].sum() < before.class_weight[TARGET_CLASSES:].sum() / 1.5
        for term in ("compactness", "centres"):
            assert sum(run.losses[term][-10:]) < sum(run.losses[term][:10])


def test_the_backbone_stays_as_the_source_made_it() -> None:
    source_alone = train_toy("a2kt", steps=20, settings={"source_share": 1.0}).network
    adapted = train_toy("a2kt", steps=40).network

    torch.testing.assert_close(adapted.backbone.state_dict(), source_alone.backbone.state_dict(), rtol=0, atol=0)
    assert not torch.equal(adapted.bottleneck.weight, source_alone.bottleneck.weight)
    assert toy_network(A2kt.network_form).norm.state_dict().keys() == adapted.norm.state_dict().keys()
