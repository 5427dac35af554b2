"""``python -m isra_model``."""

import sys

from isra_model.cli import main

sys.exit(main())
