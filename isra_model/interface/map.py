"""The tab *Map*: source and target in the models' feature spaces, linked, with the visitor's image as a star."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import gradio as gr

from isra_model.figures import maps
from isra_model.figures.maps import MapStyle
from isra_model.inspection.selection import moved_most
from isra_model.inspection.views import MAP_NAMES, MapName
from isra_model.interface import payloads
from isra_model.interface.actions import Seen
from isra_model.interface.components import panel
from isra_model.interface.payloads import Payload
from isra_model.interface.snippets import map_snippet
from isra_model.interface.studio import OpenTask


@dataclass(frozen=True)
class MapTab:
    """The components of the tab that events are about."""

    plot: gr.Plot
    rail: gr.HTML
    card: gr.HTML
    moved: gr.HTML
    share: gr.HTML


def map_tab(task: OpenTask, seen: Seen, image: str) -> MapTab:
    """Lay the tab out, with the worked example on the map."""
    with gr.Row(elem_classes="isra-map"):
        with gr.Column(elem_classes="isra-map-rail", min_width=0):
            rail = panel("map", map_payload(task, seen), ["restyle", "lasso", "frames"])
        with gr.Column(elem_classes="isra-map-canvas", min_width=0):
            plot = gr.Plot(map_figure(task), show_label=False, container=False, elem_id="map-plot")
            moved = panel("card/moved", moved_payload(task))
        with gr.Column(elem_classes="isra-map-card", min_width=0):
            card = panel("card", payloads.image_payload(task, seen.views))
    share = panel("share", map_share(task, image), elem_id="share-map")
    return MapTab(plot, rail, card, moved, share)


def map_figure(task: OpenTask) -> object:
    """Return the figure of a task's maps, in the style in which the tab opens."""
    figure = maps.linked_maps(task.gallery, task.titles, MapStyle())
    figure.update_layout(meta={"task": task.name})
    return figure


def map_payload(task: OpenTask, seen: Seen) -> Payload:
    """Return what the rail and the bridge to the figure need when a task is opened."""
    gallery, models = task.gallery, task.models
    overlap = {name: {m: float(gallery.models[m].maps[name].overlap.mean()) for m in models} for name in MAP_NAMES}
    topics = max(gallery.models[model].topic_values.shape[1] for model in models)
    return {
        "task": payloads.task_payload(task),
        "state": {"map": "umap", "colour": "domain", "topic": 0, "against": models[0]},
        "points": payloads.points_payload(task),
        "colourBy": list(maps.colourings(gallery)),
        "topics": topics,
        "overlap": overlap,
        "playable": maps.playable(gallery, models),
        "colouring": maps.recolour(gallery, models, MapStyle()),
        "stars": star_payload(seen),
    }


def moved_payload(task: OpenTask) -> Payload:
    """Return the ranking of what moved most from the first model to the last; empty where there is but one."""
    first, last = task.models[0], task.models[-1]
    ranking = moved_most(task.gallery, first, last) if first != last else ()
    rows = [{"row": entry.row, "kept": entry.kept} for entry in ranking]
    compared = [task.titles[first], task.titles[last]]
    return {"task": payloads.task_payload(task), "rows": rows, "compared": compared}


def map_share(task: OpenTask, image: str) -> Payload:
    """Return the Python that says the same as the tab."""
    return {"python": map_snippet(task.location, task.models[-1], image), "printed": ["#map-plot"]}


def star_payload(seen: Seen) -> Payload:
    """Return where the image lies on each model's maps."""
    placements = {model: view.map for model, view in seen.views.items()}
    return {name: maps.star_positions(placements, name) for name in MAP_NAMES}


def restyled(task: OpenTask, style: MapStyle) -> Payload:
    """Return the changes that bring the figure to another map or colour, and what they answer."""
    return {
        "of": {
            "task": task.name,
            "map": style.map_name,
            "colour": style.colour_by,
            "topic": style.topic,
            "against": style.against,
        },
        "colouring": maps.recolour(task.gallery, task.models, style),
        "geometry": maps.geometry(task.gallery, task.models, style.map_name),
    }


def frames_of(task: OpenTask, map_name: MapName) -> Payload:
    """Return one of the maps during training, and what it answers."""
    frames = maps.training_frames(task.gallery, task.models, map_name)
    return {"of": {"task": task.name, "map": map_name}, "frames": frames}


def read_style(map_name: object, colour_by: object, topic: object, against: object = None) -> MapStyle:
    """Return the style that the rail asks for; anything unknown becomes the default."""
    return MapStyle(
        map_name="tsne" if map_name == "tsne" else "umap",
        colour_by=next((known for known in get_args(maps.ColourBy) if known == colour_by), "domain"),
        topic=topic if isinstance(topic, int) and topic >= 0 else 0,
        against=against if isinstance(against, str) else "",
    )
