"""What models recognise of images that people bring, recorded and shown."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from isra_model.checkpoints.recognition import Rate, RecognitionRecord, read_recognitions, recognition_table


@pytest.mark.parametrize(
    ("right", "images", "low", "high"), [(8, 10, 49.0, 94.3), (0, 10, 0.0, 27.8), (50, 50, 92.9, 100)]
)
def test_wilsons_interval(right: int, images: int, low: float, high: float) -> None:
    """Numbers of the formula's textbook cases, to a tenth."""
    assert Rate(right, images).interval == pytest.approx((low, high), abs=0.05)


def test_the_last_measurement_of_a_model_on_a_kind_of_images_is_shown(tmp_path: Path) -> None:
    def record(model: str, data: str, right: int) -> RecognitionRecord:
        of = (model, "all icons → drawings", "0" * 64, "abc", "2026-11-30", "CPU", data)
        return RecognitionRecord(*of, Rate(right, 50), Rate(45, 50), {"Mug": Rate(right, 50)})

    path = tmp_path / "recognised.jsonl"
    records = [record("BA3US", "drawings", 10), record("BA3US", "icons", 40), record("BA3US", "drawings", 25)]
    records.append(record("Source-only", "icons", 30))
    path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in records))

    assert recognition_table(read_recognitions(path)).splitlines() == [
        "| source → target | model | drawings | icons |",
        "|---|---|---|---|",
        "| all icons → drawings | Source-only | – | 60 (46 to 72), 90, n = 50 |",
        "| all icons → drawings | BA3US | 50 (37 to 63), 90, n = 50 | 80 (67 to 89), 90, n = 50 |",
    ]
