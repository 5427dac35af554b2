"""A class's logit is its topics' contributions, what they leave unexplained, and a constant: nothing is missing."""

import numpy as np
import pytest
import torch
from PIL import Image

from isra_model.inspection import Inspector
from isra_model.inspection.evidence import evidence
from isra_model.networks import Class2Vec, SparseCode


@pytest.fixture(params=["dense", "sparse"])
def class2vec(request: pytest.FixtureRequest) -> Class2Vec:
    torch.manual_seed(0)
    return Class2Vec(features=5, topics=7) if request.param == "dense" else SparseCode(features=5, topics=7, kept=2)


def test_the_parts_add_up_to_the_logits(class2vec: Class2Vec) -> None:
    classifier, features = torch.nn.Linear(5, 3), torch.randn(5)

    parts = evidence(class2vec, classifier, features)

    np.testing.assert_allclose(parts.logits(), classifier(features).detach().numpy(), atol=1e-5)


def test_switching_a_topic_off_or_doubling_it_changes_the_features_by_its_direction(class2vec: Class2Vec) -> None:
    classifier, features = torch.nn.Linear(5, 3), torch.randn(5)
    topics = class2vec.encode(features[None])[0]
    j = int(topics.argmax())

    parts = evidence(class2vec, classifier, features)

    for factor in (0.0, 2.0):
        changed = features + (factor - 1.0) * topics[j] * class2vec.directions[:, j]
        np.testing.assert_allclose(parts.logits({j: factor}), classifier(changed).detach().numpy(), atol=1e-5)


def test_a_view_carries_the_evidence_of_its_own_prediction(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    assert view.evidence is not None

    logits = torch.from_numpy(view.evidence.logits())

    np.testing.assert_allclose(logits.softmax(dim=0).numpy(), view.probabilities, atol=1e-5)
