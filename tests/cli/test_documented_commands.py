"""Every command in the documentation is one, and is written in one way: python is that of the project's environment."""

import contextlib
import re
import shlex
from pathlib import Path

import pytest

from isra_model.cli import read_command

ROOT = Path(__file__).parents[2]
METHOD_TO_ADD = "coral"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
COMMAND = re.compile(r"(?:python|accelerate launch.*) -m isra_model (.+)")


def commands(page: Path) -> list[str]:
    text = page.read_text().replace("\\\n", " ")
    blocks = [line for block in re.findall(r"```(?:ba)?sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    spans = re.findall(r"(?<!`)`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = [match[1] for each in (*blocks, *spans) if (match := COMMAND.fullmatch(each))]
    return [each for each in found if " " in each and not re.search(rf"COMMAND|\.\.\.|{METHOD_TO_ADD}", each)]


@pytest.mark.parametrize("command", [command for page in PAGES for command in commands(page)])
def test_every_command_is_one(command: str) -> None:
    with contextlib.suppress(SystemExit):  # which a command with --help ends in, and no wrong one
        read_command(shlex.split(command, comments=True))


def test_no_command_names_the_environments_folder() -> None:
    assert [page.name for page in PAGES if re.search(r"\.venv/bin/(?!activate)", page.read_text())] == []
