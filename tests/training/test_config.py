"""Presets and forms: what a benchmark and ISRA's publications fix."""

from dataclasses import replace

import pytest
import timm

from isra_model.cli.train import read_train
from isra_model.methods import IsraConfig
from isra_model.training.config import FORMS, PRESETS, config_from_dict, in_form


def config(*arguments: str, **command):
    flags = [f"--{name}" if value is True else f"--{name}={value}" for name, value in command.items()]
    return read_train(["--source=a", "--target=b", *flags, *arguments]).configuration()


def test_a_preset_names_its_benchmark() -> None:
    assert config(preset="office-home").benchmark == "office-home"
    assert config(preset="office-home", benchmark="tree").benchmark == "tree"
    assert config().benchmark == "office-icons"


def test_a_benchmark_brings_its_preset() -> None:
    assert config(benchmark="office-31").optimisation == PRESETS["office-31"].optimisation


def test_methods_of_one_preset_share_network_and_optimisation() -> None:
    plain, plugged = config(preset="office-home"), config(preset="office-home", isra=True)

    assert plain == replace(plugged, isra=None)


@pytest.mark.parametrize(
    ("preset", "features", "steps", "rate", "topics"),
    [
        ("office-home", 512, 8_000, 1e-3, 256),
        ("office-home-ba3us", 256, 5_000, 1e-3, 256),
        ("office-31", 256, 4_000, 1e-4, 64),
        ("office-31-ba3us", 256, 2_000, 1e-4, 64),
        ("imagenet-caltech", 256, 40_000, 1e-3, 16),
        ("caltech-imagenet", 2_048, 40_000, 1e-3, 16),
    ],
)
def test_the_papers_settings(preset: str, features: int, steps: int, rate: float, topics: int) -> None:
    run = config(preset=preset, isra=True)

    assert run.isra is not None
    assert (run.network.bottleneck, run.optimisation.steps) == (features, steps)
    assert (run.optimisation.rate, run.isra.topics) == (rate, topics)


def test_resnet50_starts_from_torchvisions_weights() -> None:
    weights = timm.get_pretrained_cfg(PRESETS["office-home"].network.backbone)

    assert weights.url == "https://download.pytorch.org/models/resnet50-0676ba61.pth"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_decides_the_same_choices_in_every_preset(form: str) -> None:
    run = config(preset="office-31", isra=True, form=form)

    assert run.isra == in_form(IsraConfig(topics=64, alpha=0.1, beta=0.5), form)
    assert FORMS[form].keys() == FORMS["ours"].keys()


def test_presets_are_in_our_form() -> None:
    assert all(preset.isra == in_form(preset.isra, "ours") for preset in PRESETS.values())


def test_a_single_choice_overrules_the_form() -> None:
    run = config("--isra.pool", "sum", preset="office-home", isra=True, form="released")

    assert run.isra == replace(in_form(PRESETS["office-home"].isra, "released"), pool="sum")


def test_a_form_without_isra_is_refused() -> None:
    with pytest.raises(ValueError, match="--isra too"):
        config(form="paper")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_configuration_is_read_as_it_was_written(preset: str) -> None:
    run = config(preset=preset, isra=True)

    assert config_from_dict(run.as_dict()) == run
