"""The label-free scores on predictions whose score is known."""

import math

import pytest
import torch
from torch.nn import functional as F

from isra_model.training import scores
from isra_model.training.scores import information_maximisation, neighbourhood_density, target_entropy

CERTAIN = 50.0 * torch.eye(4)


def test_certain_predictions_of_every_class_are_best() -> None:
    assert target_entropy(CERTAIN) == pytest.approx(0.0, abs=1e-6)
    assert information_maximisation(CERTAIN) == pytest.approx(math.log(4))


def test_information_maximisation_gives_nothing_for_one_class_predicted_for_all() -> None:
    assert information_maximisation(CERTAIN[:1].repeat(6, 1)) == pytest.approx(0.0, abs=1e-6)


def test_density_is_the_number_of_neighbours_that_each_sample_has() -> None:
    dense = CERTAIN.repeat(5, 1)

    assert neighbourhood_density(dense) == pytest.approx(math.log(4), abs=1e-4)


def test_density_does_not_depend_on_how_many_rows_are_taken_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.randn(23, 4, generator=torch.Generator().manual_seed(0))
    rows = F.normalize(logits.softmax(dim=1), dim=1)
    similarity = (rows @ rows.T / 0.05).fill_diagonal_(-torch.inf)
    expected = torch.distributions.Categorical(logits=similarity).entropy().mean()

    for count in (1, 10, 23, 100):
        monkeypatch.setattr(scores, "ROWS", count)
        assert neighbourhood_density(logits) == pytest.approx(float(expected), abs=1e-5)
