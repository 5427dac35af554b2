from dataclasses import replace

import pytest

from isra_model.benchmarking.grid import Model, comparison
from isra_model.benchmarking.results import Results
from isra_model.checkpoints import FailedRun, Run
from isra_model.checkpoints.results import run_fields
from isra_model.training.config import TrainConfig
from tests.benchmarking.made_up import made_up_record

SOLID_LINE, LINE_SOLID = ("solid", "line"), ("line", "solid")
MODELS = [Model("source-only"), Model("ba3us"), Model("ba3us", isra=True)]
CONFIGS = comparison("office-icons", "features", MODELS, [SOLID_LINE, LINE_SOLID], seeds=2)
ACCURACY = {
    ("source-only", SOLID_LINE): (40.0, 42.0),
    ("source-only", LINE_SOLID): (30.0, 30.0),
    ("ba3us", SOLID_LINE): (60.0, 64.0),
    ("ba3us", LINE_SOLID): (50.0, 52.0),
    ("ba3us-isra", SOLID_LINE): (61.0, 66.0),
    ("ba3us-isra", LINE_SOLID): (53.0, 56.0),
}


def run(config: TrainConfig) -> Run:
    accuracy = ACCURACY[config.model_name, (config.source, config.target)][config.seed]
    return made_up_record(config=config, accuracy=accuracy)


def failed(config: TrainConfig) -> Run:
    return FailedRun(**run_fields(config), commit="", device="", seconds=1.0, reason="the loss is no longer finite")


def test_a_cell_is_mean_and_deviation_over_seeds_and_the_last_that_of_the_means_over_tasks() -> None:
    line, solid, mean = Results(CONFIGS, map(run, CONFIGS)).table("accuracy")["ba3us"]

    assert (line.mean, line.deviation, line.runs) == (62.0, pytest.approx(8**0.5), 2)
    assert (solid.mean, solid.deviation) == (51.0, pytest.approx(2**0.5))
    assert (mean.mean, mean.deviation) == (56.5, pytest.approx(4.5**0.5))


def test_best_and_second_best_of_each_column_are_marked_and_equal_ones_share() -> None:
    runs = [run(config) for config in CONFIGS]
    table = Results(CONFIGS, runs).table("accuracy")
    assert [[cell.place for cell in cells] for cells in table.values()] == [[0] * 3, [2] * 3, [1] * 3]

    alike = [replace(one, accuracy=50.0) for one in runs]
    assert {cell.place for cells in Results(CONFIGS, alike).table("accuracy").values() for cell in cells} == {1}


def test_gains_are_paired_by_task_and_seed() -> None:
    gains = {gain.model: gain for gain in Results(CONFIGS, map(run, CONFIGS)).gains("accuracy")}

    isra = gains["ba3us-isra"]
    assert (isra.against, isra.pairs, isra.tasks) == ("ba3us", 4, 2)
    assert isra.mean == pytest.approx((1 + 2 + 3 + 4) / 4)
    assert isra.interval == (pytest.approx(1.5), pytest.approx(3.5))
    assert isra.wilcoxon == pytest.approx(2 / 2**4)
    assert isra.sign_flips == pytest.approx(2 / 2**2)
    assert gains["source-only"].mean == pytest.approx((-20 - 22 - 20 - 22) / 4)


def test_isra_on_another_method_is_compared_with_that_method_too() -> None:
    models = [*MODELS, Model("shot"), Model("shot", isra=True)]
    configs = comparison("office-icons", "features", models, [SOLID_LINE], seeds=1)
    runs = [made_up_record(config=config) for config in configs]

    pairs = [(gain.model, gain.against) for gain in Results(configs, runs).gains("accuracy")]

    assert pairs == [
        ("source-only", "ba3us"),
        ("ba3us-isra", "ba3us"),
        ("shot", "ba3us"),
        ("shot-isra", "ba3us"),
        ("shot-isra", "shot"),
    ]


def test_runs_of_other_settings_are_no_part_of_the_comparison() -> None:
    other = replace(CONFIGS[0], optimisation=replace(CONFIGS[0].optimisation, steps=1))

    assert Results(CONFIGS, [made_up_record(config=other)]).records == []


def test_a_model_with_a_task_missing_has_neither_mean_nor_rank() -> None:
    some = [config for config in CONFIGS if (config.method, config.source) != ("source-only", "line")]

    results = Results(CONFIGS, [*map(run, some), *(failed(config) for config in CONFIGS if config not in some)])

    line, solid, mean = results.table("accuracy")["source-only"]
    assert (line.mean, solid.mean, mean.mean) == (41.0, None, None)
    assert (solid.failed, mean.failed) == (2, 2)
    assert results.complete("accuracy")[0] == ["ba3us", "ba3us-isra"]
