"""What was built, from what, with what: the record that tests hold the shipped files to."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from isra_model.files import sha256, write_json
from isra_model.office_icons import package

TOOLS = ("numpy", "pillow", "pyarrow", "resvg_py")


def write_digest(path: Path, files: Iterable[Path]) -> None:
    """Record the files' SHA-256, the source archive's SHA-512 and the versions of the tools that made them."""
    write_json(
        path,
        {
            "sha256": {file.name: sha256(file) for file in files},
            "source": {"package": package.NAME, "version": package.VERSION, "sha512": package.SHA512},
            "tools": {name: version(name) for name in TOOLS},
        },
    )
