"""``python -m wipe_station.tests.store_writer FILE FIRST``: writes until it is killed.

Each number is printed once the store has returned from everything that was written under it.
"""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

from wipe_station.store import Store
from wipe_station.tests.test_store import AT, BOOT, REFUSAL, USE


def write(store: Store, number: int) -> None:
    """Write one thing of every kind."""
    store.keep_use(replace(USE, nonce_sha256=f"{number:064x}", job_id=f"job-{number}"))
    store.close_ticket(f"job-{number}", AT)
    store.note_guard(BOOT, number, "/dev/sda", AT)
    store.note_refusal(replace(REFUSAL, uid=number))


def main() -> None:
    """Write and print, without end."""
    store = Store(Path(sys.argv[1]))
    for number in itertools.count(int(sys.argv[2])):
        write(store, number)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
