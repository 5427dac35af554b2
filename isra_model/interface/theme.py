"""How the page looks: Gradio's monochrome theme, calmer, in the page's colours."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import fonts, sizes

from isra_model.figures.colours import PAGE


def studio_theme() -> gr.themes.Base:
    """Return the theme; its fonts come with Gradio, so that no request leaves the page."""
    theme = gr.themes.Monochrome(
        font=(fonts.LocalFont("IBM Plex Sans", weights=(400, 700)), "ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=(fonts.LocalFont("IBM Plex Mono"), "ui-monospace", "monospace"),
        radius_size=sizes.radius_md,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_sm,
    )
    ground, paper, line = PAGE["ground"], PAGE["paper"], PAGE["line"]
    return theme.set(
        body_background_fill=ground[0],
        body_background_fill_dark=ground[1],
        block_background_fill_dark=paper[1],
        block_border_width="1px",
        block_border_color=line[0],
        block_border_color_dark=line[1],
        block_shadow="none",
        button_border_width="1px",
    )
