"""`docs/training.md` says what the code says: its excerpts, presets, forms and commands are held against it."""

import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from isra_model.cli import read_command
from isra_model.methods import IsraConfig
from isra_model.training.config import FORMS, PRESETS, Preset

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "training.md").read_text()
EXCERPTS = re.findall(r"\[`([\w.]+)`\]\(\.\./(isra_model/[\w/]+)\.py\)\n```python\n(.*?)```", PAGE, re.DOTALL)


def cells(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(("name", "file", "excerpt"), EXCERPTS, ids=[name for name, _, _ in EXCERPTS])
def test_every_excerpt_stands_in_the_function_it_names(name: str, file: str, excerpt: str) -> None:
    found = importlib.import_module(file.replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    lines = [line.strip() for line in inspect.getsource(found).splitlines()]

    for line in excerpt.strip().splitlines():
        assert any(actual.startswith(line) for actual in lines), line


def test_every_equation_has_an_excerpt() -> None:
    equations = PAGE.count("```math")

    assert len(EXCERPTS) >= equations > 10
    assert len(EXCERPTS) == PAGE.count("```python")


def test_every_file_that_is_linked_exists() -> None:
    links = re.findall(r"\]\(\.\./([^)]+)\)", PAGE)

    assert links
    assert all((ROOT / link).is_file() for link in links)


@pytest.mark.parametrize(("name", "preset"), PRESETS.items())
def test_the_page_shows_every_preset_as_it_is(name: str, preset: Preset) -> None:
    isra, complement = preset.isra, preset.settings.get("ba3us", {}).get("complement_weight", 1.0)
    row = [
        name,
        preset.network.backbone,
        preset.network.bottleneck,
        preset.optimisation.steps,
        preset.optimisation.rate,
        isra.topics,
        f"{isra.alpha:g}, {isra.beta:g}",
        f"{complement:g}",
    ]

    assert [str(cell) for cell in row] in [cells(line) for line in PAGE.splitlines()]


@pytest.mark.parametrize("choice", FORMS["ours"])
def test_the_page_shows_every_form_as_it_is(choice: str) -> None:
    row = [choice.replace("_", "-"), *(FORMS[form][choice] for form in ("paper", "released", "ours"))]

    assert row in [cells(line)[:4] for line in PAGE.splitlines()]
    assert choice in {field.name for field in fields(IsraConfig)}


def test_every_setting_that_is_named_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_command(["train", "--help"])
    known = capsys.readouterr().out
    run = PAGE.replace("--checkpoints", "").replace("--num_processes", "")  # the app's and accelerate's
    run = run.replace("--no-target-pictures", "").replace("--strangers", "")  # the gallery's

    for setting in set(re.findall(r"--[a-z][a-z0-9.-]*[a-z0-9]", run)):
        assert setting in known, setting
