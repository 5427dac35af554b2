"""The Parquet files, in the layout that Hugging Face `datasets` and the Hub's viewer read."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isra_model.files import write_bytes

ROWS_A_GROUP = 256


@dataclass(frozen=True)
class Row:
    """One image of the dataset.

    Attributes
    ----------
    png : bytes
        The image file's bytes.
    label : int
        Index into the class names.
    icon_set : str
        Prefix of the set (`tabler`).
    icon_name : str
        Name within the set (`mug-hot-outline`).
    licence : str
        SPDX identifier.
    split : str
        `train` or `heldout`.
    """

    png: bytes
    label: int
    icon_set: str
    icon_name: str
    licence: str
    split: str


def features(class_names: Sequence[str]) -> dict[str, Any]:
    """Describe the columns as Hugging Face `datasets` does."""
    text = {"dtype": "string", "_type": "Value"}
    return {
        "image": {"_type": "Image"},
        "label": {"names": list(class_names), "_type": "ClassLabel"},
        "icon_set": text,
        "icon_name": text,
        "licence": text,
        "split": text,
    }


def write_parquet(path: Path, rows: Sequence[Row], class_names: Sequence[str]) -> None:
    """Write one domain's images in the order they ship; the same rows make the same bytes."""
    content = io.BytesIO()
    pq.write_table(
        _table(rows, class_names),
        content,
        row_group_size=ROWS_A_GROUP,
        compression="zstd",
        compression_level=9,
        write_page_index=True,
    )
    write_bytes(path, content.getvalue())


def _table(rows: Sequence[Row], class_names: Sequence[str]) -> pa.Table:
    info = json.dumps({"info": {"features": features(class_names)}}, separators=(",", ":"))
    image = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
    columns: dict[str, tuple[pa.DataType, list[Any]]] = {
        "image": (image, [{"bytes": row.png, "path": f"{row.icon_set}/{row.icon_name}.png"} for row in rows]),
        "label": (pa.int64(), [row.label for row in rows]),
        "icon_set": (pa.string(), [row.icon_set for row in rows]),
        "icon_name": (pa.string(), [row.icon_name for row in rows]),
        "licence": (pa.string(), [row.licence for row in rows]),
        "split": (pa.string(), [row.split for row in rows]),
    }
    schema = pa.schema([pa.field(name, kind) for name, (kind, _) in columns.items()], metadata={"huggingface": info})
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()}, schema=schema)
