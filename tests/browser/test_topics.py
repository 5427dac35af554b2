"""The tab Topics in this image: controls that work in the browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import click_quickly, open_view, wait_until_still

pytestmark = pytest.mark.browser

TOPICS = "Topics in this image"
PIXELS = "document.querySelector('canvas.isra-overlay').toDataURL()"


def painted(page: Page, before: str = "") -> str:
    """Return the picture of the overlay once it is another than ``before`` and stays as it is."""
    page.wait_for_function(f"before => {PIXELS} !== before", arg=before)
    wait_until_still(page, PIXELS)
    return str(page.evaluate(PIXELS))


def test_the_overlays_controls_ask_nothing_of_the_server(page: Page) -> None:
    open_view(page, TOPICS)
    expect(page.locator(".isra-evidence h2").first).to_contain_text("Faithfulness")
    looks = [painted(page)]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Opacity").fill("0.3")
    looks.append(painted(page, looks[-1]))
    page.get_by_label("Threshold").fill("0.7")
    looks.append(painted(page, looks[-1]))
    page.get_by_label("Colour map").select_option("viridis")
    looks.append(painted(page, looks[-1]))
    page.locator(".isra-check input").check()
    looks.append(painted(page, looks[-1]))
    assert len(set(looks)) == 5, "every control changes the picture"
    assert asked == []


def test_a_topic_of_the_strip_opens_large(page: Page) -> None:
    card = page.locator(".isra-topic").nth(3)
    number = card.locator(".isra-number").inner_text().removeprefix("#")
    card.click()
    expect(page.locator(".isra-stage figcaption strong")).to_have_text(f"Topic {number}")


def test_a_topic_of_the_grid_is_measured_on_demand(page: Page) -> None:
    open_view(page, TOPICS)
    page.locator(".isra-tile").nth(20).click()
    number = page.locator(".isra-tile span").nth(20).inner_text().removeprefix("#")
    expect(page.locator(".isra-stage figcaption strong")).to_have_text(f"Topic {number}")
    expect(page.locator(".isra-evidence h2").first).to_contain_text(f"topic {number}")


def test_a_topic_chosen_while_another_is_measured_is_measured_too(page: Page) -> None:
    open_view(page, TOPICS)
    click_quickly(page, [".isra-tile:nth-child(21)", ".isra-tile:nth-child(22)"])
    number = page.locator(".isra-tile span").nth(21).inner_text().removeprefix("#")
    expect(page.locator(".isra-evidence h2").first).to_contain_text(f"topic {number}")


def test_measuring_a_topic_keeps_what_the_strip_knew(page: Page) -> None:
    faithful = page.locator(".isra-topic dd").nth(1)
    expect(faithful).not_to_have_text("…")
    known = faithful.inner_text()
    open_view(page, TOPICS)
    page.locator(".isra-tile").nth(20).click()
    expect(page.locator(".isra-evidence h2").first).to_contain_text("Faithfulness")
    open_view(page, "Predict")
    expect(faithful).to_have_text(known)


def test_the_keyboard_stays_on_the_topic_that_it_chose(page: Page) -> None:
    open_view(page, TOPICS)
    tile = page.locator(".isra-tile").nth(5)
    tile.focus()
    page.keyboard.press("Enter")
    expect(tile).to_be_focused()
    expect(tile).to_have_attribute("aria-pressed", "true")


def test_two_topics_are_compared(page: Page) -> None:
    open_view(page, TOPICS)
    page.get_by_role("button", name="Compare two", exact=True).click()
    page.locator(".isra-tile").nth(9).click()
    expect(page.locator("canvas.isra-overlay")).to_have_count(2)
    expect(page.locator(".isra-tile.other")).to_have_count(1)


def test_the_overlay_downloads_as_png(page: Page) -> None:
    open_view(page, TOPICS)
    painted(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
