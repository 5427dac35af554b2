"""Whose drawings these are: one line an icon set."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from isra_model.files import write_bytes
from isra_model.office_icons.selection import Candidate

COLUMNS = ("icon_set", "title", "author", "licence", "url", "licence_url", "images")


def write_attribution(path: Path, chosen: Sequence[Candidate]) -> None:
    """Write set, title, author, licence, addresses and number of images as CSV, by set."""
    images = Counter(item.icon.icon_set for item in chosen)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for icon_set, count in sorted(images.items(), key=lambda entry: entry[0].prefix):
        who = icon_set.prefix, icon_set.title, icon_set.author
        table.writerow((*who, icon_set.licence, icon_set.url, icon_set.licence_url, count))
    write_bytes(path, text.getvalue().encode())
