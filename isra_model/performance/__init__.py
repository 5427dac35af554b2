"""How fast training is, as ratios of things measured side by side in one run: timings alone say more of the machine."""

from isra_model.performance.setting import Setting
from isra_model.performance.training import TrainingSpeed, bench_training

__all__ = ["Setting", "TrainingSpeed", "bench_training"]
