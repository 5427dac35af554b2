"""What training, the app and a Space cost: mostly ratios of things measured side by side in one run."""

from isra_model.performance.setting import Setting
from isra_model.performance.training import TrainingSpeed, bench_training

__all__ = ["Setting", "TrainingSpeed", "bench_training"]
