"""The pinned npm package `@iconify/json`, fetched once and verified."""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

NAME = "@iconify/json"
VERSION = "2.2.535"
ARCHIVE = f"iconify-json-{VERSION}.tgz"
SHA512 = (
    "9c057ad00094487c27b1be9fb29fa57ad1e5364af03b8bf306d702e81e040c71"
    "2b4107dece4ec4de725d9f0263bdee8e09f30d3b4b954f956b8276bdfcd0a65f"
)


class PackageError(OSError):
    """The icon package cannot be fetched, or is not the pinned one."""


def fetch_package(cache: Path) -> Path:
    """Return the folder of the unpacked package, fetched with `npm pack` where the folder ``cache`` does not hold it.

    Raises
    ------
    PackageError
        If npm is missing or fails, or if the archive is not the pinned one.
    """
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / ARCHIVE
    if not archive.exists():
        _npm_pack(cache)
    _verify(archive)
    unpacked = cache / f"iconify-json-{VERSION}"
    if not unpacked.exists():
        partial = cache / f"iconify-json-{VERSION}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        with tarfile.open(archive) as content:
            content.extractall(partial, filter="data")
        partial.rename(unpacked)
    return unpacked / "package"


def _npm_pack(cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(
            f"npm is needed to fetch {NAME}@{VERSION}: install Node.js, or name an unpacked copy with `iconify`"
        )
    command = [npm, "pack", f"{NAME}@{VERSION}", "--silent", "--pack-destination", str(cache)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise PackageError(f"`npm pack {NAME}@{VERSION}` failed: {outcome.stderr.strip()}")


def _verify(archive: Path) -> None:
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha512").hexdigest()
    if digest != SHA512:
        raise PackageError(f"{archive} is not {NAME}@{VERSION}: its sha512 is {digest}; delete it and build again")
