"""What the topic explorer is sent: a portrait of every topic of every model that has topics."""

import json

from isra_model.interface.explorer import explorer_payload
from isra_model.interface.studio import OpenTask
from tests.inspection.conftest import TOPICS
from tests.interface.conftest import ISRA


def test_every_topic_of_a_model_with_topics_has_a_portrait(open_task: OpenTask) -> None:
    sent = explorer_payload(open_task)
    json.dumps(sent, allow_nan=False)
    (model,) = sent["models"]
    assert (model["name"], model["without"]) == (ISRA, "ba3us")
    assert [topic["index"] for topic in model["topics"]] == list(range(TOPICS))
    shown = {str(row) for topic in model["topics"] for domain in ("source", "target") for row in topic[domain]["rows"]}
    assert set(sent["labels"]) == shown


def test_a_task_without_topics_has_nothing_to_explore(open_task: OpenTask) -> None:
    plain = OpenTask(open_task.name, {"ba3us": open_task.inspectors["ba3us"]})
    assert explorer_payload(plain)["models"] == []
