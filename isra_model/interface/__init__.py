"""The app: Gradio, one file a tab, a theme, nothing that computes."""

from isra_model.interface.server import AppOptions, launch_app

__all__ = ["AppOptions", "launch_app"]
