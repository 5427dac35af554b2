"""The view Compare: a second image beside the first, on the same scales, and a link to both."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import click_quickly, open_view, verdicts, wait_for_other

pytestmark = pytest.mark.browser


def test_two_images_stand_side_by_side_change_places_and_are_in_the_link(page: Page) -> None:
    first = verdicts(page)
    page.get_by_role("button", name="Compare with another image").click()
    expect(page.locator(".isra-pin")).to_contain_text("Pinned")
    page.locator("#panel-examples button").nth(2).click()
    wait_for_other(page, first)
    page.get_by_role("button", name="See both").click()
    pair = page.locator(".isra-compared strong")
    expect(pair).to_have_count(2 * len(first))
    guesses = pair.all_inner_texts()
    swapped = guesses[len(first) :] + guesses[: len(first)]

    page.locator("#panel-images").get_by_role("button", name="Swap").press("Enter")
    expect(pair).to_have_text(swapped)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".isra-compared strong")).to_have_text(swapped)
    other.close()

    page.get_by_role("table", name="Responses of both images").get_by_role("button").first.click()
    expect(page.get_by_role("link", name="Topics in this image")).to_have_attribute("aria-current", "page")
    open_view(page, "Compare")
    page.locator("#panel-images").get_by_role("button", name="Unpin").click()
    expect(page.locator(".isra-compare-empty")).to_be_visible()
    assert "with=" not in page.url


def test_an_image_that_is_pinned_while_another_is_looked_at_stands_beside_that(page: Page) -> None:
    first = verdicts(page)
    click_quickly(page, [".isra-examples button:nth-child(3)", ".isra-pin button"])
    expect(page.locator(".isra-pin")).to_contain_text("Pinned")
    other = wait_for_other(page, first)
    open_view(page, "Compare")
    guesses = [text.split("\n")[0] for text in first + other]
    expect(page.locator(".isra-compared strong")).to_have_text(guesses)
