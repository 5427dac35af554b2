"""The app as a Space: assembled as it is published, started as Spaces starts it, and what that costs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from isra_model.checkpoints.uploads import space_upload, write_upload
from isra_model.performance.timing import memory

ADDRESS = re.compile(r"http://\S+:(\d+)")
MODULES = re.compile(r'rel=\\"modulepreload\\" href=\\"([^"\\]+)')
"""In the page the head is a string of JSON, in which quotes are escaped."""
PATIENCE = 600


class SpaceError(ValueError):
    """A Space that does not start; the message holds what it said last."""


@dataclass(frozen=True)
class SpaceTiming:
    """What the app costs on a Space, in one run.

    Attributes
    ----------
    files : int
        That a Space holds.
    megabytes : float
        Their size.
    cold_start : float
        Seconds from ``python app.py``, imports included, to a server that listens.
    processor : float
        Seconds of processor time that this took, which a busy machine changes little.
    first_page : float
        Seconds to fetch the page and the modules that its head names, right after.
    resident_mib : float
        Memory resident then.
    peak_mib : float
        The most that was resident until then.
    """

    files: int
    megabytes: float
    cold_start: float
    processor: float
    first_page: float
    resident_mib: float
    peak_mib: float


def bench_space(root: Path) -> SpaceTiming:
    """Assemble the Space of the clone ``root`` in a folder of its own, start it, fetch its page, and stop it.

    It starts as on Spaces: ``python app.py`` with SPACE_ID, from files that it cannot change, and without the Hub.
    Python and its packages are those that run this.

    Raises
    ------
    CheckpointError
        If ``root`` is no clone of the project.
    SpaceError
        If the app ends or stays silent.
    """
    upload = space_upload(root)
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name) / "app", Path(name) / "home"
        write_upload(upload, folder)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        home.mkdir()
        started = time.perf_counter()
        with running(folder, home) as (process, port):
            listening, processor = time.perf_counter(), _processor_time(process.pid)
            _fetch_page(f"http://127.0.0.1:{port}/")
            return SpaceTiming(
                files=len(upload),
                megabytes=size / 1e6,
                cold_start=listening - started,
                processor=processor,
                first_page=time.perf_counter() - listening,
                resident_mib=memory(process.pid, "VmRSS"),
                peak_mib=memory(process.pid, "VmHWM"),
            )


@contextmanager
def running(folder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start the app in `folder` and wait until it says its port; stop it at the end."""
    kept = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS") if name in os.environ}
    settings = {"SPACE_ID": "somebody/isra-studio", "HF_HUB_OFFLINE": "1", "HOME": str(home), "TMPDIR": str(home)}
    log = home.parent / "log.txt"
    with log.open("w") as said:
        process = subprocess.Popen(
            [*_without_powers(), sys.executable, "app.py"],
            cwd=folder,
            env=kept | settings,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process, _port(process, log)
        finally:
            process.kill()
            process.wait()


def _without_powers() -> list[str]:
    """Return what a command begins with so that root may not write what is read-only; nothing where that cannot be."""
    prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    if os.geteuid() != 0 or not shutil.which(prefix[0]):
        return []
    return [] if subprocess.run([*prefix, "true"], capture_output=True).returncode else prefix


def _port(process: subprocess.Popen[str], log: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if address := ADDRESS.search(log.read_text()):
            return int(address[1])
        time.sleep(0.05)
    last = log.read_text().strip().rpartition("\n")[2] or "nothing"
    raise SpaceError(f"The Space does not start; it said last: {last}")


def _fetch_page(url: str) -> None:
    page = _fetch(url).decode()
    for module in modules_of(page):
        _fetch(url + module)


def modules_of(page: str) -> list[str]:
    """Return the addresses of the modules that the page's head names."""
    return MODULES.findall(page)


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        content: bytes = answer.read()
    return content


def _processor_time(process: int) -> float:
    """Return the seconds of processor time that a process has taken, as Linux counts them."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
