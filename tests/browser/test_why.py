"""In Predict, why one class and not another: topics that are switched off and on again, without the server."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_topic_switched_off_changes_the_visitors_answer_and_not_the_networks(page: Page) -> None:
    network, yours = page.locator(".isra-answer strong + span").all()
    difference = page.locator(".isra-sum-row.total b")
    expect(yours).to_have_text(network.inner_text())
    said, before = network.inner_text(), difference.inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    for number in range(3):
        page.locator(".isra-sum-row input[type=checkbox]").nth(number).uncheck()
    expect(difference).not_to_have_text(before)
    expect(page.locator(".isra-sum-row.changed")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".isra-sum-row.changed")).to_have_count(2)
    page.get_by_role("button", name="Reset").click()
    expect(difference).to_have_text(before)
    assert (network.inner_text(), yours.inner_text()) == (said, said)
    assert asked == []

    page.get_by_label("and not this class").select_option(index=3)
    expect(difference).not_to_have_text(before)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".isra-sum-row.total b")).to_have_text(difference.inner_text())
