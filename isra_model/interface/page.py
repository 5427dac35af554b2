"""The page: header, navigation and views, and which event of which component changes what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.events import Dependency
from PIL import Image

from isra_model.interface import batch, compare, payloads
from isra_model.interface.actions import FORGOTTEN, Actions, Seen, place_of
from isra_model.interface.api import add_api
from isra_model.interface.chosen import askable, choice, choices, still_here, warn_of_own
from isra_model.interface.components import QUIET, UNOPENED, panel, sent, uploaded_path
from isra_model.interface.limits import TokenBuckets
from isra_model.interface.map import (
    MapTab,
    frames_of,
    map_figure,
    map_payload,
    map_share,
    map_tab,
    moved_payload,
    read_style,
    restyled,
    star_payload,
)
from isra_model.interface.navigation import MAP, PREDICT, TOPICS, VIEWS, asked_by, navigation_payload, suited_payload
from isra_model.interface.predict import MAX_FILES, PredictTab, predict_share, predict_tab, said_payload, why_payload
from isra_model.interface.studio import OpenTask, Studio
from isra_model.interface.topics import TopicsTab, strip_payload, topics_payload, topics_share, topics_tab
from isra_model.interface.views import OPEN, View

Values = dict[Any, Any]
"""What components show next; those that are not among them stay as they are."""
OPENED: payloads.Payload = {"kind": "example", "index": 0, "turn": 0}
LOOK: dict[str, Any] = {"concurrency_id": "look", "concurrency_limit": 2}
UNLISTED: dict[str, Any] = {"api_visibility": "undocumented"}
# Each of these events is about something else, so that none may be dropped while another is on its way.
EACH: dict[str, Any] = QUIET | {"trigger_mode": "multiple"}
ASK_FOR_THE_FILE = "(image) => { if (image) isra.then(({ lookAtFile }) => lookAtFile()); }"
LOOK_AGAIN = "() => { isra.then(({ lookAgain }) => lookAgain()); }"
ANSWERED = "() => { isra.then(({ answered }) => answered()); }"


@dataclass(frozen=True)
class Page:
    """The page's components, by where they are."""

    checkpoint: gr.Dropdown
    seen: gr.State
    ask: gr.HTML
    bus: gr.HTML
    predict: PredictTab
    topics: TopicsTab
    map: MapTab
    others: tuple[tuple[View, gr.HTML], ...]

    @property
    def shown(self) -> list[Any]:
        """Return the components that show an image."""
        return [
            self.seen,
            self.predict.models,
            self.predict.neighbours,
            self.predict.strip,
            self.topics.topics,
            self.map.card,
            self.bus,
            self.predict.why,
        ]


