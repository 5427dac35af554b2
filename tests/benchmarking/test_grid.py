from dataclasses import replace

import pytest

from isra_model.benchmarking.grid import FEATURES, Model, choose_tasks, comparison, models_of
from isra_model.checkpoints.results import run_key
from isra_model.training.config import PRESETS, TrainConfig

DOMAINS = ("Art", "Clipart", "Real World")


def test_all_tasks_are_every_ordered_pair_of_domains() -> None:
    pairs = choose_tasks(["all"], DOMAINS)

    assert len(pairs) == 6
    assert ("Art", "Clipart") in pairs
    assert ("Clipart", "Art") in pairs


def test_a_task_is_known_by_its_domains_however_they_are_spelled() -> None:
    assert choose_tasks(["art:real_world"], DOMAINS) == [("Art", "Real World")]
    assert choose_tasks(["a.txt:b.txt"], ()) == [("a.txt", "b.txt")]


@pytest.mark.parametrize("written", ["Art", "Art:Sketch", "Art:Clipart:Art"])
def test_what_is_no_task_is_refused_with_the_domains(written: str) -> None:
    with pytest.raises(ValueError, match="write 'source:target', each one of Art, Clipart, Real World"):
        choose_tasks([written], DOMAINS)


def test_models_stand_in_the_papers_order_and_isra_behind_its_base() -> None:
    models = models_of(["shot", "ba3us", "newer", "source-only"], ["ba3us", "a2kt"])

    assert [model.name for model in models] == ["source-only", "ba3us", "ba3us-isra", "shot", "a2kt-isra", "newer"]


def test_a_sparse_code_is_all_that_its_model_changes() -> None:
    models = models_of(["ba3us"], ["ba3us"], sparse_on=["ba3us"])

    dense, sparse = comparison("office-caltech", "features", models, [("amazon", "webcam")], seeds=1)[1:]

    assert [model.name for model in models] == ["ba3us", "ba3us-isra", "ba3us-isra-sparse"]
    assert dense.isra is not None
    assert sparse == replace(dense, isra=replace(dense.isra, code="top-k"))


def test_runs_differ_only_in_model_task_and_seed() -> None:
    models = [Model("source-only"), Model("ba3us"), Model("ba3us", isra=True)]

    configs = comparison("office-icons", "fine-tune", models, [("solid", "line"), ("line", "solid")], seeds=2)

    assert len({run_key(config) for config in configs}) == 12
    alike = {replace(c, source="", target="", method="", isra=None, settings={}, seed=0).network for c in configs}
    assert alike == {PRESETS["office-icons"].network}
    assert [config.seed for config in configs] == [0] * 6 + [1] * 6


def test_features_mode_freezes_the_backbone_and_optimises_all_methods_alike() -> None:
    configs = comparison("office-icons", "features", [Model("source-only"), Model("ba3us")], [("solid", "line")], 1)

    assert all(config.network.frozen and config.optimisation == FEATURES for config in configs)


def test_a_run_of_the_train_command_is_the_comparisons_though_it_wrote_no_settings() -> None:
    preset = PRESETS["office-icons"]
    trained = TrainConfig(
        "office-icons", "solid", "line", "ba3us", preset.isra, optimisation=preset.optimisation, snapshots=True
    )

    (config,) = comparison("office-icons", "fine-tune", [Model("ba3us", isra=True)], [("solid", "line")], 1)

    assert config.settings["complement_weight"] == 1.0
    assert run_key(config) == run_key(trained)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ValueError, match="no preset 'office-home-2'"):
        comparison("office-icons", "features", [Model("ba3us")], [("solid", "line")], 1, "office-home-2")
