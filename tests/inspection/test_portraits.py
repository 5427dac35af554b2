"""A topic's portrait says what the gallery's rows and the model's own weights say, and no more."""

import numpy as np
import pytest
import torch

from isra_model.inspection import Inspector
from isra_model.inspection.evidence import evidence
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.portraits import IMAGES, TopicPortrait, topic_portraits


@pytest.fixture
def portraits(inspector: Inspector, gallery: Gallery) -> tuple[TopicPortrait, ...]:
    return topic_portraits(inspector.checkpoint, gallery)


def test_the_strongest_images_are_the_domains_own_strongest_first(
    portraits: tuple[TopicPortrait, ...], gallery: Gallery
) -> None:
    values = gallery.models["ba3us-isra"].topic_values
    for portrait in portraits:
        for domain, part in (("source", portrait.source), ("target", portrait.target)):
            there = values[gallery.domains == domain, portrait.index]
            assert (gallery.domains[list(part.rows)] == domain).all()
            expected = np.sort(there[there > 0])[::-1][:IMAGES]
            np.testing.assert_array_equal(values[list(part.rows), portrait.index], expected)
            assert part.share == pytest.approx((there > 0).mean())


def test_a_topics_argument_is_its_evidence_at_its_usual_value(
    portraits: tuple[TopicPortrait, ...], inspector: Inspector, gallery: Gallery
) -> None:
    rows, isra = gallery.models["ba3us-isra"], inspector.checkpoint.isra
    assert isra is not None
    for portrait in portraits:
        active = rows.topic_values[:, portrait.index] > 0
        if not active.any():
            continue
        parts = [
            evidence(isra.class2vec, inspector.checkpoint.network.classifier, torch.from_numpy(features))
            for features in rows.features[active]
        ]
        usual = np.mean([part.contributions[portrait.index] for part in parts], axis=0)
        relative = usual - usual.mean()
        first, last = portrait.argues_for[0], portrait.argues_against[0]
        assert first.value == pytest.approx(relative.max(), abs=2e-2)
        assert last.value == pytest.approx(relative.min(), abs=2e-2)


def test_the_gap_between_the_domains_is_measured_on_the_same_images_in_every_model(
    portraits: tuple[TopicPortrait, ...], gallery: Gallery
) -> None:
    alive = [portrait for portrait in portraits if portrait.source.rows and portrait.target.rows]
    assert alive
    for portrait in alive:
        assert set(portrait.gaps) == set(gallery.models)
        assert min(portrait.gaps.values()) >= 0


def test_a_model_without_topics_has_no_portraits(inspectors: dict[str, Inspector], gallery: Gallery) -> None:
    assert topic_portraits(inspectors["ba3us"].checkpoint, gallery) == ()
