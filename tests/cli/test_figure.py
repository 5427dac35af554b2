from pathlib import Path

import pytest

from isra_model.cli import main


def test_without_a_recorded_study_figure_6_says_what_records_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("isra_model.cli.figure.ROOT", tmp_path)

    assert main(["figure", "6", f"--output={tmp_path}"]) == 2

    error = capsys.readouterr().err
    assert "run `python -m isra_model study sensitivity`" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
