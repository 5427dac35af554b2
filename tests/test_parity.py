"""BA3US's losses, the alignment and the receptors' loss give what the authors' released functions gave."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from isra_model.losses.adversarial import balanced_adversarial_loss, entropy_confidence
from isra_model.losses.entropy import complement_entropy, entropy
from isra_model.losses.isra import alignment_loss, domain_pool, receptor_loss, topic_gaps
from isra_model.methods import IsraConfig, IsraLoss
from isra_model.networks import TopicReceptors, reverse_gradient

REFERENCE = Path(__file__).parent / "reference" / "reference_losses.npz"


@pytest.fixture(scope="module")
def reference() -> dict[str, Tensor]:
    with np.load(os.environ.get("ISRA_PARITY_FILE", REFERENCE)) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


@pytest.fixture
def receptors(reference: dict[str, Tensor]) -> TopicReceptors:
    topics, hidden, features = reference["W1"].shape
    receptors = TopicReceptors(features, topics, hidden)
    weights = {"weight": "W1", "bias": "b1", "readout": "w2", "offset": "b2"}
    receptors.load_state_dict({name: reference[there] for name, there in weights.items()})
    return receptors


def assert_same(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs.view_as(ours), rtol=1e-4, atol=1e-6)


def test_entropy(reference: dict[str, Tensor]) -> None:
    assert_same(entropy(reference["logits"]), reference["entropy"])


def test_adversarial_loss(reference: dict[str, Tensor]) -> None:
    logits = reference["logits"].clone().requires_grad_()
    domain_logits = reference["domain_logits"].clone().requires_grad_()
    source, middle = len(reference["source_labels"]), len(reference["middle_labels"])
    target = slice(source, len(logits) - middle)
    source_like = torch.tensor([*range(source), *range(target.stop, len(logits))])
    labels = torch.cat([reference["source_labels"], reference["middle_labels"]])
    confidence = entropy_confidence(reverse_gradient(entropy(logits), float(reference["grl_coeff"])))

    loss = balanced_adversarial_loss(
        (domain_logits[source_like, 0], confidence[source_like] * reference["class_weight"][labels]),
        (domain_logits[target, 0], confidence[target]),
        middle,
    )
    loss.backward()

    assert_same(loss, reference["adversarial_loss"])
    assert_same(logits.grad, reference["adversarial_grad_logits"])
    assert_same(domain_logits.grad, reference["adversarial_grad_domain_logits"])


@pytest.mark.parametrize("form", ["", "_unweighted"])
def test_complement_entropy(reference: dict[str, Tensor], form: str) -> None:
    labels = reference["source_labels"]
    logits = reference["logits"][: len(labels)].clone().requires_grad_()
    weights = None if form else reference["class_weight"][labels]

    loss = complement_entropy(logits, labels, weights)
    loss.backward()

    assert_same(loss, reference[f"complement_entropy{form}"])
    assert_same(logits.grad, reference[f"complement_entropy{form}_grad"])


def test_receptor_loss(reference: dict[str, Tensor], receptors: TopicReceptors) -> None:
    loss = receptor_loss(receptors, reference["X"], reference["Z"], sparsity=0.5, pooling="mean")

    assert_same(loss, reference["receptor_loss"])


def test_attention(reference: dict[str, Tensor], receptors: TopicReceptors) -> None:
    features, topics = reference["X"], reference["Z"]

    assert_same(receptors.attention(features), reference["attention_input_gradient"])
    assert_same(receptors.loss_gradient_attention(features, topics), reference["attention_loss_gradient"])


@pytest.mark.parametrize("form", ["input", "loss"])
def test_alignment_loss(reference: dict[str, Tensor], form: str) -> None:
    features = reference["X"].clone().requires_grad_()
    attention = reference[f"attention_{form}_gradient"]

    source_count = int(reference["n_source"])
    pool = domain_pool(torch.ones(source_count), len(features) - source_count, "mean")

    loss = alignment_loss(topic_gaps(features, attention, pool, "batch"), "mean")
    loss.backward()

    assert_same(loss, reference[f"alignment_loss_{form}grad"])
    assert_same(features.grad, reference[f"alignment_grad_{form}grad"])


def test_the_module_for_ones_own_loop_gives_the_same_alignment(
    reference: dict[str, Tensor], receptors: TopicReceptors
) -> None:
    topics, hidden, width = reference["W1"].shape
    isra = IsraLoss(width, IsraConfig(topics, receptor_hidden=hidden, normalise="batch", pool="mean"))
    isra.modules_added.receptors = receptors
    features, source_count = reference["X"].clone().requires_grad_(), int(reference["n_source"])

    loss = isra(*features.tensor_split([source_count, source_count + 2]))["alignment"]
    loss.backward()

    assert_same(loss, reference["alignment_loss_inputgrad"])
    assert_same(features.grad, reference["alignment_grad_inputgrad"])
