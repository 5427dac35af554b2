"""Plots are taken from the page at print size: millimetres in the SVG, 300 dots an inch in the PNG."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_view

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("view", ["Classes", "Weights", "Map"])
def test_the_plots_of_a_view_are_taken_at_print_size(page: Page, view: str) -> None:
    open_view(page, view)
    if view == "Map":
        expect(page.locator("#map-plot .js-plotly-plot")).to_be_visible()
    files: dict[str, Path] = {}
    for ending in ("SVG", "PNG"):
        button = page.locator(f'button[aria-label="Download the plots as {ending} at print size"]:visible')
        with page.expect_download(timeout=120_000) as downloading:
            button.click()
        files[ending] = Path(downloading.value.path())
    head = re.search(r"<svg[^>]*>", files["SVG"].read_text())
    assert head
    assert 'width="180mm"' in head[0]
    with Image.open(files["PNG"]) as png:
        assert png.width == pytest.approx(180 / 25.4 * 300, abs=3)
