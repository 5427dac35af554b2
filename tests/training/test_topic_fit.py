"""Topics are fitted to a network that stays as it is, until so many passes or seconds are over."""

import pytest
import torch
from torch import nn

from isra_model.data.benchmark import Task
from isra_model.networks import NetworkConfig, PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.images import decode_task
from isra_model.training.topic_fit import Extent, TopicFit, TopicSettings, fit_topics, matched_cosine

SETTINGS = TopicSettings(topics=8, k=2, hidden=8, rate=1e-2)


def features_of(directions: torch.Tensor, count: int = 512) -> torch.Tensor:
    """Return features that hold two of the ``directions`` (m, d) each, and nothing else."""
    generator = torch.Generator().manual_seed(0)
    chosen = torch.rand(count, len(directions), generator=generator).topk(2, dim=1).indices
    values = 1.0 + torch.rand(count, 2, generator=generator)
    return torch.zeros(count, len(directions)).scatter(1, chosen, values) @ directions


def test_a_code_finds_the_directions_that_features_are_made_of() -> None:
    directions = torch.linalg.qr(torch.randn(12, 12, generator=torch.Generator().manual_seed(1))).Q[:8]
    features, fit = features_of(directions), TopicFit(nn.Linear(12, 3).requires_grad_(False), SETTINGS)

    for part in range(20):
        fit.learn(features, part / 20)

    left = (features - fit.code.decode(fit.code.encode(features))).square().sum()
    assert left < 0.2 * (features - features.mean(dim=0)).square().sum()
    assert (fit.code.encode(features).amax(dim=0) > 0).all()


def test_topics_that_are_the_same_in_another_order_match_at_a_cosine_of_1() -> None:
    first, second = (TopicFit(nn.Linear(12, 3), SETTINGS).code for _ in range(2))
    order = torch.arange(8).flip(0)
    second.decoder.weight.data = 3.0 * first.decoder.weight.data[:, order]

    assert matched_cosine(first, second) == pytest.approx(1.0, abs=1e-5)
    second.decoder.weight.data[:, 0] *= -1.0
    assert matched_cosine(first, second) < 1.0


def test_a_fit_leaves_the_network_as_it_is_and_reads_no_label(config: TrainConfig, task: Task) -> None:
    torch.manual_seed(0)
    network = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=8), 4).eval().requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    data = decode_task(task, config.preprocessing)
    for images in (data.source, data.target):
        images.labels.fill_(0)

    fitted = fit_topics(network, (data.source, data.target), config.preprocessing, SETTINGS, Extent(passes=2))

    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert fitted.passes == 2
    assert -1.0 <= fitted.stability <= 1.0
    assert fitted.modules.class2vec.encoder.out_features == 8


def test_an_extent_ends_by_passes_or_by_seconds() -> None:
    assert [Extent(passes=4).done(passes, 1e9) for passes in (0, 1, 4, 5)] == [0, 0.25, 1, 1]
    assert [Extent(seconds=60).done(10**6, seconds) for seconds in (0, 30, 90)] == [0, 0.5, 1]
