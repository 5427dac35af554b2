"""The examples that the page offers."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"


@pytest.mark.parametrize(("name", "seed"), [("mug", 4), ("key", 7)])
def test_the_drawings_are_what_their_script_draws(name: str, seed: int) -> None:
    script = runpy.run_path(str(EXAMPLES / "draw.py"))
    drawn = script["drawing"](script[name.upper()], seed)
    kept = Image.open(EXAMPLES / f"{name}-drawn.png")
    assert np.abs(np.asarray(drawn, float) - np.asarray(kept, float)).mean() < 1
