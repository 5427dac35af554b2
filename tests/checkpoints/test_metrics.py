import torch

from isra_model.checkpoints.metrics import class_accuracy


def test_a_class_has_the_accuracy_of_its_own_images_and_none_without_images() -> None:
    logits = torch.eye(3)[[0, 0, 1, 2]]
    labels = torch.tensor([0, 1, 1, 1])

    assert class_accuracy(logits, labels) == [100.0, 33.33, None]
