"""Going through the page: places and views, back and forward, and links that bring another visitor to the same view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose_checkpoint, open_view, verdicts, wait_for_other, wait_for_same

pytestmark = pytest.mark.browser


def test_back_and_forward_go_through_views_images_and_topics(page: Page) -> None:
    first = verdicts(page)
    page.locator(".isra-examples button").nth(2).click()
    second = wait_for_other(page, first)
    page.locator(".isra-topic").nth(2).click()
    topic = page.locator(".isra-stage figcaption strong")
    chosen = topic.inner_text()
    assert re.search(rf"topic={chosen.removeprefix('Topic ')}\b", page.url)

    page.go_back()
    expect(page.get_by_role("link", name="Predict", exact=True)).to_have_attribute("aria-current", "page")
    wait_for_same(page, second)
    page.go_back()
    wait_for_same(page, first)
    page.go_forward()
    wait_for_same(page, second)
    page.go_forward()
    expect(topic).to_have_text(chosen)


def test_a_link_brings_the_checkpoint_the_gallery_image_the_class_and_the_map(page: Page) -> None:
    before = verdicts(page)
    choose_checkpoint(page, 1)
    before = wait_for_other(page, before)
    page.locator(".isra-neighbour").nth(1).click()
    wanted = wait_for_other(page, before)
    page.locator(".isra-pick").first.click()
    open_view(page, "Map")
    page.get_by_label("Colour by").select_option("prediction")
    page.get_by_role("button", name="t-SNE").click()
    page.wait_for_url("**map=tsne**")
    page.reload()
    expect(page.get_by_label("Colour by")).to_have_value("prediction")
    expect(page.get_by_role("button", name="t-SNE")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("document.querySelector('#map-plot .js-plotly-plot')?.data?.[0]?.selectedpoints?.length")
    open_view(page, "Predict")
    wait_for_same(page, wanted)
    expect(page.locator(".isra-pick[aria-pressed=true]")).to_have_count(1)


def test_a_place_with_one_view_shows_no_second_row(page: Page) -> None:
    navigation = page.get_by_role("navigation", name="Views")
    places = [link.inner_text() for link in navigation.locator(".isra-places a").all()]
    counts = []
    for place in places:
        navigation.get_by_role("link", name=place, exact=True).click()
        counts.append(navigation.locator(".isra-views a").count())
    assert counts[0] == 3
    assert 1 not in counts


def test_the_first_steps_go_for_good_and_can_be_brought_back(page: Page) -> None:
    steps = page.get_by_role("region", name="First steps")
    steps.get_by_role("button", name="Open a topic").press("Enter")
    expect(page).to_have_title(re.compile("^Topics in this image"))
    steps.get_by_role("button", name="Got it").press("Enter")
    again = page.get_by_role("button", name="Show the first steps")
    page.reload()
    expect(again).to_be_visible()
    expect(steps).to_have_count(0)
    again.press("Enter")
    expect(steps.get_by_role("button").first).to_be_focused()
