import torch

from isra_model.checkpoints.metrics import class_accuracy, whole_domain_alignment
from isra_model.losses.isra import alignment_loss, domain_pool, topic_gaps
from isra_model.networks import IsraModules


def test_a_class_has_the_accuracy_of_its_own_images_and_none_without_images() -> None:
    logits = torch.eye(3)[[0, 0, 1, 2]]
    labels = torch.tensor([0, 1, 1, 1])

    assert class_accuracy(logits, labels) == [100.0, 33.33, None]


def test_domains_are_aligned_alike_however_many_rows_are_taken_at_a_time() -> None:
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(700, 16, generator=generator), torch.randn(300, 16, generator=generator)
    isra, features = IsraModules(16, 8, 12), torch.cat([source, target])

    pool = domain_pool(torch.ones(len(source)), len(target), "mean")
    at_once = alignment_loss(topic_gaps(features, isra.receptors.attention(features), pool, "row"), "mean")

    torch.testing.assert_close(whole_domain_alignment(isra, source, target), float(at_once), rtol=1e-5, atol=0)
