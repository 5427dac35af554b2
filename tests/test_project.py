"""What no tool checks: the files of the project that have to agree with each other."""

import ast
import re
import tomllib
from pathlib import Path

import docstring_parser
import pytest

from isra_model.cli.arguments import with_flags

ROOT = Path(__file__).parents[1]


def _requirements(lines: list[str]) -> set[str]:
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def test_the_space_installs_what_make_app_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["app"]
    assert _requirements((ROOT / "requirements.txt").read_text().splitlines()) == _requirements(declared)


def test_contributing_lists_the_folders_in_the_order_of_their_imports() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    rooms = [name.strip("()") for name in reversed(layers)]
    listed = re.search(r"data passes through them: (.*?)\. A module", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert listed
    assert re.findall(r"`(\w+)`", listed[1]) == [name for name in rooms if (ROOT / "isra_model" / name).is_dir()]


def test_only_the_command_line_names_its_flags_in_messages() -> None:
    """Below `cli` a message names a field in backticks, which is --field to a user. `interface` has app.py's flags."""
    files = [file for file in (ROOT / "isra_model").rglob("*.py") if file.parent.name not in ("cli", "interface")]
    raised = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Raise)]
    texts = [part.value for node in raised for part in ast.walk(node) if isinstance(part, ast.Constant)]

    assert [text for text in texts if isinstance(text, str) and re.search(r"(^|\W)--[a-z]", text)] == []
    assert with_flags("raise `optimisation.batch_size`.") == "raise --optimisation.batch-size."


def _is_type(text: str | None) -> bool:
    try:
        return bool(ast.parse(text or "", mode="eval"))
    except SyntaxError:
        return False


@pytest.mark.parametrize("room", sorted(path.name for path in (ROOT / "isra_model").iterdir() if path.is_dir()))
def test_docstrings_are_numpydoc_name_colon_type_and_then_a_sentence(room: str) -> None:
    trees = [ast.parse(file.read_text()) for file in (ROOT / "isra_model" / room).rglob("*.py")]
    documented = (ast.ClassDef, ast.FunctionDef)
    texts = [ast.get_docstring(node) for tree in trees for node in ast.walk(tree) if isinstance(node, documented)]
    entries = [entry for text in texts for entry in docstring_parser.parse(text or "").params]

    assert [entry.args for entry in entries if not (entry.description and _is_type(entry.type_name))] == []


def test_the_wheel_holds_every_file_that_the_package_reads() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["isra_model"]
    taken = {file for pattern in patterns for file in (ROOT / "isra_model").glob(pattern)}
    files = {file for file in (ROOT / "isra_model").rglob("*") if file.is_file() and "__pycache__" not in file.parts}

    assert {file.suffix for file in files - taken} == {".py"}
