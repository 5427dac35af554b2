"""Start ISRA Studio: ``python app.py [--checkpoints DIR] [--host ADDRESS] [--port NUMBER] [--mcp]``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

# Before anything heavy is imported: no telemetry, no request to the Hub, no spinning threads and no files of another
# user's on a shared machine.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir(), f"gradio-{os.getuid()}")))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def main() -> None:
    """Read the arguments and run the app until it is stopped."""
    from isra_model.interface import AppOptions, launch_app
    from isra_model.interface.studio import StudioError

    defaults = AppOptions()
    on_space = "SPACE_ID" in os.environ
    parser = argparse.ArgumentParser(description="ISRA Studio: see what an adapted network recognises, where and why.")
    parser.add_argument("--checkpoints", type=Path, default=defaults.checkpoints, help="folder of task folders")
    parser.add_argument("--host", default="0.0.0.0" if on_space else defaults.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=None, help="port to listen on (default: the first free from 7860)")
    parser.add_argument("--mcp", action="store_true", help="offer tools to agents (needs the extra 'mcp')")
    arguments = parser.parse_args()
    try:
        launch_app(AppOptions(arguments.checkpoints, arguments.host, arguments.port, mcp=arguments.mcp))
    except StudioError as error:
        from isra_model.cli.arguments import with_flags  # here: all commands come with it, a second at every start

        print(with_flags(str(error)), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
