"""What `isra_model` itself offers: each name is there, its examples run, and importing it costs nothing."""

import doctest
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import isra_model
from isra_model.methods import isra


def test_importing_the_package_imports_no_torch() -> None:
    seen = "import sys, isra_model; print({'torch', 'numpy', 'timm'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("name", isra_model.__all__)
def test_every_name_is_what_it_is_called(name: str) -> None:
    assert getattr(isra_model, name).__name__ == name


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ISRA'"):
        _ = isra_model.ISRA


def test_the_example_of_isra_in_ones_own_loop_runs() -> None:
    outcome = doctest.testmod(isra)

    assert outcome.attempted
    assert not outcome.failed


def test_the_readmes_use_from_python_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[1]
    monkeypatch.chdir(root)
    section = (root / "README.md").read_text().partition("## Use it from Python")[2]
    names: dict[str, Any] = {}

    exec(section.partition("```python\n")[2].partition("```")[0], names)

    assert names["view"].topics[0].feature_mask.shape == (256,)


def test_the_loop_in_the_readme_runs_as_it_stands_and_trains_every_part() -> None:
    section = (Path(__file__).parents[1] / "README.md").read_text().partition("## ISRA in your own loop")[2]
    names: dict[str, Any] = {}

    exec(section.partition("```python\n")[2].partition("```")[0], names)

    assert list(names["terms"]) == ["own", "class2vec", "alignment", "receptors"]
    assert all(torch.isfinite(term) for term in names["terms"].values())
    for part in (names["backbone"], names["classifier"], names["isra"]):
        assert all(parameter.grad is not None for parameter in part.parameters())
