"""The view Topic explorer: find a topic, name it, and go on from it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_view

pytestmark = pytest.mark.browser


def test_a_topic_is_found_named_and_followed(page: Page) -> None:
    open_view(page, "Topic explorer")
    wall = page.locator(".isra-portrait")
    expect(wall).to_have_count(64)
    page.get_by_label("Class", exact=True).select_option(index=1)
    page.wait_for_function("document.querySelectorAll('.isra-portrait').length < 64")
    page.get_by_label("Class", exact=True).select_option("")
    page.get_by_label("Search").fill("#7")
    expect(wall).to_have_count(1)
    wall.click()
    expect(page.locator(".isra-large h2")).to_have_text("Topic 7")
    name = page.get_by_label("Your name for topic 7")
    name.fill("handles")
    name.press("Enter")
    expect(wall).to_contain_text("handles")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export names").click()
    assert '"7": "handles"' in download.value.path().read_text()

    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_label("Your name for topic 7")).to_have_value("handles")
    other.get_by_role("button", name="In this image").click()
    expect(other.locator(".isra-stage figcaption strong")).to_have_text("handles")
    page.get_by_role("button", name="On the map", exact=True).click()
    expect(page.get_by_label("Colour by")).to_have_value("topic")
