"""The page: header and tabs, and which event of which component changes what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency
from PIL import Image

from isra_model.figures import maps
from isra_model.interface import batch, payloads
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.api import add_api
from isra_model.interface.components import UNOPENED, panel, script_tags, uploaded_path
from isra_model.interface.glossary import TERMS
from isra_model.interface.limits import TokenBuckets
from isra_model.interface.map import (
    MapTab,
    map_figure,
    map_payload,
    map_tab,
    moved_payload,
    read_style,
    restyled,
    star_payload,
)
from isra_model.interface.predict import PredictTab, predict_tab
from isra_model.interface.snippets import map_snippet, predict_snippet, topics_snippet
from isra_model.interface.studio import ISRA, Studio
from isra_model.interface.topics import TopicsTab, topics_tab

Values = tuple[Any, ...]
TABS = {"predict": "Predict", "topics": "Topics in this image", "map": "Map"}


@dataclass(frozen=True)
class Page:
    """The page's components, by where they are."""

    checkpoint: gr.Dropdown
    seen: gr.State
    bus: gr.HTML
    tabs: gr.Tabs
    predict: PredictTab
    topics: TopicsTab
    map: MapTab

    @property
    def shown(self) -> list[Any]:
        """Return the components that show an image, in the order of `show`."""
        return [
            self.seen,
            self.predict.models,
            self.predict.neighbours,
            self.predict.strip,
            self.topics.topics,
            self.map.card,
            self.bus,
        ]


