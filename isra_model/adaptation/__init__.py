"""Adapt a trained model to images that somebody brings, in about a minute on a CPU."""
