"""The view Weights: one steps through mini-batches."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_view

pytestmark = pytest.mark.browser


def test_mini_batches_are_stepped_through_by_button_and_by_key(page: Page) -> None:
    open_view(page, "Weights")
    first = page.locator(".isra-weighed").first
    before = first.get_attribute("aria-label") or ""
    forward = page.get_by_role("button", name="Next mini-batch")
    forward.click()
    expect(first).not_to_have_attribute("aria-label", before)
    forward.press("ArrowLeft")
    expect(first).to_have_attribute("aria-label", before)
