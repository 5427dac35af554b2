"""Co-learn's pseudo-labels against a few lines that follow the paper, and what they are worth on a toy."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.methods import Batch, State, create_method
from isra_model.methods.ba3us_colearn import TEMPERATURE, Ba3usColearn, nearest_centroids
from isra_model.networks import Response
from tests.methods.made_up import CLASSES, FEATURES, NETWORK, made_up_batch, made_up_method
from tests.methods.toy import train_toy

IMAGES = 30
SURE, UNSURE = math.log(0.9 / 0.1), math.log(0.4 / 0.6)


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=4, dtype=torch.float64)


def measured() -> State:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(IMAGES, CLASSES, generator=generator, dtype=torch.float64)
    pretrained = torch.randn(IMAGES, 5, generator=generator, dtype=torch.float64)
    weight = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    return State(0.5, weight, Response(torch.zeros(IMAGES, FEATURES), logits), pretrained)


def two_classes(*odds: float) -> Tensor:
    """Return logits (n, 3) with the log-odds of class 1 beside class 0; class 2 is never predicted."""
    return torch.tensor([[0.0, each, -50.0] for each in odds], dtype=torch.float64)


def test_an_image_is_told_by_the_nearest_mean_of_what_is_predicted_to_be_a_class() -> None:
    predictions = torch.tensor([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8]], dtype=torch.float64)
    features = torch.tensor([[3.0, 0.0], [2.0, 1.0], [0.0, 5.0], [0.1, 0.1]], dtype=torch.float64)

    probabilities = nearest_centroids(predictions, features)

    unit = [[value / math.hypot(*row) for value in row] for row in features.tolist()]
    for image, row in enumerate(unit):
        cosines = []
        for label in range(2):
            weights = predictions[:, label].tolist()
            centroid = [sum(w * each[k] for w, each in zip(weights, unit, strict=True)) for k in range(2)]
            cosines.append(sum(map(float.__mul__, row, centroid)) / math.hypot(*centroid))
        expected = 1 / (1 + math.exp((cosines[1] - cosines[0]) / TEMPERATURE))
        assert float(probabilities[image, 0]) == pytest.approx(expected, abs=1e-9)


def test_a_class_that_is_rarer_than_an_average_one_has_no_centroid() -> None:
    features = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [0.0, 1.0], [0.1, 1.0]], dtype=torch.float64)

    def told(labels: list[int], classes: int) -> list[int]:
        return nearest_centroids(F.one_hot(torch.tensor(labels), classes).double(), features).argmax(dim=1).tolist()

    assert told([0, 0, 0, 1, 1], classes=2) == [0, 0, 0, 0, 0]
    assert told([0, 0, 0, 1, 1], classes=3) == [0, 0, 0, 1, 1]
    assert told([0, 0, 1, 2, 2], classes=4) == [0, 0, 0, 2, 2]


@pytest.mark.parametrize(
    ("odds", "expected"),
    [
        pytest.param(SURE, 1, id="both say 1"),
        pytest.param(-UNSURE, 1, id="they agree, one hardly"),
        pytest.param(-SURE, None, id="they differ, both sure"),
    ],
)
def test_an_image_has_a_label_where_the_branches_agree_or_one_alone_is_sure(odds: float, expected: int | None) -> None:
    logits = two_classes(odds, 6.0, 6.0, -6.0, -6.0)
    pretrained = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [0.0, 1.0], [0.1, 1.0]], dtype=torch.float64)

    labels, labelled = made_up_method(Ba3usColearn).pseudo_labels(logits, pretrained, torch.ones(3).double() / 3)

    assert (int(labels[0]) if labelled[0] else None) == expected
    assert labels[1:].tolist() == [1, 1, 0, 0]
    assert bool(labelled[1:].all())


def test_the_sure_one_of_two_branches_that_differ_labels_the_image() -> None:
    logits = torch.tensor([[0.5, 0.4, 0.3, 0.2], *(row for row in (6 * torch.eye(4)).tolist() for _ in range(3))])
    pretrained = torch.cat([torch.eye(4)[3:], torch.eye(4).repeat_interleave(3, dim=0)])

    logits = F.pad(logits, (0, 1), value=-50.0)

    labels, labelled = made_up_method(Ba3usColearn).pseudo_labels(logits, pretrained, torch.full((5,), 0.2))

    assert int(labels[0]) == 3
    assert bool(labelled[0])


def test_the_class_weight_outvotes_what_the_target_lacks() -> None:
    logits = torch.tensor([[1.0, 0.9], [1.0, 0.9], [-6.0, 6.0], [-6.0, 6.0]])
    pretrained = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    lacks_class_0 = torch.tensor([0.05, 0.95])

    predictions = F.normalize(logits.softmax(dim=1) * lacks_class_0, p=1.0, dim=1)

    assert nearest_centroids(predictions, pretrained).argmax(dim=1).tolist() == [1, 1, 1, 1]


def test_the_term_is_the_mean_cross_entropy_of_the_images_that_have_a_label() -> None:
    step, state = batch(), measured()
    colearn = made_up_method(Ba3usColearn, pseudo_label_weight=2.0)
    assert state.target is not None
    assert state.pretrained is not None
    labels, labelled = colearn.pseudo_labels(state.target.logits, state.pretrained, state.class_weight)

    terms = colearn.losses(step, NETWORK, state)

    index = [image for image in step.target.index.tolist() if labelled[image]]
    errors = [-step.target.logits.log_softmax(dim=1)[image, labels[image]] for image in index]
    assert 0 < len(index) < len(step.target)
    torch.testing.assert_close(terms["pseudo_labels"], 2.0 * sum(errors) / len(errors))
    assert set(terms) == {*create_method("ba3us", FEATURES, CLASSES, {}).double().losses(step, NETWORK, state)} | {
        "pseudo_labels"
    }


def test_there_is_no_label_before_the_target_was_measured() -> None:
    terms = made_up_method(Ba3usColearn).losses(batch(), NETWORK, State(0.0, torch.full((CLASSES,), 0.25).double()))

    assert terms["pseudo_labels"].item() == 0.0


def test_it_learns_the_toy_targets_classes() -> None:
    result = train_toy("ba3us-colearn")

    assert result.after > result.before + 30
    assert result.losses["pseudo_labels"][-1] < max(result.losses["pseudo_labels"])
