from dataclasses import replace
from pathlib import Path

import pytest

from isra_model.benchmarking.grid import Model, comparison
from isra_model.benchmarking.recorded import Archive, paper_gains, read_recorded, verdict
from isra_model.benchmarking.results import Gain, gain_over_blocks
from isra_model.benchmarking.studies import WHOLE, study_variants
from isra_model.checkpoints import append_record
from tests.benchmarking.made_up import made_up_record

MODELS = [Model("ba3us"), Model("ba3us", isra=True)]


def gain(low: float, high: float) -> Gain:
    return replace(gain_over_blocks("shot-isra", "shot", [[low] * 2, [high] * 2], seeds=2), interval=(low, high))


def test_without_records_there_is_nothing_and_no_error(tmp_path: Path) -> None:
    recorded = Archive(tmp_path / "gone").read()
    assert (recorded.comparisons, recorded.studies, recorded.recognitions) == ({}, {}, [])


def test_a_run_that_is_recorded_meanwhile_is_seen(tmp_path: Path) -> None:
    archive, file = Archive(tmp_path), tmp_path / "office-icons" / "runs.jsonl"
    configs = comparison("office-icons", "features", MODELS, [("solid", "line")], seeds=1)
    for seen, config in enumerate(configs, 1):
        append_record(file, made_up_record(config=config))
        assert len(archive.read().comparisons["features"].records) == seen
    assert archive.read() is archive.read()


def test_a_variant_has_its_runs_and_what_they_came_to() -> None:
    bare, whole, *_ = study_variants("ablations", "office-icons", "features", [("solid", "line")], seeds=1)
    runs = [made_up_record(config=variant.configs[0], accuracy=50.0) for variant in (bare, whole)]
    study = read_recorded([], runs, []).studies["ablations"]
    assert [(outcome.name, outcome.gain and outcome.gain.mean) for outcome in study.outcomes] == [(WHOLE, 0.0)]
    assert study.runs[WHOLE] == [runs[1]]


def test_the_papers_gains_are_those_of_its_printed_tasks() -> None:
    gains = paper_gains()
    assert [(gain.pairs, round(gain.mean, 2)) for gain in gains.values()] == [(12, 2.13), (6, 0.33), (2, 0.83)]


@pytest.mark.parametrize(
    ("gains", "begins", "ends"),
    [
        ([], "No run with ISRA", "recorded yet."),
        ([gain(-1.0, 2.0)], "ISRA is not ahead", "interval above zero."),
        ([gain(-1.0, 2.0), gain(-2.0, -0.5)], "ISRA is not ahead", "above zero; 1 lies below it."),
        ([gain(0.5, 2.0), gain(-1.0, 1.0)], "ISRA is ahead in 1 of 2", "lies above zero."),
        ([replace(gain(0.5, 2.0), seeds=1), gain(-1.0, 1.0)], "ISRA is not ahead", "interval above zero."),
    ],
)
def test_the_verdict_says_first_where_isra_is_not_ahead(gains: list[Gain], begins: str, ends: str) -> None:
    assert verdict(gains).startswith(begins)
    assert verdict(gains).endswith(ends)
