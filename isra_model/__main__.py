"""``python -m isra_model``."""

import sys

INTERRUPTED = 130

for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file's name can hold any byte
try:
    from isra_model.cli import main
except KeyboardInterrupt:
    print("isra_model: Interrupted.", file=sys.stderr)
    sys.exit(INTERRUPTED)

sys.exit(main())
