"""DRCN's terms against a few lines of float64 that follow the paper, what is saved of it, and what it claims."""

from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from isra_model.checkpoints import read_checkpoint, write_checkpoint
from isra_model.data.benchmark import Task
from isra_model.inspection import Inspector
from isra_model.losses.mmd import gaussian_kernel, mmd, signed_shares
from isra_model.methods import Batch, State
from isra_model.methods.drcn import Drcn
from isra_model.networks import NetworkConfig, PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.engine import train
from isra_model.training.evaluation import accuracy, respond
from tests.methods.made_up import CLASSES, FEATURES, assert_same, made_up_batch, made_up_method
from tests.methods.toy import ToyResult, domains, train_toy

NETWORK = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=FEATURES, **Drcn.network_form), CLASSES)
STATE = State(progress=0.3, class_weight=torch.tensor([0.5, 0.4, 0.1, 0.0], dtype=torch.float64))
LABELS = torch.tensor([0, 1, 2, 3, 1])
THRESHOLD = 0.15


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=LABELS.tolist(), target=4, dtype=torch.float64)


def gaussians(rows: Tensor, scales: list[float]) -> Tensor:
    squared = (rows[:, None] - rows[None]).square().sum(dim=2)
    return sum((torch.exp(-squared / scale) for scale in scales), torch.zeros(()))


def feature_kernel(step: Batch) -> Tensor:
    rows = torch.cat([step.source.features, step.target.features])
    mean = torch.pdist(rows.detach()).square().mean().item()
    return gaussians(rows, [mean / 4, mean / 2, mean, 2 * mean, 4 * mean])


def test_the_joint_discrepancy_is_that_of_features_and_predictions() -> None:
    step = batch()
    probabilities = torch.cat([step.source.logits, step.target.logits]).softmax(dim=1)
    joint = feature_kernel(step) * gaussians(probabilities, [1.68])

    loss = made_up_method(Drcn).losses(step, NETWORK, STATE)["joint_discrepancy"]

    expected = 0.1 * (joint[:5, :5].mean() + joint[5:, 5:].mean() - 2 * joint[:5, 5:].mean())
    rows = (step.source.features, step.target.features, step.source.logits, step.target.logits)
    assert_same(loss, expected, rows)


def test_classes_are_aligned_with_the_targets_predictions_as_far_as_the_target_has_them() -> None:
    step = batch()
    kernel, expected = feature_kernel(step), torch.zeros(())
    for label, weight in enumerate([1.0, 0.8, 0.2, 0.0]):
        own = torch.arange(5)[label == LABELS]
        predicted = step.target.logits.detach().softmax(dim=1)[:, label]
        share = torch.where(predicted > THRESHOLD, predicted, 0)
        assert share.sum() > 0
        share = share / share.sum()
        of_source, of_target = kernel[own][:, own].mean(), share @ kernel[5:, 5:] @ share
        expected = expected + 0.05 * weight * (of_source + of_target - 2 * (kernel[own, 5:] @ share).mean())

    loss = made_up_method(Drcn, probability_threshold=THRESHOLD).losses(step, NETWORK, STATE)["class_discrepancy"]

    rows = (step.source.features, step.target.features)
    torch.testing.assert_close(loss, expected)
    gradients = torch.autograd.grad(loss, rows)
    torch.testing.assert_close(gradients, torch.autograd.grad(expected, rows))
    torch.testing.assert_close(gradients[0][3], torch.zeros(FEATURES, dtype=torch.float64))


def test_only_target_images_are_corrected() -> None:
    network, images = NETWORK.eval(), torch.randn(3, 3, 32, 32)
    *_, last = network.correction.modules()
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.ones_(last.bias)

    source, target = network(images, source=True).features, network(images).features

    torch.testing.assert_close(network.correction(source), target)
    torch.testing.assert_close(target - source, torch.ones(3, FEATURES))


def test_what_is_saved_and_looked_at_predicts_as_what_was_trained(
    task: Task, config: TrainConfig, tmp_path: Path
) -> None:
    config = replace(config, method="drcn", isra=None, optimisation=replace(config.optimisation, rate=0.05))
    model = train(config, task, tmp_path / "run")
    write_checkpoint(tmp_path / "drcn", model.trainee, config, task)

    checkpoint = read_checkpoint(tmp_path / "drcn")

    target, labels = model.data.target, model.data.target.labels
    read_back = respond(checkpoint.network, target, config.preprocessing).logits
    as_source = respond(checkpoint.network, target, config.preprocessing, source=True).logits
    assert accuracy(read_back, labels) == model.selected["oracle"]["accuracy"]
    assert not torch.allclose(read_back, as_source, atol=1e-3)
    image = Image.effect_noise((48, 48), 50).convert("RGB")
    inspector = Inspector(checkpoint)
    answer = checkpoint.network(inspector._pixels(image)).logits[0].softmax(dim=0)
    torch.testing.assert_close(torch.from_numpy(inspector.look(image).probabilities), answer)


def discrepancy(result: ToyResult) -> float:
    source, _ = domains()
    with torch.no_grad():
        features = result.network(source.images, source=True).features
    kernel = gaussian_kernel(torch.cat([features, result.target.features]))
    whole = signed_shares(torch.ones(len(features)), torch.ones(len(result.target.features)))
    return float(mmd(kernel, whole))


def test_domains_come_nearer_and_the_loss_falls() -> None:
    aligned = train_toy("drcn", seed=1)
    alone = train_toy("drcn", seed=1, settings={"joint_weight": 0.0, "class_weight": 0.0})

    assert sum(aligned.losses["cross_entropy"][-10:]) < 0.6 * sum(aligned.losses["cross_entropy"][:10])
    assert discrepancy(aligned) < discrepancy(alone) / 2
