"""``python -m certs``: the same as ``wipe-cert``."""

import sys

from certs.cli import main

sys.exit(main())
