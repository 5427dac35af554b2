"""A mask that finds what matters beats chance; one that does not, does not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from isra_model.inspection import Inspector
from isra_model.inspection.faithfulness import STEPS, Subject, measure
from isra_model.inspection.frame import Frame, enlarge
from isra_model.inspection.views import Topic
from isra_model.networks import Class2Vec, Response

SIDE = 24


class DarkCorner(nn.Module):
    """Says "dark" of an image by how dark its upper left corner is, its one feature; in place of a trained network."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Response:
        darkness = (1 - images[:, :, : SIDE // 3, : SIDE // 3]).mean(dim=(1, 2, 3))
        logits = torch.stack([8 * darkness - 4, torch.zeros_like(darkness)], dim=1)
        return Response(darkness[:, None] * torch.tensor([1.0, 0, 0, 0]), logits)


def subject() -> Subject:
    """Return a white image with a black upper left corner."""
    pixels = torch.ones(3, SIDE, SIDE)
    pixels[:, : SIDE // 3, : SIDE // 3] = 0
    torch.manual_seed(0)
    return Subject(DarkCorner().eval(), darkness_topic(), pixels, index=0, label="dark")  # type: ignore[arg-type]


def darkness_topic() -> Class2Vec:
    """Return topics of which number 0 is twice the darkness, and number 1 silent."""
    class2vec = Class2Vec(features=4, topics=2).requires_grad_(False)
    class2vec.encoder.weight.copy_(torch.tensor([[2.0, 0, 0, 0], [-1.0, 0, 0, 0]]))
    return class2vec


def topic(cell: tuple[int, int], feature_mask: tuple[float, ...] = (1, 0, 0, 2)) -> Topic:
    """Return a topic that points at one cell of three by three."""
    grid = np.zeros((3, 3), np.float32)
    grid[cell] = 1
    mask = np.array(feature_mask, np.float32)
    return Topic(0, 1.0, 1.0, grid, mask, True, 1.0, Frame.of(SIDE, SIDE, 1.0), grid)


def test_a_mask_on_the_evidence_beats_chance_and_one_beside_it_loses() -> None:
    on, beside = measure(subject(), [topic((0, 0)), topic((2, 2))])
    assert on.advantage > 0.05
    assert beside.advantage < -0.05


def test_deletion_removes_the_evidence_first_and_insertion_shows_it_first() -> None:
    (on,) = measure(subject(), [topic((0, 0))])
    quarter = int(np.searchsorted(on.fractions, 0.25))
    assert on.deletion[quarter] < 0.1 < on.random_deletion[quarter]
    assert on.insertion[quarter] > 0.9 > on.random_insertion[quarter]


def test_the_topics_own_value_falls_and_rises_with_its_evidence() -> None:
    on, beside = measure(subject(), [topic((0, 0)), topic((2, 2))])
    assert on.topic_deletion[0] == on.topic_insertion[-1] == pytest.approx(2)
    assert on.topic_deletion[-1] == on.topic_insertion[0] == pytest.approx(0)
    assert on.topic_advantage > 0.1
    assert beside.topic_advantage < 0


def test_a_silent_topic_has_no_advantage() -> None:
    (silent,) = measure(subject(), [replace(topic((0, 0)), index=1)])
    assert silent.topic_advantage == 0


def test_curves_join_the_whole_image_and_the_empty_one() -> None:
    (curve,) = measure(subject(), [topic((1, 1))])
    for removed, shown in ((curve.deletion, curve.insertion), (curve.random_deletion, curve.random_insertion)):
        assert removed[0] == shown[-1] == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-6)
        assert removed[-1] == shown[0] == pytest.approx(1 / (1 + np.exp(4)), abs=1e-6)


class Answer(nn.Module):
    """The probability that a network gives to "dark", and to the rest, as Quantus asks for it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images).logits.softmax(dim=1)


def test_deletion_is_the_pixel_flipping_of_quantus() -> None:
    quantus = pytest.importorskip("quantus", reason="a check to be made once: pip install quantus")
    asked, pointing = subject(), replace(topic((0, 0)), grid=np.random.default_rng(0).random((3, 3), np.float32))
    (ours,) = measure(asked, [pointing])
    order = enlarge(pointing.grid, SIDE, SIDE)[None, None]
    flipping = quantus.PixelFlipping(
        features_in_step=SIDE**2 // STEPS, normalise=False, perturb_baseline=1.0, disable_warnings=True
    )
    images, label = asked.pixels[None].numpy(), np.array([0])
    (theirs,) = flipping(Answer(asked.network).eval(), images, label, order, device="cpu", softmax=False)
    assert theirs[2::3] == pytest.approx(ours.deletion[1:], abs=1e-5), "it flips the channels of a pixel one by one"


def test_chance_favours_no_order_over_its_opposite() -> None:
    pointing = topic((0, 0))
    opposite = replace(pointing, grid=-pointing.grid)
    first, second = measure(subject(), [pointing, opposite])
    assert first.advantage == pytest.approx(-second.advantage, abs=0.02)


def test_ablation_changes_the_logit_as_the_classifier_says() -> None:
    asked = subject()
    (measured,) = measure(asked, [topic((0, 0), (1, 0, 0, 2))])
    features, mask = torch.randn(4), torch.tensor([1.0, 0, 0, 2])
    logit = asked.network.classifier
    assert measured.logit_change == pytest.approx(
        float((logit(features - mask) - logit(features))[0].detach()), abs=1e-5
    )


def test_chance_is_the_mean_and_deviation_over_shuffled_masks() -> None:
    asked, mask = subject(), np.array([1, 0, -3, 2], np.float32)
    (measured,) = measure(asked, [topic((0, 0), tuple(mask))])
    weights = asked.network.classifier.weight[0].detach().numpy()
    shuffled = np.random.default_rng(0).permuted(np.tile(mask, (20_000, 1)), axis=1)
    changes = -shuffled @ weights
    assert measured.random_logit_change == pytest.approx(changes.mean(), abs=0.03)
    assert measured.random_logit_deviation == pytest.approx(changes.std(), abs=0.03)


def test_the_same_question_has_the_same_answer(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    chosen = [topic.index for topic in view.topics[:2]]
    first, second = inspector.faithfulness(view, chosen), inspector.faithfulness(view, chosen)
    assert len(first) == 2
    assert first[0].label == view.predictions[0].label
    assert first[0].deletion[0] == pytest.approx(view.predictions[0].probability, abs=1e-5)
    np.testing.assert_array_equal(first[1].insertion, second[1].insertion)


def test_no_topics_no_work(inspector: Inspector, image: Image.Image) -> None:
    assert inspector.faithfulness(inspector.look(image), []) == ()


def test_an_unknown_topic_is_refused(inspector: Inspector, image: Image.Image) -> None:
    with pytest.raises(KeyError):
        inspector.faithfulness(inspector.look(image), [99])
