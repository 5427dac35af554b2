import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from isra_model.benchmarking.runs import Place, held
from isra_model.benchmarking.workers import (
    carry_out_all,
    duration,
    missing_runs,
    ray_cluster,
    seconds_left,
)
from isra_model.checkpoints import FailedRun, Run, append_record, read_records, read_runs
from isra_model.checkpoints.results import run_fields
from isra_model.cli import main
from isra_model.training.config import TrainConfig
from isra_model.training.faults import TrainingError
from tests.benchmarking.made_up import made_up_record


def seeds(config: TrainConfig, count: int) -> list[TrainConfig]:
    return [replace(config, seed=seed) for seed in range(count)]


def failure(config: TrainConfig) -> FailedRun:
    return FailedRun(**run_fields(config), commit="", device="", seconds=1.0, reason="the loss is no longer finite")


def made_up(config: TrainConfig, place: Place) -> "Future[Run]":
    future: Future[Run] = Future()
    if config.seed == 1:
        future.set_exception(RuntimeError("killed"))
    else:
        future.set_result(made_up_record(config=config))
    return future


def test_a_run_lost_with_its_worker_costs_no_other(config: TrainConfig, place: Place, tmp_path: Path) -> None:
    output, configs, lines = tmp_path / "runs.jsonl", seeds(config, 3), list[str]()

    with pytest.raises(TrainingError, match="1 runs were lost"):
        carry_out_all(configs, place, output, made_up, 1, lines.append)

    assert {record.seed for record in read_records(output)} == {0, 2}
    assert [run.seed for run in missing_runs(configs, output)] == [1]
    assert "ba3us-isra, seed" in "".join(lines).replace("-joint", "")


def test_a_failed_run_is_not_missing_unless_it_is_to_be_tried_again(config: TrainConfig, tmp_path: Path) -> None:
    output, configs = tmp_path / "runs.jsonl", seeds(config, 3)
    append_record(output, made_up_record(config=configs[0]))
    append_record(output, failure(configs[1]))

    assert [run.seed for run in missing_runs([*configs, *configs], output)] == [2]
    assert [run.seed for run in missing_runs(configs, output, retry=True)] == [1, 2]


def test_two_comparisons_do_not_share_a_work_folder(tmp_path: Path) -> None:
    with held(tmp_path / "work"), pytest.raises(TrainingError, match="Another comparison"), held(tmp_path / "work"):
        pass
    with held(tmp_path / "work"):
        pass


def test_the_time_left_is_what_runs_of_the_same_model_took(config: TrainConfig) -> None:
    bare = replace(config, isra=None)
    runs = [
        replace(made_up_record(config=config), seconds=60.0),
        replace(made_up_record(config=bare), seconds=20.0),
        failure(config),
    ]

    assert seconds_left([config, bare], runs, workers=2) == 40.0
    assert seconds_left([replace(config, method="pada")], runs, workers=1) == 40.0
    assert seconds_left([config], [], workers=1) == 0.0
    assert [duration(seconds) for seconds in (40.0, 600.0, 7200.0)] == ["40 s", "10 min", "2.0 h"]


def test_killed_it_loses_no_finished_run_leaves_no_process_and_goes_on(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "results" / "runs.jsonl"
    arguments = f"benchmark --benchmark tree --data {tree} --tasks day:night --methods source-only --isra-on --seeds 3"
    arguments += f" --workers 2 --work {tmp_path / 'work'} --output {output}"
    command = [sys.executable, "-m", "isra_model", *arguments.split()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    while not process.stdout.readline().startswith("[1/3]"):
        assert process.poll() is None
    workers = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()

    recorded = len(read_runs(output))
    assert recorded >= 1
    assert len(workers) >= 2
    for _ in range(6000):
        if not any(Path(f"/proc/{worker}").exists() for worker in workers):
            break
        time.sleep(0.1)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)

    assert main([*arguments.split(), "--workers", "1"]) == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert sorted(line["seed"] for line in lines) == [0, 1, 2]
    assert "| source-only | **" in (output.parent / "tables" / "features.md").read_text()


def descendants(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children]


@pytest.mark.skipif(" " in sys.prefix, reason="Ray starts no worker from a path with a space")
def test_the_machines_of_a_ray_cluster_share_the_runs(tree: Path, tmp_path: Path) -> None:
    """In a process of its own: Ray takes over signals, and gives them back to nobody."""
    pytest.importorskip("ray")
    # At a niceness of 15, as it is, a busy machine keeps workers waiting for minutes.
    quiet = {"RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-m", "tests.benchmarking.on_ray", tree, tmp_path]
    subprocess.run(command, cwd=Path(__file__).parents[2], env=os.environ | quiet, check=True)

    assert sorted(run.seed for run in read_records(tmp_path / "runs.jsonl")) == [0, 1]


def test_a_path_with_a_space_is_said_where_ray_would_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/someone/my studio/.venv")
    with pytest.raises(ValueError, match="no worker from a path with a space"), ray_cluster("auto"):
        pass


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(ValueError, match=r"pip install 'isra-model\[ray\]'"), ray_cluster("auto"):
        pass
