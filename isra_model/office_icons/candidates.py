"""From icons to candidate images, on every core."""

import multiprocessing
from collections.abc import Sequence

from isra_model.office_icons.domains import Domain, domain_of
from isra_model.office_icons.duplicates import fingerprint
from isra_model.office_icons.icons import Icon
from isra_model.office_icons.render import encode_colour, encode_grey, render, to_grey
from isra_model.office_icons.selection import Candidate

ICONS_A_CHUNK = 64


def render_candidates(icons: Sequence[Icon]) -> list[Candidate]:
    """Render icons in their order, and leave out those that cannot be rendered or belong to no domain."""
    if len(icons) <= ICONS_A_CHUNK:
        return [item for item in map(render_candidate, icons) if item is not None]
    with multiprocessing.get_context("spawn").Pool() as pool:
        return [item for item in pool.map(render_candidate, icons, ICONS_A_CHUNK) if item is not None]


def render_candidate(icon: Icon) -> Candidate | None:
    """Render one icon; `None` where the renderer cannot read it or it belongs to no domain."""
    try:
        image = render(icon)
    except ValueError:
        return None
    domain = domain_of(image, palette=icon.icon_set.palette)
    if domain is None:
        return None
    png = encode_colour(image) if domain is Domain.COLOUR else encode_grey(image)
    return Candidate(icon, domain, png, fingerprint(to_grey(image)))
