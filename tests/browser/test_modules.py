"""The page's modules without the app: a Chromium page imports them and runs `modules/units.js`."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from isra_model.interface.scripts import modules

pytestmark = pytest.mark.browser

UNITS = Path(__file__).parent / "modules" / "units.js"
PLACE = "http://studio.test"


def serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    script = UNITS.read_text() if name == UNITS.name else modules().get(name)
    if script is None:
        route.fulfill(body="<!doctype html><title>units</title>", content_type="text/html")
    else:
        route.fulfill(body=script, content_type="text/javascript")


def test_the_pure_functions_do_as_their_examples_say(chromium: Browser) -> None:
    page = chromium.new_page()
    page.route(f"{PLACE}/**", serve)
    page.goto(PLACE)
    outcome = page.evaluate("import('/units.js').then(({ run }) => run())")
    page.close()
    assert outcome["failed"] == {}
    assert outcome["count"] > 8