def build_page(studio: Studio, actions: Actions | None = None) -> gr.Blocks:
    """Return the page, with the first example already looked at."""
    actions = actions or Actions(studio, TokenBuckets())
    task = studio.task(studio.names[0])
    seen = actions.look(studio.examples[0].open(), task.name)
    demo: gr.Blocks
    with gr.Blocks(title="ISRA Studio", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as demo:
        with gr.Row(elem_classes="isra-header"):
            panel("header", {"tabs": {title: name for name, title in TABS.items()}})
            checkpoint = gr.Dropdown(
                [(_title(studio, name), name) for name in studio.names],
                value=task.name,
                label="Checkpoint",
                show_label=False,
                container=False,
                elem_id="checkpoint",
            )
        state = gr.State(None, time_to_live=3600)
        bus = panel("bus", {"scores": actions.scores(seen)})
        with gr.Tabs(elem_id="isra-tabs") as tabs:
            with gr.Tab(TABS["predict"], id="predict"):
                predict = predict_tab(task, seen, studio.examples)
            with gr.Tab(TABS["topics"], id="topics"):
                topics = topics_tab(seen)
            with gr.Tab(TABS["map"], id="map"):
                linked = map_tab(task, seen)
        page = Page(checkpoint, state, bus, tabs, predict, topics, linked)
        Wiring(page, actions, seen).connect(demo)
        add_api(actions)
    return demo


def page_head() -> str:
    """Return the scripts of the page."""
    return script_tags(json.dumps(TERMS, ensure_ascii=False))


class Wiring:
    """Connects the page's events to the actions."""

    def __init__(self, page: Page, actions: Actions, opened: Seen) -> None:
        self._page = page
        self._actions = actions
        self._opened = opened

    def connect(self, demo: gr.Blocks) -> None:
        """Register every event."""
        page, predict = self._page, self._page.predict
        with_image = [predict.image, *page.shown]
        look: dict[str, Any] = {"concurrency_id": "look", "concurrency_limit": 2}
        private: dict[str, Any] = {"api_visibility": "private"}
        hidden = private | {"show_progress": "hidden"}
        busy = look | {"show_progress": "minimal", "show_progress_on": predict.models, "trigger_mode": "always_last"}

        def then_measure(looked: Dependency, **options: Any) -> None:
            looked.success(self.measure, [page.seen], page.bus, show_progress="hidden", **look, **options)

        def look_from(event: Callable[..., Dependency], fn: Callable[..., Values], outputs: list[Any]) -> None:
            then_measure(event(fn, [page.checkpoint], outputs, **busy, **private), **private)

        upload = busy | UNOPENED | {"api_name": "look"}
        looked = predict.image.input(self.look_file, [predict.image, page.checkpoint], page.shown, **upload)
        then_measure(looked, api_name="faithfulness")
        look_from(predict.pad.sketch, self.look_sketch, page.shown)
        look_from(predict.examples.example, self.look_example, with_image)
        for source in (predict.neighbours, page.map.rail, page.map.card, page.map.moved):
            look_from(source.open, self.look_row, with_image)
        switching = busy | private | {"show_progress_on": page.checkpoint}
        switched = page.checkpoint.input(self.switch, [page.checkpoint, page.seen], self._of_a_task, **switching)
        then_measure(switched, **private)
        predict.files.upload(self.look_files, [predict.files, page.checkpoint], predict.table, api_visibility="private")
        predict.files.clear(lambda: gr.update(visible=False), None, predict.table, **hidden)
        closer = busy | private
        opened = predict.table.open_file(self.open_of_several, [predict.files, page.checkpoint], with_image, **closer)
        then_measure(opened, **private)
        page.topics.topics.explain(self.explain, [page.seen], page.bus, **look | hidden)
        rail = page.map.rail
        rail.restyle(self.restyle, [page.checkpoint], page.bus, **hidden)
        rail.frames(self.frames, [page.checkpoint], page.bus, **hidden)
        rail.lasso(self.lasso, [page.checkpoint], page.map.card, **hidden)
        linked = [page.tabs, page.checkpoint, predict.image, *self._of_a_task]
        then_measure(demo.load(self.follow_link, None, linked, **hidden), **private)

    @property
    def _of_a_task(self) -> list[Any]:
        page = self._page
        shares = [page.predict.share, page.topics.share, page.map.share]
        return [*page.shown, page.map.plot, page.map.rail, page.map.moved, *shares]

    # ---- looking at an image ----

    def look_file(self, image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> Values:
        """Look at an uploaded, pasted or photographed image."""
        self._actions.admit(request)
        if image is None:
            return self._unchanged(len(self._page.shown))
        return self._values(self._actions.look(self._actions.open_file(uploaded_path(image)), checkpoint))

    def look_sketch(self, event: gr.EventData, task: str, request: gr.Request) -> Values:
        """Look at a drawing."""
        self._actions.admit(request)
        return self._values(self._actions.look(self._actions.open_sketch(_told(event, "png")), task))

    def look_example(self, event: gr.EventData, task: str, request: gr.Request) -> Values:
        """Look at an example, and put it where images go."""
        self._actions.admit(request)
        return self._with_image(self._actions.open_example(_told(event, "index")), task)

    def look_row(self, event: gr.EventData, task: str, request: gr.Request) -> Values:
        """Look at an image of the gallery, and put it where images go."""
        self._actions.admit(request)
        return self._with_image(self._actions.open_row(task, _told(event, "row")), task)

    def measure(self, seen: Seen | None) -> Any:
        """Measure the strongest topics' faithfulness, many passes through the network; skip where nothing is new."""
        return gr.skip() if seen is None else {"scores": self._actions.scores(seen)}

    def _with_image(self, image: Image.Image, task: str) -> Values:
        return image, *self._values(self._actions.look(image, task))

    @staticmethod
    def _unchanged(count: int) -> Values:
        return tuple(gr.skip() for _ in range(count))

    def _values(self, seen: Seen) -> Values:
        task = self._actions.task(seen.task)
        said = payloads.prediction_payload(seen.key, task, seen.views)
        isra = seen.views.get(ISRA)
        return (
            seen,
            said,
            said,
            payloads.strip_payload(seen.key, isra),
            payloads.topics_payload(seen.key, isra),
            payloads.image_payload(task, seen.views),
            {"stars": star_payload(seen)},
        )

    # ---- several images ----

    def look_files(
        self,
        paths: list[str],
        task: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Any:
        """Look at several images and return a table of what the models say."""
        self._actions.admit(request, cost=len(paths))
        return gr.update(value=batch.table(self._actions, paths, task, progress), visible=True)

    def open_of_several(self, event: gr.EventData, paths: list[str] | None, task: str, request: gr.Request) -> Values:
        """Look closer at one of several images."""
        self._actions.admit(request)
        index = _told(event, "index")
        if not isinstance(index, int) or not 0 <= index < len(paths or []):
            raise gr.Error("There is no such image: upload it again.", print_exception=False)
        return self._with_image(self._actions.open_file((paths or [])[index]), task)

    # ---- topics and map ----

    def explain(self, event: gr.EventData, seen: Seen | None, request: gr.Request) -> dict[str, Any]:
        """Measure the faithfulness of one topic."""
        self._actions.admit(request)
        return {"scores": self._actions.topic_scores(seen or self._opened, _told(event, "topic"))}

    def restyle(self, event: gr.EventData, task: str) -> dict[str, Any]:
        """Bring the figure to another map or colour."""
        style = read_style(_told(event, "map"), _told(event, "colour"), _told(event, "topic"))
        return {"map": restyled(self._actions.task(task), style)}

    def frames(self, event: gr.EventData, task: str) -> dict[str, Any]:
        """Return the maps during training."""
        style = read_style(_told(event, "map"), None, None)
        opened = self._actions.task(task)
        return {"map": {"frames": maps.training_frames(opened.gallery, opened.models, style.map_name)}}

    def lasso(self, event: gr.EventData, task: str, request: gr.Request) -> dict[str, Any]:
        """Summarise a selection."""
        self._actions.admit(request)
        return self._actions.selection_card(task, _told(event, "model"), _told(event, "rows"))

    # ---- another checkpoint, and links ----

    def switch(self, task: str, seen: Seen | None, request: gr.Request) -> Values:
        """Look at the same image with another checkpoint."""
        self._actions.admit(request)
        return self._values_of_task(self._actions.look((seen or self._opened).image, task))

    def _values_of_task(self, seen: Seen) -> Values:
        task = self._actions.task(seen.task)
        snippets = [snippet(task.name) for snippet in (predict_snippet, topics_snippet, map_snippet)]
        shares = [{"python": snippet} for snippet in snippets]
        return *self._values(seen), map_figure(task), map_payload(task, seen), moved_payload(task), *shares

    def follow_link(self, request: gr.Request) -> Values:
        """Bring the page to the view that its address names (?tab=map&task=...&example=2); else change nothing."""
        asked = dict(request.query_params)
        tab, task, example = asked.get("tab"), asked.get("task"), asked.get("example", "")
        to_tab = gr.update(selected=tab) if tab in TABS else gr.skip()
        examples = self._actions.studio.examples
        index = int(example) if example.isdecimal() and int(example) < len(examples) else None
        if task not in self._actions.studio.names and index is None:
            return to_tab, *self._unchanged(2 + len(self._of_a_task))
        self._actions.admit(request)
        image = self._opened.image if index is None else examples[index].open()
        name = str(task) if task in self._actions.studio.names else self._opened.task
        return to_tab, name, image, *self._values_of_task(self._actions.look(image, name))


def _told(event: gr.EventData, name: str) -> object:
    """Return a value that the browser sent with an event; None if it did not. Never trusted: its reader checks it."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def _title(studio: Studio, name: str) -> str:
    """Return what the choice of checkpoints says: source, target and accuracy."""
    benchmark, _, target = name.rpartition("-to-")
    source = benchmark.rpartition("-")[2]
    accuracy = studio.accuracy(name)
    return f"{source} → {target}" + ("" if accuracy is None else f"  ·  {accuracy:.1f} %")
