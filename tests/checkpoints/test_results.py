import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import pytest

from isra_model.checkpoints import FailedRun, RunRecord, append_record, read_records, read_runs
from isra_model.checkpoints.results import accuracy_table, run_fields, run_key, summary
from isra_model.methods import IsraConfig
from isra_model.training.config import TrainConfig, config_from_dict

Gradient = Literal["joint", "detached"]


def record(
    model: str, seed: int, accuracy: float, *, source: str = "solid", gradient: Gradient = "detached"
) -> RunRecord:
    isra = IsraConfig(class2vec_gradient=gradient) if model.endswith("-isra") else None
    config = TrainConfig("office-icons", source, "line", model.removesuffix("-isra"), isra, seed=seed)
    return RunRecord(
        **run_fields(config),
        accuracy=accuracy,
        heldout_accuracy=accuracy + 1,
        oracle_accuracy=99.0,
        commit="abc",
        device="CPU",
        seconds=1.0,
        metrics={},
    )


def test_the_table_gives_mean_deviation_and_number_of_seeds() -> None:
    records = [record("ba3us", 0, 70.0), record("ba3us", 1, 74.0), record("source-only", 0, 90.0, source="line")]

    table = accuracy_table(records, ["ba3us", "ba3us-isra"])

    assert "| solid → line | 72.0 ± 2.8 (2) / 73.0 ± 2.8 (2) | – | 91.0 (1) |" in table
    assert "99.0" not in table


def test_equation_4s_gradient_of_class2vec_is_another_model() -> None:
    records = [record("ba3us-isra", 0, 70.0), record("ba3us-isra", 0, 50.0, gradient="joint")]

    assert accuracy_table(records, ["ba3us-isra"]).splitlines()[-1] == "| solid → line | 70.0 (1) / 71.0 (1) | – |"


def test_a_summary_claims_no_deviation_of_one_run() -> None:
    assert summary([71.25]) == "71.2 (1)"
    assert summary([]) == "–"


def test_a_run_that_is_repeated_replaces_its_record(tmp_path: Path) -> None:
    for accuracy in (60.0, 61.0):
        append_record(tmp_path / "runs.jsonl", record("ba3us", 0, accuracy))

    assert [run.accuracy for run in read_records(tmp_path / "runs.jsonl")] == [61.0]


def test_an_old_record_which_lacks_newer_fields_is_the_run_with_their_defaults(tmp_path: Path) -> None:
    new = record("ba3us", 0, 60.0)
    old = json.loads(json.dumps(asdict(new)))
    del old["config"]["network"]["classifier"], old["config"]["optimisation"]["precision"]
    (tmp_path / "runs.jsonl").write_text(json.dumps(old) + "\n")

    assert read_records(tmp_path / "runs.jsonl")[0].key == new.key


def test_what_is_kept_on_the_way_makes_no_other_run_and_neither_does_writing_defaults_out() -> None:
    config = TrainConfig("office-icons", "solid", "line", "ba3us")
    written_out = {"complement_weight": 1.0, "entropy_weight": 0.1, "middle_divisor": 4}

    assert run_key(replace(config, snapshots=True, save_every=7, settings=written_out)) == run_key(config)
    assert run_key(replace(config, settings={"complement_weight": 5.0})) != run_key(config)
    assert run_key(replace(config, seed=1)) != run_key(config)


def test_a_frozen_backbone_is_features_mode() -> None:
    config = TrainConfig("office-icons", "solid", "line", "ba3us")

    assert run_fields(config)["mode"] == "fine-tune"
    assert run_fields(replace(config, network=replace(config.network, frozen=True)))["mode"] == "features"


def test_a_failed_run_is_kept_with_its_reason_until_it_succeeds(tmp_path: Path) -> None:
    path, finished = tmp_path / "runs.jsonl", record("ba3us", 0, 60.0)
    failed = FailedRun(
        **run_fields(config_from_dict(finished.config)), commit="", device="", seconds=1.0, reason="loss"
    )
    append_record(path, failed)

    assert [run.reason for run in read_runs(path) if isinstance(run, FailedRun)] == ["loss"]
    assert read_records(path) == []
    append_record(path, finished)
    assert [run.key for run in read_runs(path)] == [finished.key]
    assert len(read_records(path)) == 1


def test_a_line_that_a_kill_cut_short_costs_that_run_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    append_record(path, record("ba3us", 0, 60.0))
    with path.open("a") as file:
        file.write('{"mode": "fine-tu')
    append_record(path, record("ba3us", 1, 61.0))

    assert [run.accuracy for run in read_records(path)] == [60.0, 61.0]


def test_a_record_of_a_newer_version_is_refused_by_its_line(tmp_path: Path) -> None:
    newer = asdict(record("ba3us", 0, 60.0)) | {"colour": "red"}
    (tmp_path / "runs.jsonl").write_text(json.dumps(newer) + "\n")

    with pytest.raises(ValueError, match=r"line 1, was recorded by another version.*colour"):
        read_runs(tmp_path / "runs.jsonl")
