from dataclasses import replace
from typing import Any

import pytest

from isra_model.benchmarking.runs import Place, carry_out
from isra_model.checkpoints import FailedRun, RunRecord, read_checkpoint
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine


def finished(config: TrainConfig, place: Place) -> RunRecord:
    record = carry_out(config, place)
    assert isinstance(record, RunRecord), record
    return record


def test_a_run_leaves_its_record_and_nothing_else(on_features: TrainConfig, place: Place) -> None:
    record = finished(on_features, place)

    assert (record.mode, record.model, record.source, record.target) == ("features", "ba3us-isra-joint", "day", "night")
    assert 0.0 <= record.accuracy <= record.oracle_accuracy + 5.0
    assert record.config == on_features.as_dict()
    assert list(place.work.iterdir()) == []


def test_fine_tuning_takes_the_same_way_and_can_keep_its_model(config: TrainConfig, place: Place) -> None:
    config = replace(config, benchmark="tree", isra=None)

    record = finished(config, replace(place, keep=True))

    assert record.mode == "fine-tune"
    (folder,) = place.work.iterdir()
    assert read_checkpoint(folder).training == config


def test_the_same_run_gives_the_same_record(on_features: TrainConfig, place: Place) -> None:
    first, again = (finished(on_features, place) for _ in range(2))

    assert replace(first, seconds=0.0, metrics={}) == replace(again, seconds=0.0, metrics={})
    assert first.metrics["scores"] == again.metrics["scores"]


def test_a_loss_that_is_not_finite_is_recorded_with_its_reason(on_features: TrainConfig, place: Place) -> None:
    assert on_features.isra is not None
    exploding = replace(on_features, isra=replace(on_features.isra, beta=1e300))

    failed = carry_out(exploding, place)

    assert isinstance(failed, FailedRun)
    assert "no longer finite" in failed.reason
    assert failed.key != ""


def test_a_killed_run_goes_on_from_its_saved_state(
    on_features: TrainConfig, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = finished(on_features, place)
    steps: list[int] = []
    step = Engine.step

    def killed_at_seven(engine: Engine, *arguments: Any) -> Any:
        steps.append(engine.progress.step)
        if steps.count(7) == 1 and steps[-1] == 7:
            raise KeyboardInterrupt
        return step(engine, *arguments)

    monkeypatch.setattr(Engine, "step", killed_at_seven)
    with pytest.raises(KeyboardInterrupt):
        carry_out(on_features, place)
    steps_before, resumed = len(steps), finished(on_features, place)

    assert steps[steps_before] == 6
    assert resumed.metrics["scores"] == undisturbed.metrics["scores"]
