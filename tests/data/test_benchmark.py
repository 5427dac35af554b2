from pathlib import Path

import numpy as np
import pytest

from isra_model.data.benchmark import Benchmark, BenchmarkError, Files, ImageSet, Task


def test_files_become_paths_only_when_they_are_asked_for() -> None:
    names = ("Bed/1.jpg", "Mug/1.jpg", "Mug/2.jpg")
    images = ImageSet("Art", Files(Path("/home"), names), np.array([0, 1, 1]), np.zeros(3, bool), names)

    mugs = images.select(images.labels == 1).select(np.array([False, True]))

    assert (len(mugs), mugs.keys, mugs.encoded[0]) == (1, ("Mug/2.jpg",), Path("/home/Mug/2.jpg"))
    assert list(mugs.encoded) == [Path("/home/Mug/2.jpg")]


def test_a_domain_is_found_whatever_its_case_and_an_unknown_one_lists_the_choices(task: Task) -> None:
    assert task.benchmark.domain("Day").name == "day"
    with pytest.raises(BenchmarkError, match="squares has no domain 'dusk'; choose one of day, night"):
        task.benchmark.domain("dusk")


def test_the_name_of_a_task_can_name_a_folder() -> None:
    assert Task(Benchmark("office-home", (), {}), "Real World", "Art", ()).name == "office-home-real-world-to-art"
