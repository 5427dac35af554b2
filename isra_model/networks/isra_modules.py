"""What ISRA adds to a network, as one module."""

from __future__ import annotations

from torch import nn

from isra_model.networks.isra import Class2Vec, TopicReceptors
from isra_model.networks.sparse_code import SparseCode


class IsraModules(nn.Module):
    """class2vec and the topic attention receptors.

    Attributes
    ----------
    class2vec : Class2Vec | SparseCode
        The dense code of the paper or, where a number of topics is ``kept``, a sparse one.
    receptors : TopicReceptors
        One regressor a topic.
    """

    def __init__(self, features: int, topics: int, hidden: int = 128, kept: int | None = None) -> None:
        super().__init__()
        self.class2vec = SparseCode(features, topics, kept) if kept else Class2Vec(features, topics)
        self.receptors = TopicReceptors(features, topics, hidden)
