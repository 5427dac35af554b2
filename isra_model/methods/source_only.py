"""Source-only: no adaptation, what every method has to beat."""

from torch import Tensor
from torch.nn import functional as F

from isra_model.methods.base import Batch, Method, Settings, Sizes, State
from isra_model.networks import PdaNetwork


class SourceOnly(Method[Settings]):
    """Cross-entropy on the source."""

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return B source images and no others."""
        return Sizes(source=batch_size, target=0)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the mean cross-entropy of the labelled source."""
        return {"cross_entropy": F.cross_entropy(batch.source.logits, batch.source.labels)}
