"""The paper's figures: the numbers of the page's views, on paper in millimetres and points."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from isra_model.figures.paper import Subject, doubts_figure, similarity_figure, weights_figure
from isra_model.figures.printing import PrintSize, print_figure, set_in_print
from isra_model.inspection.classes import class_rates, class_similarity, doubtful_annotations
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.weights import batches, weighted_batch
from tests.browser.conftest import find_chromium
from tests.inspection.conftest import CLASSES, gallery, task, task_folder  # noqa: F401 (fixtures)

TITLES = {"source-only": "Source only", "ba3us": "BA3US", "ba3us-isra": "BA3US + ISRA"}


@pytest.fixture
def subject(gallery: Gallery) -> Subject:  # noqa: F811
    return Subject(gallery, TITLES, "ba3us-isra")


def test_figure_3_has_the_weights_of_the_mini_batch_that_the_page_shows(subject: Subject) -> None:
    figure = weights_figure(subject)

    batch = weighted_batch(subject.gallery, subject.model, batches(subject.gallery)[0])
    bars = [trace.y for trace in figure.data if trace.type == "bar"]
    assert np.array_equal(np.concatenate(bars[:2]), batch.confidence)
    assert np.array_equal(np.concatenate(bars[2:]), batch.weight)
    (heat,) = (trace for trace in figure.data if trace.type == "heatmap")
    assert np.array_equal(heat.z, batch.strengths)


def test_figure_3_has_class_weights_over_training_where_the_log_holds_them(subject: Subject) -> None:
    history = {60: [0.2] * 5, 120: [0.6, 0.1, 0.1, 0.1, 0.1]}
    dots = [trace for trace in weights_figure(subject, 0, history).data if trace.type == "scatter"]
    curves = [trace for trace in dots if trace.mode == "lines"]
    assert len(curves) == len(CLASSES)
    assert {tuple(curve.x) for curve in curves} == {(60, 120)}
    assert sorted(curve.y[-1] for curve in curves)[-1] == pytest.approx(0.6)


def test_figure_4_has_shared_classes_first_and_each_models_accuracy_of_the_targets_classes(subject: Subject) -> None:
    heat, *accuracies = similarity_figure(subject).data

    found = class_similarity(subject.gallery, subject.model)
    shared = subject.gallery.shared[found.sources]
    assert np.array_equal(heat.z[:, : shared.sum()], found.cosines[:, shared])
    for trace, model in zip(accuracies, TITLES, strict=True):
        rates = class_rates(subject.gallery, model)
        assert list(trace.x) == [rates[label].percent for label in found.targets.tolist()]


def test_figure_5_shows_the_labels_that_are_contradicted_most(subject: Subject) -> None:
    worst = doubtful_annotations(subject.gallery, subject.model)[0]
    captions = [caption.text for caption in doubts_figure(subject).layout.annotations]
    assert captions[0].startswith(f"(a) {CLASSES[subject.gallery.labels[worst.row]]}")
    assert f"nearest: {CLASSES[worst.rival]}" in captions[0]


def test_on_paper_a_point_is_a_point_and_a_millimetre_a_millimetre() -> None:
    figure = set_in_print(go.Figure(go.Scatter(y=[1, 2])), PrintSize(width=90, height=50, font=9))
    assert figure.layout.width == pytest.approx(90 / 25.4 * 96)
    assert figure.layout.font.size == figure.layout.xaxis.tickfont.size == pytest.approx(12)


@pytest.mark.browser
def test_a_figure_is_printed_as_svg_and_png_of_the_size_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", find_chromium() or pytest.skip("There is no Chromium."))

    vector, raster = print_figure(go.Figure(go.Scatter(y=[1, 2])), tmp_path / "line", PrintSize(90, 50, dpi=254))

    head = vector.read_text().partition(">")[0]
    assert 'width="90mm"' in head
    assert 'height="50mm"' in head
    assert "viewBox" in head
    with Image.open(raster) as png:
        assert png.size == pytest.approx((900, 500), abs=1)
        assert png.info["dpi"] == pytest.approx((254, 254), abs=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.png", "line.svg"]
