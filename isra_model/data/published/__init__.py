"""The published benchmarks with their partial protocols."""

from isra_model.data.published.imagenet_caltech import load_imagenet_caltech
from isra_model.data.published.protocol import PROTOCOLS, Protocol, load_published

__all__ = ["PROTOCOLS", "Protocol", "load_imagenet_caltech", "load_published"]
