"""Probabilities that mean what they say."""

import math

import pytest
import torch

from isra_model.training.calibration import calibrate, calibration_error, fit_temperature


def boasting(confidence: float, right: int, wrong: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits of two classes that always promise ``confidence``, and labels that keep it less often."""
    logits = torch.tensor([[math.log(confidence / (1 - confidence)), 0.0]], dtype=torch.float64)
    return logits.repeat(right + wrong, 1), torch.tensor([0] * right + [1] * wrong)


def test_the_error_is_how_much_more_is_promised_than_kept() -> None:
    assert calibration_error(*boasting(0.9, right=6, wrong=4)) == pytest.approx(0.3)


def test_the_temperature_lets_probabilities_promise_what_is_kept() -> None:
    """Of ten images seven are right: log 9 divided by the temperature has to be log(7 / 3)."""
    logits, labels = boasting(0.9, right=7, wrong=3)

    assert fit_temperature(logits, labels) == pytest.approx(math.log(9) / math.log(7 / 3))
    assert calibration_error(logits / fit_temperature(logits, labels), labels) == pytest.approx(0.0, abs=1e-9)


def test_what_is_said_is_measured_on_images_that_the_temperature_was_not_fitted_to() -> None:
    logits, labels = boasting(0.9, right=14, wrong=6)
    found = calibrate(logits, labels)

    assert (found["ece_before"], found["ece_after"], found["images"]) == (20.0, 0.0, 20)
    assert found["temperature"] == pytest.approx(2.5932, abs=1e-4)
