"""The page as a whole: offline, dark, narrow, and with no name of a server's folder in it."""

import re
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PLACE_OF, TEXT, errors_of, open_app, open_view, wait_until_still

pytestmark = pytest.mark.browser


def test_no_request_leaves_the_page(chromium: Browser, app_url: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: set[str] = set()
    context.on("request", lambda request: asked.add(request.url))
    open_app(page, app_url)
    for view in PLACE_OF:
        open_view(page, view)
        wait_until_still(page, TEXT)
    hosts = {urlparse(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlparse(app_url).netloc}
    context.close()


def test_nothing_goes_wrong_in_the_console(chromium: Browser, app_url: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    errors = errors_of(page)
    open_app(page, app_url)
    for view in PLACE_OF:
        open_view(page, view)
        wait_until_still(page, TEXT)
    assert errors == []
    context.close()


def test_dark_is_a_switch_away_and_is_remembered(page: Page) -> None:
    ink = "getComputedStyle(document.querySelector('.isra-verdict strong')).color"
    light = page.evaluate(ink)
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function("document.body.classList.contains('dark')")
    page.wait_for_function(f"light => {ink} !== light", arg=light)
    page.reload()
    page.wait_for_selector(".isra-verdict strong")
    page.wait_for_function("document.body.classList.contains('dark')")


@pytest.mark.parametrize("view", PLACE_OF)
def test_a_phone_needs_no_sideways_scrolling(chromium: Browser, app_url: str, view: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_app(page, app_url)
    open_view(page, view)
    wait_until_still(page, "document.documentElement.scrollHeight")
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    context.close()


def test_two_topics_on_a_phone_stand_below_each_other(chromium: Browser, app_url: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_app(page, app_url)
    open_view(page, "Topics in this image")
    page.get_by_role("button", name="Compare two").click()
    first, second = (page.locator(".isra-stage").nth(number).bounding_box() for number in (0, 1))
    assert first is not None
    assert second is not None
    assert second["y"] >= first["y"] + first["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_screen_reader_finds_rows_and_keeps_the_words_of_a_term(page: Page) -> None:
    table = page.get_by_role("table", name="What each model says")
    expect(table.get_by_role("row")).to_have_count(1 + len(page.locator(".isra-class").all()))
    expect(table.get_by_role("columnheader")).to_have_count(4)
    term = page.locator(".isra-term").first
    expect(term).to_have_accessible_description(re.compile(r"\.$"))
    assert term.get_attribute("aria-label") is None


def test_every_button_has_a_name(page: Page) -> None:
    for view in PLACE_OF:
        open_view(page, view)
        wait_until_still(page, TEXT)
        nameless = page.evaluate(
            "[...document.querySelectorAll('.isra-panel button')]"
            ".filter(b => !(b.checkVisibility() ? b.innerText : b.textContent).trim()"
            " && !b.getAttribute('aria-label')).map(b => b.outerHTML.slice(0, 80))"
        )
        assert nameless == []
