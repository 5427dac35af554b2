from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from isra_model.files import compact_weights, project_root, write_bytes, write_tensors


def test_large_weights_are_stored_in_half_precision_and_small_ones_in_full(tmp_path: Path) -> None:
    write_tensors(tmp_path / "layer.safetensors", compact_weights(nn.Linear(200, 200)))

    stored = load_file(tmp_path / "layer.safetensors")
    assert stored["weight"].dtype == torch.float16
    assert stored["bias"].dtype == torch.float32


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "numbers.json"
    write_bytes(file, b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_bytes(file, b"new")
    assert file.read_bytes() == b"old"


def test_the_projects_files_are_the_checkouts_or_those_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)

    assert project_root(tmp_path / "clone" / "isra_model") == tmp_path / "clone"
    assert project_root(tmp_path / "site-packages" / "isra_model") == tmp_path
