"""The view Classes: a cell opens its pairs, and a class is chosen in every view."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_view

pytestmark = pytest.mark.browser


def test_a_cell_shows_its_closest_images_and_a_link_shows_its_class(page: Page) -> None:
    open_view(page, "Classes")
    plane = page.get_by_role("application", name="Class similarity")
    plane.focus()
    plane.press("ArrowRight")
    plane.press("Enter")
    pairs = page.locator(".isra-class-pair button")
    expect(pairs.first).to_be_visible()
    chosen = page.locator("#panel-classes").get_by_label("Class", exact=True)
    expect(chosen).not_to_have_value("")
    label = chosen.input_value()
    page.reload()
    expect(chosen).to_have_value(label)
    expect(page.locator(".isra-rates tr.chosen")).to_have_count(1)
