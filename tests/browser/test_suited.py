"""What is drawn goes to the models made for drawings, which know a mug by a few strokes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import draw_on_pad, open_tab

pytestmark = pytest.mark.browser

COLOURED = 6  # of the examples
RIM = [(0.2, 0.3), (0.62, 0.3)]
BOWL = [(0.2, 0.3), (0.21, 0.6), (0.3, 0.75), (0.52, 0.75), (0.61, 0.6), (0.62, 0.3)]
HANDLE = [(0.65, 0.34), (0.76, 0.4), (0.79, 0.47), (0.76, 0.54), (0.65, 0.6)]
FIRST_THREE = "[...document.querySelectorAll('.isra-models .isra-class:not(.meter)')].slice(0, 3).map(e => e.innerText)"


def test_a_drawn_cup_is_a_mug_to_the_models_made_for_drawings_and_one_press_goes_back(page: Page) -> None:
    open_tab(page, "Draw")
    draw_on_pad(page, [RIM, BOWL, HANDLE])
    expect(page.locator(".isra-suited")).to_contain_text("all icons → drawings")
    expect(page.locator("#checkpoint input")).to_have_value(re.compile("^all icons → drawings"))
    page.wait_for_function(f"{FIRST_THREE}.includes('Mug')")

    page.get_by_role("button", name="Stay with the one before").click()
    expect(page.locator("#checkpoint input")).to_have_value(re.compile("^solid → line"))
    expect(page.locator(".isra-suited")).to_have_count(0)


def test_what_is_like_none_of_these_is_asked_of_the_models_that_know_such_images(page: Page) -> None:
    page.locator(".isra-examples button").nth(COLOURED).click()
    expect(page.locator(".isra-stranger")).to_contain_text("solid → colour")
    page.get_by_role("button", name="Ask those").click()
    expect(page.locator("#checkpoint input")).to_have_value(re.compile("^solid → colour"))
    expect(page.locator(".isra-stranger")).to_have_count(0)
    assert re.search(rf"example={COLOURED}(&|$)", page.url), page.url
