"""A sparse code keeps the k largest topics, counts in a unit of its own, and teaches the silent what is left over."""

import pytest
import torch

from isra_model.networks import SparseCode
from isra_model.networks.sparse_code import PATIENCE, found_active


@pytest.fixture
def code() -> SparseCode:
    torch.manual_seed(0)
    return SparseCode(features=6, topics=8, kept=2).double()


def features(count: int = 40) -> torch.Tensor:
    return 3.0 + 5.0 * torch.randn(count, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_the_largest_topics_stay_and_every_other_is_0(code: SparseCode) -> None:
    x = features()
    code.observe(x)

    topics, response = code.encode(x), code.response(x)

    assert ((topics > 0).sum(dim=1) <= 2).all()
    torch.testing.assert_close(topics.amax(dim=1), response.amax(dim=1).clamp_min(0))


def test_running_statistics_centre_and_scale_the_input(code: SparseCode) -> None:
    x = features()
    code.observe(x)
    before = code.encode(x)

    code.observe(7.0 * x - 2.0)
    for _ in range(4000):
        code.observe(7.0 * x - 2.0)

    torch.testing.assert_close(code.centre, 7.0 * x.mean(dim=0) - 2.0)
    torch.testing.assert_close(code.encode(7.0 * x - 2.0), before)


def test_every_topic_adds_a_step_of_one_length_and_the_steps_make_the_reconstruction(code: SparseCode) -> None:
    x = features()
    code.observe(x)
    topics = code.encode(x)

    torch.testing.assert_close(code.directions.norm(dim=0), code.variance.sqrt().expand(8))
    torch.testing.assert_close(code.decode(topics), topics @ code.directions.T + code.offset)


def test_silent_topics_learn_from_what_the_others_leave_unexplained(code: SparseCode) -> None:
    x = features()
    code.observe(x)
    assert code.revival_loss(x) == 0
    code.silence[3] = PATIENCE + 1

    code.revival_loss(x).backward()

    assert code.encoder.bias.grad is not None
    assert code.encoder.bias.grad[3] != 0
    assert code.encoder.bias.grad[[0, 1, 2, 4, 5, 6, 7]].abs().sum() == 0


def test_what_receptors_say_of_active_topics_has_precision_and_recall() -> None:
    topics = torch.tensor([[4.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, 2.0]])
    said = torch.tensor([[3.0, 0.1], [0.1, 1.5], [2.5, 0.0], [0.0, 0.5]])

    assert found_active(said, topics) == pytest.approx((2 / 3, 2 / 3))


def test_more_topics_than_there_are_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="choose another k"):
        SparseCode(features=6, topics=8, kept=9)
