"""The view Results: an answer, a table whose cells open their runs, and a link that brings another visitor to them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import errors_of, open_view, wait_until_still

pytestmark = pytest.mark.browser


def test_a_cell_opens_its_runs_and_a_link_brings_them_on_a_phone_too(page: Page) -> None:
    errors = errors_of(page)
    open_view(page, "Results")
    expect(page.locator(".isra-verdict-said")).to_contain_text("ISRA is")
    page.wait_for_function("document.querySelector('#plot-gains .js-plotly-plot')?.data?.[0]?.israDressed")
    page.get_by_role("button", name="Held-out").click()
    cell = page.locator(".isra-matrix button[tabindex='0']")
    cell.focus()
    cell.press("ArrowDown")
    cell.press("Enter")
    runs = page.get_by_role("dialog")
    expect(runs.get_by_text("Copy command")).to_be_visible()
    title = runs.get_by_role("heading").first.inner_text()

    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(runs.get_by_role("heading").first).to_have_text(title)
    expect(page.get_by_role("button", name="Held-out", include_hidden=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(runs).to_be_hidden()
    page.wait_for_function("!location.search.includes('runs=')")
    wait_until_still(page, "document.documentElement.scrollWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []
