"""What axe-core finds on every view, and that everything which takes the keyboard's focus shows it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PLACE_OF, TEXT, open_app, open_view, wait_until_still

pytestmark = pytest.mark.browser

GRADIOS_OWN = (("aria-prohibited-attr", 'aria-label="Empty value"'),)
"""Rules that Gradio's own parts break, and what tells the part: here the place of a plot that is still to come."""
WITHOUT_OUTLINE = """() => [...document.querySelectorAll('.isra-panel :is(a, button, input, select, [tabindex])')]
    .filter(element => element.checkVisibility() && !element.disabled && element.tabIndex >= 0)
    .filter(element => { element.focus({ focusVisible: true, preventScroll: true });
        return document.activeElement !== element || getComputedStyle(element).outlineStyle === 'none'; })
    .map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module", params=["light", "dark"])
def shared_page(request: pytest.FixtureRequest, chromium: Browser, app_url: str) -> Iterator[Page]:
    """Return one page for all views, with an image beside another so that Compare has something to show."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=request.param)
    page = context.new_page()
    open_app(page, f"{app_url}/?with=example.2&__theme={request.param}")
    yield page
    context.close()


def is_gradios_own(rule: str, html: str) -> bool:
    return any(rule == known and part in html for known, part in GRADIOS_OWN)


def test_axe_finds_nothing_and_focus_is_seen_in_any_view(shared_page: Page) -> None:
    found = {}
    for view in PLACE_OF:
        open_view(shared_page, view)
        wait_until_still(shared_page, TEXT)
        violations = Axe().run(shared_page).response["violations"]
        mistakes = [(each["id"], node["html"]) for each in violations for node in each["nodes"]]
        mistakes = [(rule, html) for rule, html in mistakes if not is_gradios_own(rule, html)]
        mistakes += [("focus", html) for html in shared_page.evaluate(WITHOUT_OUTLINE)]
        if mistakes:
            found[view] = mistakes
    assert found == {}
