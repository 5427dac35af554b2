from pathlib import Path

import pytest

from isra_model.cli import main


@pytest.mark.parametrize("command", ["report", "findings"])
def test_away_from_a_checkout_it_says_where_it_belongs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("isra_model.cli.paths.ROOT", tmp_path)

    assert main([command]) == 2

    error = capsys.readouterr().err
    assert "run them in a clone of ISRA Studio" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
