"""Plots are taken from the page at print size: millimetres in the SVG, 300 dots an inch in the PNG."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_view

pytestmark = pytest.mark.browser


PLOTS = {
    "Predict": "#panel-why .isra-sum-row",
    "Topics in this image": ".isra-curve",
    "Compare": ".isra-dumbbell",
    "Topic explorer": ".isra-large .isra-strongest",
    "Map": "#map-plot .js-plotly-plot",
    "Classes": "#panel-classes h2",
    "Weights": "#panel-weights h2",
    "Results": "#plot-sensitivity .js-plotly-plot",
}
SOME_WORDS = {
    "Predict": "residual",
    "Topics in this image": "Deletion",
    "Compare": "Source-only",
    "Topic explorer": "Argues for",
    "Results": "paper",
}


@pytest.mark.parametrize("view", PLOTS)
def test_the_plots_of_a_view_are_taken_at_print_size(page: Page, app_url: str, view: str) -> None:
    if view == "Compare":
        page.goto(f"{app_url}/?with=example.2")
    open_view(page, view)
    expect(page.locator(PLOTS[view]).first).to_be_visible()
    files: dict[str, Path] = {}
    for ending in ("SVG", "PNG"):
        button = page.locator(f'button[aria-label="Download the plots as {ending} at print size"]:visible')
        with page.expect_download(timeout=120_000) as downloading:
            button.click()
        files[ending] = Path(downloading.value.path())
    head = re.search(r"<svg[^>]*>", files["SVG"].read_text())
    assert head
    assert 'width="180mm"' in head[0]
    assert SOME_WORDS.get(view, "") in files["SVG"].read_text()
    with Image.open(files["PNG"]) as png:
        assert png.width == pytest.approx(180 / 25.4 * 300, abs=3)