def build_page(studio: Studio, actions: Actions | None = None) -> gr.Blocks:
    """Return the page, with the first example already looked at."""
    actions = actions or Actions(studio, TokenBuckets())
    task = studio.first_task()
    seen = replace(actions.look(studio.examples[0].open(), task.name), turn=OPENED["turn"], place={"example": 0})
    demo: gr.Blocks
    with gr.Blocks(title="ISRA Studio", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as demo:
        with gr.Row(elem_classes="isra-header"):
            panel("header", {})
            checkpoint = gr.Dropdown(
                choices(studio),
                value=task.name,
                label="Checkpoint",
                show_label=False,
                container=False,
                elem_id="checkpoint",
            )
        if studio.left_out:
            panel("header/notice", {"names": [each.name for each in studio.left_out]})
        state = gr.State(None, time_to_live=3600)
        ask = panel("server/ask", OPENED, ["pin", "swap"])
        bus = panel("server/bus", {"scores": actions.scores(seen), "compare": compare.compare_payload(actions, seen)})
        panel("nav", navigation_payload(task.name))
        panel("steps", {})
        with gr.Tabs(elem_id="isra-views"):
            built = {view: _build(view, task, seen, actions) for view in VIEWS}
        others = tuple((view, shown) for view, shown in built.items() if view.payload)
        panel("steps/again", {})
        page = Page(checkpoint, state, ask, bus, built[PREDICT], built[TOPICS], built[MAP], others)
        Wiring(page, actions, seen).connect(demo)
        add_api(actions)
    return demo


def _build(view: View, task: OpenTask, seen: Seen, actions: Actions) -> Any:
    """Lay a view out in a tab of its own; return its components."""
    with gr.Tab(view.title, id=view.name):
        image = actions.image_snippet(seen)
        if view is PREDICT:
            return predict_tab(task, seen, actions.studio.examples, suited_payload(actions.studio), image)
        if view is TOPICS:
            return topics_tab(task, seen, image)
        if view is MAP:
            return map_tab(task, seen, image)
        return view.lay_out(actions)


class Wiring:
    """Connects the page's events to the actions.

    What to look at is the value of a component, `page.ask`. What changes `page.seen` is told one at a time by the page,
    see `server.js`.
    """

    def __init__(self, page: Page, actions: Actions, opened: Seen) -> None:
        self._page = page
        self._actions = actions
        self._opened = opened

    def connect(self, demo: gr.Blocks) -> None:
        """Register every event."""
        page, predict, rail = self._page, self._page.predict, self._page.map.rail
        asked = [page.ask, predict.image, predict.files, page.checkpoint, page.seen]
        everything = [predict.image, *page.shown, *self._of_a_task]
        meanwhile = {"show_progress": "minimal", "show_progress_on": [predict.models, page.checkpoint]}
        newest: dict[str, Any] = LOOK | UNOPENED | {"api_visibility": "private", "trigger_mode": "always_last"}
        predict.image.input(None, predict.image, None, js=ASK_FOR_THE_FILE)
        page.checkpoint.input(None, None, None, js=LOOK_AGAIN)
        looked = page.ask.submit(self.look_at_asked, asked, [page.checkpoint, *everything], **newest | meanwhile)
        followed = demo.load(self.follow_link, None, [page.checkpoint, page.ask, *everything], **LOOK | EACH)
        self._then_measure(looked)
        self._then_measure(followed)
        several = [predict.files.change, page.checkpoint.input]
        gr.on(several, self.look_files, [predict.files, page.checkpoint], predict.table, **newest)
        page.topics.topics.explain(self.explain, [page.seen], page.bus, api_name="topic_scores", **LOOK | EACH)
        of_a_model = [page.seen, page.bus, predict.strip, predict.why, page.topics.topics, page.topics.share]
        chosen = predict.strip.choose(self.choose_topics, [page.seen], of_a_model, **EACH)
        self._then_measure(chosen)
        pinned = page.ask.pin(self.pin, [page.seen], [page.seen, page.bus], **EACH)
        swapped = page.ask.swap(self.swap, [page.seen], [predict.image, *page.shown], **EACH)
        for told in (looked, followed, chosen, pinned, swapped):
            told.success(None, None, None, js=ANSWERED)
            told.failure(None, None, None, js=ANSWERED)
        rail.restyle(self.restyle, None, page.bus, **EACH)
        rail.frames(self.frames, None, page.bus, **EACH)
        rail.lasso(self.lasso, None, page.map.card, **EACH)
        for view, shown in page.others:
            getattr(shown, OPEN)(self._opener(view), None, shown, **LOOK | EACH)
        self._offer_over_http()

    def _offer_over_http(self) -> None:
        """Offer what the page asks after an upload, under names that stay."""
        predict = self._page.predict
        with gr.Row(visible=False):
            asker = gr.Button("look")
        upload = [predict.image, self._page.checkpoint]
        looked = asker.click(self.look_file, upload, self._page.shown, api_name="look", **LOOK, **UNOPENED, **UNLISTED)
        self._then_measure(looked, api_name="faithfulness", **UNLISTED)

    def _then_measure(self, looked: Dependency, **options: Any) -> None:
        looked.success(self.measure, [self._page.seen], self._page.bus, **LOOK | EACH | options)

    @property
    def _of_a_task(self) -> list[Any]:
        page = self._page
        shares = [page.predict.share, page.topics.share, page.map.share]
        return [page.map.plot, page.map.rail, page.map.moved, *shares]

    # ---- looking at an image ----

    def look_at_asked(
        self,
        asked: object,
        image: dict[str, Any] | None,
        files: list[dict[str, Any]] | None,
        checkpoint: str,
        seen: Seen | None,
        request: gr.Request,
    ) -> Values:
        """Look at what was asked for last with the checkpoint that is chosen; send only what is new."""
        self._actions.admit(request)
        studio = self._actions.studio
        told = askable(studio, asked if isinstance(asked, dict) else {})
        known = seen if seen is not None and seen.turn == told.get("turn") else None
        task = still_here(studio, checkpoint, checkpoint if known else told.get("checkpoint"))
        picture = known.image if known else self._open(told, image, files)
        topic_model = told.get("topics") or (seen.topic_model if seen else None)
        now = self._told_of(self._actions.look(picture, task, topic_model), told)
        pinned = compare.look_beside(self._actions, task, {} if known else told, seen and seen.pinned)
        now = replace(now, pinned=pinned, before=seen and replace(seen, pinned=None, before=None))
        chosen = {self._page.checkpoint: choice(studio, task, checkpoint)} if task != checkpoint else {}
        values = self._values(now) | self._shares(now) | chosen
        if not (known or told.get("kind") in ("file", "sketch")):
            values |= {self._page.predict.image: picture}
        return values if seen is not None and seen.task == now.task else values | self._values_of_task(now)

    def look_file(self, image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> Values:
        """Look at an uploaded image."""
        self._actions.admit(request)
        return self._values(self._actions.look(self._actions.open_file(uploaded_path(image)), checkpoint))

    def measure(self, seen: Seen | None, request: gr.Request) -> Any:
        """Measure the strongest topics' faithfulness, many passes through the network; skip where nothing is new."""
        if seen is None or seen is self._opened:
            return gr.skip()
        self._actions.admit(request, cost=2)
        return {"scores": self._actions.scores(seen)}

    @staticmethod
    def _told_of(seen: Seen, told: dict[str, Any]) -> Seen:
        """Return what is seen with what the page said when it asked."""
        turn = told.get("turn")
        return replace(seen, turn=turn if isinstance(turn, int) else None, place=place_of(told))

    def _open(
        self, told: dict[str, Any], image: dict[str, Any] | None, files: list[dict[str, Any]] | None
    ) -> Image.Image:
        """Return the image that the page asks for; nothing that it told is trusted."""
        match told.get("kind"):
            case "file":
                return self._actions.open_file(uploaded_path(image))
            case "sketch":
                return self._actions.open_sketch(told.get("png"))
            case "row":
                return self._actions.open_row(str(told.get("task")), told.get("row"))
            case "several":
                return self._actions.open_file(batch.one_of(files or [], told.get("index")))
        return self._actions.open_example(told.get("index"))

    def _values(self, seen: Seen) -> Values:
        page, task = self._page, self._actions.task(seen.task)
        said = said_payload(task, seen)
        return self._values_of_topics(task, seen) | {
            page.predict.models: said,
            page.predict.neighbours: said,
            page.map.card: payloads.image_payload(task, seen.views),
            page.bus: {"stars": star_payload(seen), "compare": compare.compare_payload(self._actions, seen)},
        }

    def _values_of_topics(self, task: OpenTask, seen: Seen) -> Values:
        page = self._page
        return {
            page.seen: seen,
            page.predict.strip: strip_payload(task, seen),
            page.predict.why: why_payload(task, seen),
            page.topics.topics: topics_payload(task, seen),
        }

    def _values_of_task(self, seen: Seen) -> Values:
        page, task = self._page, self._actions.task(seen.task)
        return {
            page.map.plot: map_figure(task),
            page.map.rail: map_payload(task, seen),
            page.map.moved: moved_payload(task),
        }

    def _shares(self, seen: Seen) -> Values:
        page, task, image = self._page, self._actions.task(seen.task), self._actions.image_snippet(seen)
        return {
            page.predict.share: predict_share(task, image),
            page.topics.share: topics_share(task, seen, image),
            page.map.share: map_share(task, image),
        }

    # ---- several images ----

    def look_files(
        self,
        files: list[dict[str, Any]] | None,
        task: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Any:
        """Look at several images and return a table of what the models say; without files there is none."""
        if not files:
            return gr.update(visible=False)
        self._actions.admit(request, cost=min(len(files), MAX_FILES))
        paths = [str(uploaded_path(file)) for file in files]
        return gr.update(value=batch.table(self._actions, paths, task, progress), visible=True)

    # ---- an image beside another ----

    def pin(self, event: gr.EventData, seen: Seen | None, request: gr.Request) -> Values:
        """Keep the image that the page showed, to compare others with it, or let go of the one that was kept."""
        self._actions.admit(request)
        key = sent(event, "key")
        seen = self._remembered(seen, key == self._opened.key)
        now = compare.pinned(self._actions, seen, key) if sent(event, "keep") is True else replace(seen, pinned=None)
        beside = compare.compare_payload(self._actions, now)
        return {self._page.seen: now, self._page.bus: {"compare": beside}}

    def swap(self, seen: Seen | None, request: gr.Request) -> Values:
        """Look at the image that was kept, and keep the one that was looked at."""
        self._actions.admit(request)
        if seen is None or seen.pinned is None:
            raise gr.Error(FORGOTTEN, print_exception=False)
        now = compare.swapped(seen, seen.pinned)
        return self._values(now) | {self._page.predict.image: now.image}

    def _remembered(self, seen: Seen | None, is_opened: bool) -> Seen:
        """Return what the session looks at; what the page opened on is known to all."""
        if seen is None and not is_opened:
            raise gr.Error(FORGOTTEN, print_exception=False)
        return self._opened if seen is None else seen

    # ---- topics and map ----

    def explain(self, event: gr.EventData, seen: Seen | None, request: gr.Request) -> Any:
        """Measure the faithfulness of one topic of the image that the page shows."""
        self._actions.admit(request)
        key = sent(event, "key")
        seen = self._remembered(seen, key == self._opened.topics_key)
        if seen.topics_key != key:
            return gr.skip()
        return {"scores": self._actions.topic_scores(seen, sent(event, "topic"))}

    def choose_topics(self, event: gr.EventData, seen: Seen | None, request: gr.Request) -> Any:
        """Show the topics of another model."""
        self._actions.admit(request)
        seen = self._opened if seen is None else seen
        task, model = self._actions.task(seen.task), sent(event, "model")
        if model not in task.topic_models or sent(event, "key") != seen.topics_key:
            return gr.skip()
        chosen = replace(seen, topic_model=str(model))
        beside = {self._page.bus: {"compare": compare.compare_payload(self._actions, chosen)}}
        python = topics_share(task, chosen, self._actions.image_snippet(chosen))
        return self._values_of_topics(task, chosen) | beside | {self._page.topics.share: python}

    def restyle(self, event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        """Bring the figure to another map or colour."""
        self._actions.admit(request)
        style = read_style(*(sent(event, name) for name in ("map", "colour", "topic", "against")))
        return {"map": restyled(self._actions.task(str(sent(event, "task"))), style)}

    def frames(self, event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        """Return the maps during training."""
        self._actions.admit(request)
        style = read_style(sent(event, "map"), None, None)
        return {"map": frames_of(self._actions.task(str(sent(event, "task"))), style.map_name)}

    def lasso(self, event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        """Summarise a selection."""
        self._actions.admit(request)
        return self._actions.selection_card(str(sent(event, "task")), sent(event, "model"), sent(event, "rows"))

    # ---- links ----

    def follow_link(self, request: gr.Request) -> Values:
        """Look at what the page's address names (?task=...&example=2); if it names nothing, change nothing."""
        page = self._page
        address = dict(request.query_params)
        warn_of_own(address)
        asked = asked_by(address, self._actions.studio)
        if asked is None:
            return {page.seen: self._opened}
        self._actions.admit(request)
        picture, task = self._open(asked, None, None), asked["checkpoint"] or self._opened.task
        asked |= {"turn": OPENED["turn"]}
        now = self._told_of(self._actions.look(picture, task, asked["topics"]), asked)
        now = replace(now, pinned=compare.look_beside(self._actions, task, asked))
        asked_for = {page.checkpoint: task, page.ask: asked, page.predict.image: picture}
        return asked_for | self._values(now) | self._shares(now) | self._values_of_task(now)

    def _opener(self, view: View) -> Callable[[gr.EventData, gr.Request], payloads.Payload]:
        """Return `open_view` of a view; Gradio reads annotations, which a partial function does not have."""

        def open_this(event: gr.EventData, request: gr.Request) -> payloads.Payload:
            return self.open_view(view, event, request)

        return open_this

    def open_view(self, view: View, event: gr.EventData, request: gr.Request) -> payloads.Payload:
        """Return what a view draws of the task that the page shows."""
        self._actions.admit(request)
        assert view.payload is not None
        return view.payload(self._actions.task(str(sent(event, "task"))))
