from pathlib import Path

import pytest

from isra_model.checkpoints import append_record, read_records
from isra_model.cli import main
from isra_model.cli.benchmark import Benchmark
from tests.benchmarking.made_up import made_up_record


def names(command: Benchmark) -> list[str]:
    return list(dict.fromkeys(config.model_name for config in command.configs()))


def test_left_alone_it_compares_every_method_on_twelve_tasks_with_the_papers_three_plug_ins() -> None:
    command = Benchmark()

    assert len({(config.source, config.target) for config in command.configs()}) == 12
    assert [name for name in names(command) if name.endswith("-isra")] == ["ba3us-isra", "shot-isra", "a2kt-isra"]
    assert {"source-only", "ba3us"} <= set(names(command))
    assert {config.seed for config in command.configs()} == {0, 1, 2}


def test_isra_is_plugged_into_what_is_compared_unless_it_is_said_otherwise() -> None:
    assert names(Benchmark(methods=("source-only", "ba3us"))) == ["source-only", "ba3us", "ba3us-isra"]
    assert names(Benchmark(methods=("ba3us",), isra_on=())) == ["ba3us"]
    assert names(Benchmark(methods=("ba3us",), isra_on=("source-only",))) == ["source-only-isra", "ba3us"]


def test_rendering_alone_carries_nothing_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "runs.jsonl"
    command = Benchmark(methods=("ba3us",), isra_on=(), tasks=("solid:line",), seeds=1, output=output)
    append_record(output, made_up_record(config=command.configs()[0], accuracy=61.25))

    arguments = f"--methods ba3us --isra-on --tasks solid:line --seeds 1 --output {output} --render-only"
    assert main(["benchmark", *arguments.split()]) == 0

    assert "**61.2**" in (tmp_path / "tables" / "features.md").read_text()
    assert len(read_records(output)) == 1
    printed = capsys.readouterr().out
    assert "**61.2**" in printed
    assert "runs to do" not in printed


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--methods ba4us", "no method 'ba4us'"),
        ("--tasks solid", "is no task"),
        ("--preset big", "no preset 'big'"),
        ("--keep", "reads no images: leave --keep out"),
        ("--benchmark lists --tasks a:b", "Give --output"),
        ("--benchmark office-icons+tree --tasks solid:photo", "Give --output"),
    ],
)
def test_a_mistake_is_one_line(argument: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", *argument.split(), "--render-only"]) == 2
    assert message in capsys.readouterr().err
