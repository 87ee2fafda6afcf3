"""``python -m hw_tests.lab.confined NODE FOLDER COMMAND…``: a wiper shut in with one drive. I/O.

The command takes this process's place, so whoever started this one can end that one by its id. In
its ``/dev`` there is no other block device, whatever its options mean in some version.
"""

import os
import sys
from pathlib import Path

from hw_tests.private_dev import confine


def main() -> None:
    """Shut this process in, then become the command; 127 if there is none."""
    node, folder, *command = sys.argv[1:]
    confine(node, Path(folder))
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
