"""Make a recording as nobody. I/O.

``python -I -m wipe_station.capture_child PARENT`` becomes nobody, reads what was seen of a device
from standard input and writes the scrubbed recording to standard output, both as JSON. What a drive
says about itself never reaches a parser that has rights; what identifies it never leaves here.
"""

import json
import secrets
import sys

from wipe_station.detect.recording import make_recording
from wipe_station.errors import MalformedReplyError
from wipe_station.quirks import all_quirks
from wipe_station.smart_child import shut_in


def main() -> None:
    """Answer once; what cannot be scrubbed ends with exit code 1 and no output."""
    quirks = all_quirks()
    shut_in(int(sys.argv[1]))
    try:
        made = make_recording(json.load(sys.stdin), quirks, secrets.randbelow)
    except MalformedReplyError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(made, indent=1, sort_keys=False) + "\n")


if __name__ == "__main__":
    main()
