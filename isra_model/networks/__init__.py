"""Neural network modules: backbone, bottleneck and classifier; discriminator; ISRA's class2vec and receptors."""

from isra_model.networks.conditioning import MultilinearMap
from isra_model.networks.discriminator import ClassDiscriminators, Discriminator
from isra_model.networks.isra import Class2Vec, TopicReceptors, topic_masks
from isra_model.networks.isra_modules import IsraModules
from isra_model.networks.network import NetworkConfig, PdaNetwork, Response
from isra_model.networks.reversal import reversal_coefficient, reverse_gradient
from isra_model.networks.sparse_code import SparseCode

__all__ = [
    "Class2Vec",
    "ClassDiscriminators",
    "Discriminator",
    "IsraModules",
    "MultilinearMap",
    "NetworkConfig",
    "PdaNetwork",
    "Response",
    "SparseCode",
    "TopicReceptors",
    "reversal_coefficient",
    "reverse_gradient",
    "topic_masks",
]
