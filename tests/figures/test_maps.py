"""The linked maps: same points in every panel, colours that mean something, shapes that say the domain."""

from dataclasses import replace

import numpy as np
import pytest

from isra_model.figures import colours, maps
from isra_model.figures.maps import MapStyle
from isra_model.inspection.gallery import Gallery, ModelRows, Snapshot
from isra_model.inspection.views import MapPlacement
from tests.inspection.conftest import gallery, task, task_folder  # noqa: F401 (fixtures)

TITLES = {"source-only": "Source only", "ba3us": "BA3US", "ba3us-isra": "BA3US + ISRA"}
MODELS = tuple(TITLES)


def test_every_panel_has_every_row_once(gallery: Gallery) -> None:  # noqa: F811
    figure = maps.linked_maps(gallery, TITLES, MapStyle())
    assert len(figure.data) == 3 * maps.TRACES_A_MODEL
    for panel in range(3):
        source, target, star = figure.data[panel * 3 : panel * 3 + 3]
        assert sorted([*source.customdata, *target.customdata]) == list(range(len(gallery)))
        assert (source.marker.symbol, target.marker.symbol, star.marker.symbol) == ("circle", "triangle-up", "star")


@pytest.mark.parametrize("colour_by", maps.COLOUR_BY)
def test_every_colouring_gives_every_point_a_colour(gallery: Gallery, colour_by: maps.ColourBy) -> None:  # noqa: F811
    colouring = maps.recolour(gallery, MODELS, MapStyle(colour_by=colour_by))
    assert len(colouring["updates"]) == 6
    for update, rows in zip(colouring["updates"], [gallery.domains == d for d in maps.DOMAINS] * 3, strict=True):
        assert isinstance(update["color"], str) or len(update["color"]) == rows.sum()
    assert colouring["legend"]["kind"] in ("entries", "scale")


def test_hues_repeat_only_where_they_run_out() -> None:
    shared = np.arange(60) % 2 == 0  # thirty shared classes, every other one
    hues = colours.categorical(np.flatnonzero(shared), shared)
    assert len(set(hues[:16])) == len(set(hues)) == len(colours.CLASS_COLOURS)
    assert colours.categorical(np.flatnonzero(~shared), shared) == [colours.UNSHARED] * 30


def test_wrong_differs_from_right_in_shape_too(gallery: Gallery) -> None:  # noqa: F811
    update = maps.recolour(gallery, MODELS, MapStyle(colour_by="correct"))["updates"][0]
    rows = np.flatnonzero(gallery.domains == "source")
    right = gallery.models["source-only"].predicted[rows] == gallery.labels[rows]
    assert [symbol == "circle" for symbol in update["symbol"]] == right.tolist()


def test_a_model_without_topics_is_grey(gallery: Gallery) -> None:  # noqa: F811
    updates = maps.recolour(gallery, MODELS, MapStyle(colour_by="topic"))["updates"]
    assert updates[0]["color"] == colours.UNSHARED
    assert len(set(updates[4]["color"])) > 1


def test_geometry_is_that_of_the_named_map(gallery: Gallery) -> None:  # noqa: F811
    moved = maps.geometry(gallery, MODELS, "tsne")
    positions = gallery.models["ba3us"].maps["tsne"].positions[gallery.domains == "target"]
    assert moved[3]["trace"] == 4
    assert np.allclose(moved[3]["x"], positions[:, 0], atol=1e-3)


def test_what_changed_is_measured_against_one_model_which_is_grey(gallery: Gallery) -> None:  # noqa: F811
    style = MapStyle(colour_by="prediction changed", against="ba3us")
    updates = maps.recolour(gallery, MODELS, style)["updates"]
    assert updates[2]["color"] == updates[3]["color"] == colours.UNSHARED
    assert {len(set(update["color"])) > 1 for update in updates[4:]} == {True}
    unknown = maps.recolour(gallery, MODELS, replace(style, against="gone"))["updates"]
    assert unknown[0]["color"] == colours.UNSHARED


def test_playing_the_training_moves_the_models_that_kept_snapshots(gallery: Gallery) -> None:  # noqa: F811
    rows = gallery.models["ba3us-isra"]
    start, end = np.zeros((len(gallery), 2), np.float32), rows.maps["umap"].positions
    history = replace(rows.maps["umap"], snapshots=(Snapshot(60, start), Snapshot(600, end)))
    played = replace(gallery, models={**gallery.models, "ba3us-isra": replace(rows, maps={"umap": history})})

    frames = maps.training_frames(played, MODELS, "umap")

    assert [frame["step"] for frame in frames] == [60, 600]
    assert {trace["trace"] for trace in frames[0]["traces"]} == {6, 7}
    assert maps.training_frames(gallery, MODELS, "umap") == []
    assert maps.playable(played, MODELS) == ["ba3us-isra"]


def test_models_with_snapshots_at_other_steps_are_played_together(gallery: Gallery) -> None:  # noqa: F811
    def played(model: str, steps: tuple[int, ...]) -> ModelRows:
        at = tuple(Snapshot(step, np.full((len(gallery), 2), step, np.float32)) for step in steps)
        rows = gallery.models[model]
        return replace(rows, maps={"umap": replace(rows.maps["umap"], snapshots=at)})

    steps = dict(zip(MODELS, ((100, 200), (50, 200), (200,)), strict=True))
    together = replace(gallery, models={model: played(model, steps[model]) for model in MODELS})

    frames = maps.training_frames(together, MODELS, "umap")

    places = {frame["step"]: [trace["x"][0] for trace in frame["traces"][::2]] for frame in frames}
    assert places == {50: [100, 50, 200], 100: [100, 50, 200], 200: [200, 200, 200]}


def test_the_star_knows_when_it_is_off_the_map() -> None:
    place = MapPlacement(np.array([1.0, 2.0], dtype=np.float32), off_map=True, distance=0.9, threshold=0.3)
    (star,) = maps.star_positions({"ba3us": {"umap": place}}, "umap")
    assert star == {"trace": 2, "position": [1.0, 2.0], "off_map": True}


def test_sequential_colours_run_from_dark_to_light() -> None:
    values = np.array([0.0, 0.5, 1.0, 7.0], dtype=np.float32)
    low, middle, high, beyond = colours.sequential(values, (0.0, 1.0))
    assert (low, high, beyond) == (colours.SEQUENTIAL[0], colours.SEQUENTIAL[-1], colours.SEQUENTIAL[-1])
    assert middle == colours.SEQUENTIAL[5]


def test_source_only_classes_are_grey() -> None:
    shared = np.array([True, False])
    assert colours.categorical(np.array([0, 1]), shared) == [colours.CLASS_COLOURS[0], colours.UNSHARED]
