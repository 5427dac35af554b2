"""The tab Map: what Plotly draws, and what the page puts on it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    choose_checkpoint,
    click_quickly,
    open_view,
    verdicts,
    wait_for_other,
    wait_until_still,
)

pytestmark = pytest.mark.browser

GRAPH = "document.querySelector('#map-plot .js-plotly-plot')"
POINT = """([trace, index]) => {
  const gd = document.querySelector('#map-plot .js-plotly-plot');
  const full = gd._fullData[trace], x = gd._fullLayout[full.xaxis.replace('x', 'xaxis')];
  const y = gd._fullLayout[full.yaxis.replace('y', 'yaxis')], box = gd.getBoundingClientRect();
  return [box.left + x._offset + x.l2p(full.x[index]), box.top + y._offset + y.l2p(full.y[index])];
}"""


@pytest.fixture
def map_page(page: Page) -> Page:
    open_view(page, "Map")
    page.wait_for_function(f"{GRAPH}?.data?.[0]?.israDressed && {GRAPH}.data[2].x[0] != null")
    wait_until_still(page, f"[{GRAPH}.getBoundingClientRect(), {GRAPH}._fullLayout.width]")
    return page


def drag_around(page: Page) -> None:
    """Lasso most of the third panel."""
    frame = page.evaluate(
        f"(() => {{ const g = {GRAPH}, x = g._fullLayout.xaxis3, y = g._fullLayout.yaxis3,"
        " b = g.getBoundingClientRect(); return [b.left + x._offset, b.top + y._offset, x._length, y._length]; })()"
    )
    left, top, width, height = frame
    corners = [(0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96), (0.04, 0.06)]
    points = [(left + u * width, top + v * height) for u, v in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def test_three_models_share_their_points_and_show_the_image_as_a_star(map_page: Page) -> None:
    traces: list[Any] = map_page.evaluate(f"{GRAPH}._fullData.map(t => [t.name, t.x.length])")
    assert [name for name, _ in traces] == ["source", "target", "your image"] * 3
    assert traces[0][1] == traces[3][1] == traces[6][1] > 100
    symbols = map_page.evaluate(f"{GRAPH}.data.slice(0, 2).map(t => t.marker.symbol)")
    assert symbols == ["circle", "triangle-up"]


def test_hover_shows_the_image_and_a_click_opens_it(map_page: Page) -> None:
    before = verdicts(map_page)
    place = map_page.evaluate(POINT, [7, 0])
    map_page.mouse.move(place[0] - 1, place[1] - 1)
    map_page.mouse.move(*place, steps=3)
    expect(map_page.locator(".isra-hover")).to_be_visible()
    expect(map_page.locator(".isra-hover .isra-thumb")).to_be_visible()
    map_page.mouse.click(*place)
    expect(map_page.get_by_role("link", name="Predict", exact=True)).to_have_attribute("aria-current", "page")
    wait_for_other(map_page, before)


def test_a_lasso_counts_and_highlights_in_all_panels(map_page: Page) -> None:
    drag_around(map_page)
    card = map_page.locator("#panel-card")
    expect(card).to_contain_text("images")
    expect(card).to_contain_text("mixing")
    selected = map_page.evaluate(f"[0, 1, 3, 4, 6, 7].map(t => {GRAPH}.data[t].selectedpoints?.length ?? 0)")
    assert selected[0:2] == selected[2:4] == selected[4:6]
    assert sum(selected[:2]) > 50
    with map_page.expect_download() as download:
        card.get_by_role("button", name="CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 1 + sum(selected[:2])


def test_colour_and_map_change_without_a_new_figure(map_page: Page) -> None:
    colour = f"JSON.stringify({GRAPH}.data[0].marker.color).slice(0, 60)"
    place = f"{GRAPH}._fullData[0].x[0]"
    map_page.evaluate(f"{GRAPH}.israKept = true")
    before = map_page.evaluate(f"[{colour}, {place}]")
    map_page.get_by_label("Colour by").select_option("class")
    map_page.wait_for_function(f"before => {colour} !== before", arg=before[0])
    map_page.get_by_role("button", name="t-SNE").click()
    map_page.wait_for_function(f"before => {place} !== before", arg=before[1])
    assert map_page.evaluate(f"{GRAPH}.israKept === true")


def test_the_star_stands_on_the_map_that_is_shown_after_quick_choices(map_page: Page) -> None:
    place = f"[{GRAPH}._fullData[0].x[0], {GRAPH}.data[2].x[0]]"
    on_umap = map_page.evaluate(place)
    map_page.get_by_role("button", name="t-SNE").click()
    map_page.wait_for_function(f"on_umap => {place}.every((x, i) => x !== on_umap[i])", arg=on_umap)
    on_tsne = map_page.evaluate(place)
    click_quickly(map_page, [f"[aria-label='Map'] button:nth-child({number})" for number in (1, 2)])
    wait_until_still(map_page, place)
    map_page.wait_for_function(f"on_tsne => JSON.stringify({place}) === JSON.stringify(on_tsne)", arg=on_tsne)


def test_the_keyboard_walks_the_map(map_page: Page) -> None:
    before = verdicts(map_page)
    map_page.locator("#map-plot .js-plotly-plot").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        map_page.keyboard.press(key)
    expect(map_page.locator(".isra-hover")).to_be_visible()
    map_page.keyboard.press("Enter")
    wait_for_other(map_page, before)


def test_playing_the_training_moves_the_maps_and_brings_them_back(map_page: Page) -> None:
    first, third = f"{GRAPH}._fullData[0].x[0]", f"{GRAPH}._fullData[6].x[0]"
    home, third_home = map_page.evaluate(first), map_page.evaluate(third)
    at_home = f"Math.abs({first} - {home}) < 0.01 && Math.abs({third} - {third_home}) < 0.01"
    map_page.evaluate(
        "() => { const step = document.querySelector('.isra-step'); window.told = [];"
        " new MutationObserver(() => window.told.push(step.textContent)).observe(step, { childList: true }); }"
    )
    map_page.get_by_role("button", name="Play the training").click()
    map_page.wait_for_function(f"{first} !== {home} && {third} !== {third_home}")
    map_page.wait_for_function(f"window.told.at(-1) === '' && {at_home}")
    assert map_page.evaluate("window.told") == ["step 62", "step 186", "step 310", "step 500", ""]

    map_page.get_by_role("button", name="Play the training").click()
    map_page.wait_for_function(f"{first} !== {home}")
    map_page.get_by_role("button", name="Stop").click()
    map_page.wait_for_function(f"window.told.at(-1) === '' && {at_home}")


def test_a_figure_that_came_while_its_tab_was_hidden_fills_the_page(map_page: Page) -> None:
    shown = map_page.evaluate(f"{GRAPH}._fullLayout.width")
    open_view(map_page, "Predict")
    before = verdicts(map_page)
    choose_checkpoint(map_page, 1)
    wait_for_other(map_page, before)
    open_view(map_page, "Map")
    map_page.wait_for_function(f"{GRAPH}?._fullLayout.width === {shown}")
    panels = f"['xaxis', 'xaxis2', 'xaxis3'].map(x => {GRAPH}._fullLayout[x].domain[0])"
    map_page.wait_for_function(f"new Set({panels}).size === 3")


def test_zoomed_in_images_stand_for_points_and_both_stay_when_recoloured(map_page: Page) -> None:
    map_page.locator("#map-plot .js-plotly-plot").focus()
    for key in ("ArrowRight", *["+"] * 10):
        map_page.keyboard.press(key)
    pictures = map_page.locator(".isra-pictures > div")
    expect(pictures.first).to_be_visible()
    expect(map_page.locator("#panel-card")).to_contain_text("Around this image")
    expect(map_page.locator("#panel-card .isra-thumb")).to_have_count(12)
    colour, zoomed = (
        f"JSON.stringify({GRAPH}.data[6].marker.color)",
        f"JSON.stringify({GRAPH}._fullLayout.xaxis3.range)",
    )
    before = map_page.evaluate(f"[{colour}, {zoomed}]")
    map_page.get_by_label("Colour by").select_option("neighbours changed")
    map_page.wait_for_function(f"before => {colour} !== before", arg=before[0])
    assert map_page.evaluate(zoomed) == before[1]
    expect(pictures.first).to_be_visible()
