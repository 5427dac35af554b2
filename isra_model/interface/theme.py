"""How the page looks: Gradio's monochrome theme, calmer, and one style sheet."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import fonts, sizes

from isra_model.interface.components import ASSETS

STYLE_SHEET = ASSETS / "studio.css"


def studio_theme() -> gr.themes.Base:
    """Return the theme; its fonts come with Gradio, so that no request leaves the page."""
    theme = gr.themes.Monochrome(
        font=(fonts.LocalFont("IBM Plex Sans", weights=(400, 700)), "ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=(fonts.LocalFont("IBM Plex Mono"), "ui-monospace", "monospace"),
        radius_size=sizes.radius_md,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_sm,
    )
    return theme.set(
        body_background_fill="#fbfbfa",
        body_background_fill_dark="#15181c",
        block_background_fill_dark="#1b1f24",
        block_border_width="1px",
        block_border_color="#e2e4e7",
        block_border_color_dark="#30363e",
        block_shadow="none",
        button_border_width="1px",
    )
