"""What no tool checks: the files of the project that have to agree with each other."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _requirements(lines: list[str]) -> set[str]:
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def test_the_space_installs_what_make_app_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["app"]
    assert _requirements((ROOT / "requirements.txt").read_text().splitlines()) == _requirements(declared)
