"""A Space in small: an app of a few lines is assembled, started as Spaces does and measured."""

import shutil
import subprocess
from pathlib import Path

import pytest

from isra_model.performance.space import SpaceError, bench_space

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

APP = """
import http.server, os, pathlib
assert os.environ["SPACE_ID"] and os.environ["HF_HUB_OFFLINE"] == "1"
assert not pathlib.Path("secret.txt").exists()
assert not any(path.stat().st_mode & 0o222 for path in pathlib.Path().rglob("*"))
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(f"ISRA Studio runs on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
"""


def clone(folder: Path, app: str) -> Path:
    """Return a git repository of an app, the files that a Space has beside it, and one that it has not."""
    (folder / "isra_model").mkdir()
    for name in ("isra_model/__init__.py", "requirements.txt", "README.md", "LICENSE", "secret.txt"):
        (folder / name).write_text(name)
    (folder / "app.py").write_text(app)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_a_space_starts_from_files_that_it_cannot_change(tmp_path: Path) -> None:
    cost = bench_space(clone(tmp_path, APP))
    assert cost.files == 5
    assert cost.cold_start > 0
    assert cost.processor >= 0
    assert 0 < cost.resident_mib <= cost.peak_mib


def test_a_space_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="no module named gradio"):
        bench_space(clone(tmp_path, "raise SystemExit('no module named gradio')"))
