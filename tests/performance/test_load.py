"""The pieces of the load bench, on a stub of the app: nobody stays long, and nothing is started."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from isra_model.performance.load import Asked, picture, stay, summarised
from isra_model.performance.page import load_section
from isra_model.performance.visitor import RefusalError, Visitor, same

CONFIG = {
    "components": [{"id": 3, "props": {"elem_id": "panel-job"}}, {"id": 4, "props": {}}],
    "dependencies": [
        {"id": 7, "backend_fn": True, "api_name": "predict", "targets": [[4, "click"]]},
        {"id": 8, "backend_fn": False, "api_name": None, "targets": [[3, "begin"]]},
        {"id": 9, "backend_fn": True, "api_name": None, "targets": [[3, "begin"]]},
    ],
}


def visitor(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Visitor:
    """Return a visitor of an app that answers whatever is asked; another's event comes first."""
    asked: list[dict[str, Any]] = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/join"):
            asked.append(json.loads(request.content))
            return httpx.Response(200, json={"event_id": "mine"})
        if request.url.path.endswith("/upload"):
            return httpx.Response(200, json=["somewhere/1.jpg"])
        if request.url.path.endswith("/config"):
            return httpx.Response(200, json=CONFIG)
        other = {"msg": "process_completed", "event_id": "another", "success": True, "output": {"data": ["another's"]}}
        mine = other | {"event_id": "mine"} | answer(asked[-1])
        lines = [f"data: {json.dumps(each)}\n\n" for each in (other, mine)]
        return httpx.Response(200, text=": opened\n\n" + "".join(lines))

    return Visitor(httpx.Client(transport=httpx.MockTransport(app), base_url="http://app"))


def test_a_visitor_asks_by_an_endpoints_name_or_by_an_elements_event_and_takes_the_own_answer() -> None:
    someone = visitor(lambda asked: {"output": {"data": [asked["fn_index"], asked["event_data"], *asked["data"]]}})
    assert someone.ask("predict", someone.upload("1.jpg", b"")["path"]) == [7, None, "somewhere/1.jpg"]
    assert someone.ask("panel-job.begin", event={"task": "one"}) == [9, {"task": "one"}]


def test_an_error_is_told_in_the_apps_words() -> None:
    someone = visitor(lambda _: {"success": False, "output": {"error": "wait a few seconds"}})
    with pytest.raises(RefusalError, match="wait a few seconds"):
        someone.ask("predict")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"cup": [0.25000001, "x"]}, True),
        ({"cup": [0.3, "x"]}, False),
        ({"cup": [0.25]}, False),
        ({"mug": [0.25, "x"]}, False),
    ],
)
def test_answers_are_the_same_but_for_rounding(other: object, expected: bool) -> None:
    assert same({"cup": [0.25, "x"]}, other) is expected


def test_no_two_people_bring_the_same_picture() -> None:
    assert picture(1) == picture(1) != picture(2)


class Restless:
    """Somebody whose second answer is wrong."""

    number, actions = 1, ("look",)

    def __init__(self) -> None:
        self.done = 0

    def do(self, name: str) -> Asked:
        self.done += 1
        return Asked(name, float(self.done), "broken" if self.done == 2 else "")


def test_what_people_met_is_counted_by_action_and_by_problem() -> None:
    asked = stay(Restless(), seconds=0.05, pause=(0.0, 0.001))  # type: ignore[arg-type]
    actions, problems = summarised([*asked, Asked("look", 1.0), Asked("look", 2.0, "broken")])
    assert actions["look"]["count"] == len(asked) + 2
    assert actions["look"]["p50"] <= actions["look"]["p95"]
    assert problems["broken"] == 1 + (len(asked) >= 2)


def test_the_page_tells_every_problem() -> None:
    run = {"date": "today", "commit": "abc", "device": "2 CPU cores"}
    crowd = {
        "people": 3,
        "seconds": 5.0,
        "actions": {"look": {"count": 4, "p50": 0.5, "p95": 1.25}},
        "problems": {"503: full": 2},
        "adapt": "done",
        "adapt_seconds": 61.0,
        "resident_before": 900.0,
        "resident_after": 910.0,
    }
    uploads = {"uploads": 1000, "people": 500, "remembered": 200, "resident": [900.0, 905.0]}
    told = load_section({"crowd": crowd, "uploads": uploads} | run)
    assert "| look | 4 | 0.50 | 1.25 |" in told
    assert "503: full (2)" in told
    assert "1,000 uploads on end by 500 people" in told
