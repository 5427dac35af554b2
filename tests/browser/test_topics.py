"""The tab Topics in this image: controls that work in the browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_tab

pytestmark = pytest.mark.browser

TOPICS = "Topics in this image"
PIXELS = "document.querySelector('canvas.isra-overlay').toDataURL()"


def painted(page: Page) -> str:
    page.wait_for_timeout(250)
    return str(page.evaluate(PIXELS))


def test_the_overlays_controls_ask_nothing_of_the_server(page: Page) -> None:
    open_tab(page, TOPICS)
    expect(page.locator(".isra-evidence h3").first).to_contain_text("Faithfulness")
    page.wait_for_timeout(500)
    looks = [painted(page)]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Opacity").fill("0.3")
    looks.append(painted(page))
    page.get_by_label("Threshold").fill("0.7")
    looks.append(painted(page))
    page.get_by_label("Colour map").select_option("viridis")
    looks.append(painted(page))
    page.locator(".isra-check input").check()
    looks.append(painted(page))
    assert len(set(looks)) == 5, "every control changes the picture"
    assert asked == []


def test_a_topic_of_the_strip_opens_large(page: Page) -> None:
    card = page.locator(".isra-topic").nth(3)
    number = card.locator(".isra-number").inner_text().removeprefix("#")
    card.click()
    expect(page.locator(".isra-stage figcaption strong")).to_have_text(f"Topic {number}")


def test_a_topic_of_the_grid_is_measured_on_demand(page: Page) -> None:
    open_tab(page, TOPICS)
    page.locator(".isra-tile").nth(20).click()
    number = page.locator(".isra-tile span").nth(20).inner_text().removeprefix("#")
    expect(page.locator(".isra-stage figcaption strong")).to_have_text(f"Topic {number}")
    expect(page.locator(".isra-evidence h3").first).to_contain_text(f"topic {number}")


def test_two_topics_are_compared(page: Page) -> None:
    open_tab(page, TOPICS)
    page.get_by_role("button", name="Compare two").click()
    page.locator(".isra-tile").nth(9).click()
    expect(page.locator("canvas.isra-overlay")).to_have_count(2)
    expect(page.locator(".isra-tile.other")).to_have_count(1)


def test_the_overlay_downloads_as_png(page: Page) -> None:
    open_tab(page, TOPICS)
    painted(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
