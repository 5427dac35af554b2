"""What ``gallery`` refuses before it begins."""

from pathlib import Path

import pytest

from isra_model.cli.gallery import BuildGallery


def test_images_that_came_on_terms_are_not_shown_by_oversight(tmp_path: Path) -> None:
    (tmp_path / "IMAGES.md").write_text("Photographs of a benchmark, which may not be passed on.")

    with pytest.raises(ValueError, match="--no-target-pictures"):
        BuildGallery(tmp_path).run()
