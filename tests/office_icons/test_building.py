"""Office-Icons: the files that ship, and the builder on a small tree of its own."""

import io
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from isra_model.files import sha256
from isra_model.office_icons import candidates, card, package, split
from isra_model.office_icons.build import (
    TARGET_CLASSES,
    BuildConfig,
    build_office_icons,
    heldout_families,
    read_all_icons,
)
from isra_model.office_icons.candidates import render_candidate
from isra_model.office_icons.domains import Domain, domain_of
from isra_model.office_icons.icons import LICENCES, Icon, IconSet, read_icon_sets
from isra_model.office_icons.names import ClassNames, read_class_names
from isra_model.office_icons.reinking import measure_reinking
from isra_model.office_icons.render import SIZE, render
from isra_model.office_icons.selection import Candidate, select
from isra_model.office_icons.tables import read_exclusions, read_families
from isra_model.office_icons.unseen import collect_unseen

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "office-icons"

MUG = "M5 6h10v12H5z"
HANDLE = "M15 8h4v6h-4z"
BAG = "M12 2L22 20H2z"


# The files that ship


@pytest.fixture(scope="module")
def shipped() -> dict[str, list[dict[str, Any]]]:
    return {domain: pq.read_table(ASSETS / f"{domain.lower()}.parquet").to_pylist() for domain in Domain}


def test_digest_matches_the_files() -> None:
    digest = json.loads((ASSETS / "digest.json").read_text())
    assert digest["sha256"] == {f"{d.lower()}.parquet": sha256(ASSETS / f"{d.lower()}.parquet") for d in Domain}
    assert digest["source"]["sha512"] == package.SHA512


@pytest.mark.parametrize("domain", list(Domain))
def test_features_are_what_datasets_reads(domain: Domain) -> None:
    schema = pq.read_schema(ASSETS / f"{domain.lower()}.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"] == {"names": read_class_names().classes, "_type": "ClassLabel"}
    assert schema.names == ["image", "label", "icon_set", "icon_name", "licence", "split"]


def test_there_are_65_classes_with_8_images_in_each_domain(shipped: dict[str, list[dict[str, Any]]]) -> None:
    for rows in shipped.values():
        sizes = Counter(row["label"] for row in rows)
        assert sorted(sizes) == list(range(65))
        assert min(sizes.values()) >= 8


