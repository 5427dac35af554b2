"""What the benchmark compares does the same work; the numbers themselves are no test."""

from dataclasses import replace

import pytest
import torch

from isra_model.losses.isra import alignment_loss, domain_pool, receptor_loss, topic_gaps
from isra_model.networks.isra import TopicReceptors
from isra_model.performance import Setting, bench_training, processes
from isra_model.performance.receptors import LoopedReceptors
from isra_model.performance.setting import made_up_task
from isra_model.performance.timing import ratio, side_by_side
from isra_model.training.config import TrainConfig

SAMPLES, FEATURES, TOPICS, HIDDEN, SOURCE = 7, 5, 3, 4, 3


def test_actions_take_turns_and_the_first_round_only_warms_up() -> None:
    calls: list[str] = []

    seconds = side_by_side({"first": lambda: calls.append("first"), "second": lambda: calls.append("second")}, rounds=2)

    assert calls == ["first", "second"] * 3
    assert [len(values) for values in seconds.values()] == [2, 2]


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    assert ratio({"slow": [2.0, 6.0, 100.0], "fast": [1.0, 2.0, 1.0]}, "slow", "fast") == 3.0


def test_the_loop_over_topics_computes_what_the_batched_product_does() -> None:
    torch.manual_seed(0)
    looped, batched = LoopedReceptors(FEATURES, TOPICS, HIDDEN), TopicReceptors(FEATURES, TOPICS, HIDDEN)
    for topic, receptor in enumerate(looped.receptors):
        first, last = receptor[0], receptor[2]
        batched.weight.data[topic], batched.bias.data[topic] = first.weight.data, first.bias.data
        batched.readout.data[topic], batched.offset.data[topic] = last.weight.data[0], last.bias.data[0]
    features, topics = torch.randn(SAMPLES, FEATURES), torch.rand(SAMPLES, TOPICS)

    attention = batched.loss_gradient_attention(features, topics)
    gaps = topic_gaps(features, attention, domain_pool(torch.ones(SOURCE), SAMPLES - SOURCE, "mean"), "batch")
    ours = receptor_loss(batched, features, topics, 0.5, "mean") + alignment_loss(gaps, "mean")

    torch.testing.assert_close(looped.losses(features, topics, SOURCE), ours)


def test_made_up_domains_have_every_class_in_the_source_and_half_in_the_target() -> None:
    task = made_up_task(classes=6, side=16)

    assert set(task.source_images().labels) == set(range(6))
    assert set(task.target_images().labels) == {0, 1, 2}


def test_every_number_is_measured(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = replace(config, optimisation=replace(config.optimisation, steps=1000))
    monkeypatch.setattr("isra_model.performance.training.processes_ratios", lambda *_: (1.6, 2.0))

    speed = bench_training(Setting(tiny, classes=4), rounds=1, growing=())

    steps = (speed.engine_ratio, speed.ba3us_ratio, speed.isra_step_ratio, speed.strong_augmentation_ratio)
    assert all(value > 0 for value in (*steps, speed.receptor_loop_ratio))
    assert speed.peak_memory_mib > 0
    assert (speed.processes_ratio, speed.separate_processes_ratio) == (1.6, 2.0)


def test_two_processes_that_train_together_are_timed(config: TrainConfig) -> None:
    tiny = replace(config, optimisation=replace(config.optimisation, steps=1000))

    assert processes.seconds_a_step(Setting(tiny, classes=4), [processes.places(2)], rounds=1) > 0


def test_two_processes_are_compared_with_one_on_batches_of_one_size(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seconds(setting: Setting, runs: list[list[dict[str, str]]], rounds: int) -> float:
        images = setting.config.optimisation.batch_size * len(runs)
        assert images / sum(map(len, runs)) == config.optimisation.batch_size
        return {(1,): 1.0, (2,): 1.25, (1, 1): 1.0}[tuple(map(len, runs))]

    monkeypatch.setattr("isra_model.performance.processes.seconds_a_step", seconds)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})

    assert processes.processes_ratios(Setting(config, classes=4), rounds=1) == (1.6, 2.0)


def test_growth_changes_one_size_at_a_time(config: TrainConfig) -> None:
    variants = list(Setting(config, classes=4).variants())

    assert [(name, value) for name, value, _ in variants][:4] == [
        ("image", 20),
        ("image", 60),
        ("batch", 4),
        ("batch", 16),
    ]
    assert all(replace(setting.config, preprocessing=config.preprocessing) == config for _, _, setting in variants[:2])
