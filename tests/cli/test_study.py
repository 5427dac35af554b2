from pathlib import Path

import pytest

from isra_model.checkpoints import append_record
from isra_model.cli import main
from isra_model.cli.study import Study
from tests.benchmarking.made_up import made_up_record


def test_its_table_lies_beside_the_recorded_runs(tmp_path: Path) -> None:
    output = tmp_path / "studies.jsonl"
    bare, whole = Study(what="ablations", tasks=("solid:line",), seeds=1).variants()[:2]
    append_record(output, made_up_record(config=bare.configs[0], accuracy=50.0))
    append_record(output, made_up_record(config=whole.configs[0], accuracy=52.5))

    assert main(f"study ablations --tasks solid:line --seeds 1 --output {output} --render-only".split()) == 0

    assert "| BA3US + ISRA | 1 | +2.5 " in (tmp_path / "tables" / "ablations-features.md").read_text()


def test_on_folders_of_ones_own_it_asks_where_to_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(f"study sensitivity --benchmark tree --data {tmp_path} --tasks a:b --render-only".split()) == 2
    assert "Give --output" in capsys.readouterr().err