def test_a_designer_is_held_out_everywhere_or_nowhere(shipped: dict[str, list[dict[str, Any]]]) -> None:
    families = read_families()
    sides: defaultdict[str, set[str]] = defaultdict(set)
    for rows in shipped.values():
        for row in rows:
            sides[families.get(row["icon_set"], row["icon_set"])].add(row["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert set.union(*sides.values()) == {"train", "heldout"}


def test_a_fifth_is_held_out_with_two_of_each_target_class(shipped: dict[str, list[dict[str, Any]]]) -> None:
    everything = [row for rows in shipped.values() for row in rows]
    assert 0.17 < sum(row["split"] == "heldout" for row in everything) / len(everything) < 0.23
    for rows in shipped.values():
        held = Counter(row["label"] for row in rows if row["split"] == "heldout")
        train = Counter(row["label"] for row in rows if row["split"] == "train")
        assert min(held[label] for label in range(TARGET_CLASSES)) >= 2
        assert min(train[label] for label in range(65)) >= 5


def test_only_allowed_licences_ship_and_every_set_is_attributed(shipped: dict[str, list[dict[str, Any]]]) -> None:
    attributed = {line.split(",")[0] for line in (ASSETS / "ATTRIBUTION.csv").read_text().splitlines()[1:]}
    everything = [row for rows in shipped.values() for row in rows]
    assert {row["licence"] for row in everything} <= LICENCES
    assert {row["icon_set"] for row in everything} == attributed


def test_no_excluded_image_ships_and_none_ships_twice(shipped: dict[str, list[dict[str, Any]]]) -> None:
    keys = [f"{row['icon_set']}:{row['icon_name']}" for rows in shipped.values() for row in rows]
    assert not set(keys) & set(read_exclusions())
    assert len(keys) == len(set(keys))


def test_every_image_decodes_at_128_pixels(shipped: dict[str, list[dict[str, Any]]]) -> None:
    for rows in shipped.values():
        for row in rows:
            with Image.open(io.BytesIO(row["image"]["bytes"])) as image:
                image.load()
                assert image.size == (SIZE, SIZE)


def test_the_dataset_is_small() -> None:
    assert sum((ASSETS / f"{domain.lower()}.parquet").stat().st_size for domain in Domain) < 15e6


def test_replaced_classes_are_named_on_the_card() -> None:
    replaced = json.loads(card.REPLACED.read_text())
    classes = set(read_class_names().classes)
    assert not classes & set(replaced)
    assert set(replaced.values()) <= classes


# Names


@pytest.mark.parametrize(
    ("icon_name", "class_name"),
    [
        ("mug-hot", "Mug"),
        ("mug-hot-outline", "Mug"),
        ("outline-mug-24", "Mug"),
        ("tv-2-fill", "TV"),
        ("tv3", "TV"),
        ("mug-hot-steam", None),
        ("outline", None),
    ],
)
def test_class_of_a_name(icon_name: str, class_name: str | None) -> None:
    names = ClassNames(
        class_of_base={"mug": "Mug", "mug-hot": "Mug", "tv": "TV", "tv-2": "TV"},
        style_tokens=frozenset({"outline", "24", "2", "fill"}),
        not_in_emoji=frozenset(),
    )
    assert names.class_of(icon_name) == class_name


def test_a_mouse_among_emoji_is_an_animal() -> None:
    names = read_class_names()
    assert names.class_of("mouse") == "Mouse"
    assert names.class_of("mouse", emoji=True) is None


# Rendering and domains


def _icon_set(prefix: str = "plain", *, palette: bool = False) -> IconSet:
    return IconSet(prefix, prefix, "someone", "", "MIT", "", palette, emoji=False, family=prefix)


def _icon(body: str, name: str = "mug", icon_set: IconSet | None = None) -> Icon:
    return Icon(icon_set or _icon_set(), name, name, "Mug", body, (0, 0, 24, 24))


def _stroke(path: str) -> str:
    return f'<path fill="none" stroke="currentColor" d="{path}"/>'


def _fill(path: str, colour: str = "currentColor", opacity: float = 1) -> str:
    return f'<path fill="{colour}" opacity="{opacity}" d="{path}"/>'


@pytest.mark.parametrize(
    ("body", "palette", "domain"),
    [
        (_stroke(MUG), False, Domain.LINE),
        (_fill(MUG), False, Domain.SOLID),
        (_fill(MUG, opacity=0.3) + _stroke(MUG), False, Domain.DUOTONE),
        (_fill(MUG, "#e33"), True, Domain.COLOUR),
        (_fill(MUG, "#ccc") + _stroke(MUG), True, Domain.COLOUR),
        (_fill(MUG, "#e33"), False, None),
        (_fill(MUG), True, None),
        ("", False, None),
    ],
)
def test_domain_of_a_drawing(body: str, palette: bool, domain: Domain | None) -> None:
    assert domain_of(render(_icon(body)), palette=palette) is domain


def test_margin_is_six_per_cent() -> None:
    ink = np.flatnonzero((render(_icon(_fill("M0 0h24v24H0z"))) < 128).any(axis=(0, 2)))
    assert ink[0] == pytest.approx(0.06 * SIZE, abs=1.5)
    assert ink[-1] == pytest.approx(0.94 * SIZE, abs=1.5)


# Duplicates


def _candidate(body: str, name: str, prefix: str) -> Candidate:
    candidate = render_candidate(_icon(body, name, _icon_set(prefix)))
    assert candidate is not None
    return candidate


def test_one_of_two_equal_pictures_is_kept() -> None:
    kept = select([_candidate(_fill(MUG), "mug", "one"), _candidate(_fill(MUG), "cup", "two")])
    assert len(kept) == 1


def test_a_drawing_is_kept_in_one_domain() -> None:
    both = [_candidate(_fill(MUG), "mug", "one"), _candidate(_stroke(MUG), "mug", "one")]
    assert {item.domain for item in both} == {Domain.SOLID, Domain.LINE}
    assert measure_reinking(both).same_designer == 1
    assert len(select(both)) == 1


def test_other_drawings_are_kept() -> None:
    assert len(select([_candidate(_fill(MUG), "mug", "one"), _candidate(_stroke(BAG), "cup", "two")])) == 2


# Split


def test_held_out_families_serve_every_target_class() -> None:
    cells = [
        split.Cell(f"designer-{family}", domain, name)
        for family in range(10)
        for domain in ("Line", "Solid")
        for name in ("Mug", "Pen")
        for _ in range(2)
    ]
    heldout = split.choose_heldout(cells, ["Mug", "Pen"])
    assert 1 <= len(heldout) <= 3
    assert heldout == split.choose_heldout(cells[::-1], ["Mug", "Pen"])


# The builder as a whole


def _write_set(root: Path, prefix: str, spdx: str, icons: dict[str, str]) -> dict[str, Any]:
    content = {"icons": {name: {"body": body} for name, body in icons.items()}, "width": 24, "height": 24}
    (root / "json" / f"{prefix}.json").write_text(json.dumps(content))
    return {"name": prefix, "author": {"name": "someone"}, "license": {"spdx": spdx}, "category": "UI 24px"}


@pytest.fixture
def iconify(tmp_path: Path) -> Path:
    root = tmp_path / "iconify"
    (root / "json").mkdir(parents=True)
    collections = {
        "drawn": _write_set(root, "drawn", "MIT", {"mug-outline": _stroke(MUG + HANDLE), "backpack": _stroke(BAG)}),
        "filled": _write_set(root, "filled", "ISC", {"mug": _fill("M4 4h9v18H4z"), "bed": _fill("M2 12h20v8H2z")}),
        "moving": _write_set(root, "moving", "MIT", {"mug": "<animate/>" + _fill(MUG)}),
        "closed": _write_set(root, "closed", "GPL-3.0-or-later", {"mug": _fill(MUG)}),
    }
    (root / "collections.json").write_text(json.dumps(collections))
    return root


def test_sets_under_other_licences_are_not_read(iconify: Path) -> None:
    assert [icon_set.prefix for icon_set in read_icon_sets(iconify)] == ["drawn", "filled", "moving"]
    icons = read_all_icons(iconify, read_class_names())
    assert [icon.key for icon in icons] == ["drawn:backpack", "drawn:mug-outline", "filled:bed", "filled:mug"]


def test_building_twice_makes_the_same_bytes(iconify: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for output in (first, second):
        build_office_icons(BuildConfig(output=output, iconify=iconify, contact_sheets=output / "sheets"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert {Path("line.parquet"), Path("README.md"), Path("overview.png")} <= set(files)
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)


def test_a_pool_renders_what_one_process_does(iconify: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    icons = read_all_icons(iconify, read_class_names())
    alone = candidates.render_candidates(icons)
    monkeypatch.setattr(candidates, "ICONS_A_CHUNK", 1)
    assert [item.png for item in candidates.render_candidates(icons)] == [item.png for item in alone]


def test_target_classes_are_the_first_alphabetically(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "isra_model.office_icons.build.choose_heldout", lambda _, targets: asked.extend(targets) or frozenset()
    )
    heldout_families([], read_class_names().classes)
    assert asked == sorted(read_class_names().classes)[:25]


def test_unseen_icons_are_by_other_designers_and_no_picture_of_the_dataset(iconify: Path, tmp_path: Path) -> None:
    office_icons, output = tmp_path / "office-icons", tmp_path / "unseen"
    build_office_icons(BuildConfig(output=office_icons, iconify=iconify))
    collections = json.loads((iconify / "collections.json").read_text())
    seen, new = _fill("M4 4h9v18H4z"), _fill("M3 3h18v4H12v14H3z")
    drawings = {"mug": seen, "cup": new, "tea-cup": new}
    collections["another"] = _write_set(iconify, "another", "GPL-3.0-or-later", drawings)
    (iconify / "collections.json").write_text(json.dumps(collections))
    found = collect_unseen(office_icons, output, iconify)
    written = sorted(path.relative_to(output).as_posix() for path in output.rglob("*.png"))
    assert written == ["solid/Mug/another--cup.png", "solid/Mug/closed--mug.png"]
    assert found == {"solid": 2}


def test_an_archive_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / package.ARCHIVE).write_bytes(b"something else")
    with pytest.raises(package.PackageError, match="delete it and build again"):
        package.fetch_package(tmp_path)


def test_missing_npm_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(package.PackageError, match="npm is needed"):
        package.fetch_package(tmp_path)


def test_the_examples_of_the_app_were_seen_by_no_training() -> None:
    examples = {path.read_bytes() for path in (ASSETS.parent / "examples").glob("*.png") if "drawn" not in path.name}

    training = {
        row["image"]["bytes"]
        for domain in ("colour", "duotone", "line", "solid")
        for row in pq.read_table(ASSETS / f"{domain}.parquet").to_pylist()
        if row["split"] == "train"
    }
    assert examples
    assert not examples & training
