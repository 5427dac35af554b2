"""The receptors in a loop over topics, as the released program has them, beside one batched product."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from isra_model.losses.isra import alignment_loss, domain_pool, receptor_loss, topic_gaps
from isra_model.networks.isra import TopicReceptors
from isra_model.performance.timing import ratio, side_by_side

PAPER_TOPICS, PAPER_FEATURES, PAPER_HIDDEN, PAPER_BATCH = 256, 512, 128, 81


class LoopedReceptors(nn.Module):
    """The receptors as the released program has them: a list of regressors, trained and asked one after the other."""

    def __init__(self, features: int, topics: int, hidden: int) -> None:
        super().__init__()
        self.receptors = nn.ModuleList(
            nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1)) for _ in range(topics)
        )

    def losses(self, features: Tensor, topics: Tensor, source_count: int) -> Tensor:
        """Return the receptors' loss plus the alignment, of ``features`` (n, d) and ``topics`` (n, d_e)."""
        regression, alignment = features.new_zeros(()), features.new_zeros(())
        for topic, receptor in enumerate(self.receptors):
            seen = features.detach().requires_grad_()
            error = (receptor(seen).squeeze(1) - topics[:, topic]).square().mean()
            error = error + 0.5 * sum(parameter.abs().sum() for parameter in receptor[0].parameters())  # type: ignore[index]
            (gradient,) = torch.autograd.grad(error, seen, retain_graph=True)
            mask = gradient.abs() / gradient.norm().clamp_min(1e-12) * len(features) * features
            gap = mask[:source_count].mean(dim=0) - mask[source_count:].mean(dim=0)
            regression, alignment = regression + error, alignment + gap.square().mean()
        return regression / len(self.receptors) + alignment


def receptor_loop_ratio(rounds: int, device: torch.device) -> float:
    """Return a loop's seconds over one batch's, of the receptors' loss, attention, alignment and backward together."""
    features = torch.randn(PAPER_BATCH, PAPER_FEATURES, device=device, requires_grad=True)
    topics = torch.rand(PAPER_BATCH, PAPER_TOPICS, device=device)
    source_count = 36
    pool = domain_pool(features.new_ones(source_count), PAPER_BATCH - source_count, "mean")
    looped = LoopedReceptors(PAPER_FEATURES, PAPER_TOPICS, PAPER_HIDDEN).to(device)
    batched = TopicReceptors(PAPER_FEATURES, PAPER_TOPICS, PAPER_HIDDEN).to(device)

    def batched_losses() -> None:
        regression = receptor_loss(batched, features, topics, 0.5, "mean")
        attention = batched.loss_gradient_attention(features.detach(), topics)
        gaps = topic_gaps(features, attention, pool, "batch")
        torch.autograd.backward(regression + alignment_loss(gaps, "mean"))

    def looped_losses() -> None:
        torch.autograd.backward(looped.losses(features, topics, source_count))

    seconds = side_by_side({"loop": looped_losses, "batch": batched_losses}, rounds)
    return ratio(seconds, "loop", "batch")
