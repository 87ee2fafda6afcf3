"""``python -m grading``: the same as ``wipe-grade``."""

import sys

from grading.cli import main

sys.exit(main())
