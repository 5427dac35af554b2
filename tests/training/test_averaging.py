"""The moving average of the weights, and layers that stay as pretrained."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from isra_model.data.benchmark import Task
from isra_model.networks.backbones import BackboneError
from isra_model.training.averaging import Averaging
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine, train


def test_the_average_follows_the_weights_and_stands_in_for_them_while_it_is_applied() -> None:
    layer = nn.BatchNorm1d(1)
    averaging = Averaging(layer, decay=0.75)
    with torch.no_grad():
        layer.weight.fill_(9.0)
        layer.running_mean.fill_(4.0)
    averaging.update(step=100)

    with averaging.applied():
        assert (layer.weight.item(), layer.running_mean.item()) == (3.0, 1.0)
        layer.running_mean.fill_(2.0)
    assert (layer.weight.item(), layer.running_mean.item()) == (9.0, 4.0)
    assert float(averaging.values["running_mean"]) == 2.0


def test_a_resumed_run_ends_with_the_same_average(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    config = replace(config, augmentation="strong", optimisation=replace(config.optimisation, average=0.9))
    whole = train(config, task, tmp_path / "whole")

    engine = Engine(config, task, tmp_path / "killed", resume=False)
    engine.clock = 0.0
    for _ in range(4):
        engine._after_step(*engine.step(), bar=_Silent())
    resumed = train(config, task, tmp_path / "killed", resume=True)

    assert resumed.evaluations == whole.evaluations
    for name, value in whole.trainee.state_dict().items():
        assert torch.equal(resumed.trainee.state_dict()[name], value)


class _Silent:
    def set_postfix(self, values: dict[str, str]) -> None: ...


def test_frozen_layers_keep_their_weights_and_statistics(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    config = replace(config, network=replace(config.network, frozen_layers=3))
    engine = Engine(config, task, tmp_path, resume=False)
    before = {name: value.clone() for name, value in engine.trainee.network.backbone.state_dict().items()}
    engine.step()

    after = engine.trainee.network.backbone.state_dict()
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert {"conv_stem.weight", "bn1.running_mean", "blocks.1.0.bn1.running_var"} <= same
    assert "blocks.2.0.bn1.running_mean" not in same


def test_more_frozen_layers_than_there_are_is_said(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    config = replace(config, network=replace(config.network, frozen_layers=99))
    engine = Engine(config, task, tmp_path, resume=False)

    with pytest.raises(BackboneError, match="layers: freeze fewer, `network.frozen_layers`"):
        engine.step()
