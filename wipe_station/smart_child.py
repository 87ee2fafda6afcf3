"""Read smartctl's answer as nobody. I/O.

``python -I -m wipe_station.smart_child PARENT`` becomes nobody, reads the answer from standard
input and writes measures to standard output, as one JSON object. What a drive says about itself
never reaches a parser that has rights.
"""

import json
import resource
import signal
import sys
from typing import Final

from wipe_station.codec.smart import LIMIT_BYTES, parse_smart
from wipe_station.errors import MalformedReplyError
from wipe_station.privileges import become, die_with

NOBODY: Final = 65534
_MEMORY_BYTES: Final = 512 << 20
_PROCESSOR_S: Final = 10


def shut_in(parent: int) -> None:
    """Become nobody, who opens little, writes no file, and ends with its parent."""
    become(NOBODY, NOBODY)
    die_with(parent, signal.SIGKILL)
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, _PROCESSOR_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
    ):
        resource.setrlimit(limit, (most, most))


def main() -> None:
    """Answer once; a malformed answer ends with exit code 1."""
    shut_in(int(sys.argv[1]))
    try:
        measures = parse_smart(sys.stdin.buffer.read(LIMIT_BYTES + 1))
    except MalformedReplyError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(measures))


if __name__ == "__main__":
    main()
