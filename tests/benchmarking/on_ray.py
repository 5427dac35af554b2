"""``python -m tests.benchmarking.on_ray TREE FOLDER``: a run on each of the two machines of a made-up Ray cluster."""

import sys
from dataclasses import replace
from pathlib import Path

from ray.cluster_utils import Cluster

from isra_model.benchmarking.runs import Place
from isra_model.benchmarking.workers import carry_out_all, ray_cluster
from isra_model.cli.tasks import load_task
from tests import conftest
from tests.benchmarking.conftest import on_features


def main(tree: Path, folder: Path) -> None:
    config = on_features.__wrapped__(conftest.config.__wrapped__())
    place = Place(load_task, tree, folder / "work", folder / "cache")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        with ray_cluster(cluster.address) as (submit, side_by_side):
            assert side_by_side == 2
            configs = [replace(config, seed=seed) for seed in range(2)]
            carry_out_all(configs, place, folder / "runs.jsonl", submit, side_by_side, print)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
