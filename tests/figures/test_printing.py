from pathlib import Path

import plotly.graph_objects as go
import pytest

from isra_model.figures.printing import PrintSize, print_figure


def test_without_a_chromium_a_figure_says_how_to_get_one_in_place_of_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido")
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))

    with pytest.raises(ValueError, match="need a Chromium: `apt-get install chromium`"):
        print_figure(go.Figure(), tmp_path / "figure", PrintSize())
    assert not list(tmp_path.iterdir())
