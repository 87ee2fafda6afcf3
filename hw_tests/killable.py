"""``python -m hw_tests.killable STATE NODE FILE``: a station that may be killed at any moment.

The real station with checkpoints twenty times a second instead of every two seconds, so that a
drive of a few megabytes lives through what a large one does.
"""

import sys
from pathlib import Path

from hw_tests.command import not_asked
from wipe_station.clock import SystemClock
from wipe_station.plan import require_confirmed
from wipe_station.state import state_lock
from wipe_station.station import Station
from wipe_station.write_guard import WriteGuard

CHECKPOINT_EVERY_MS = 50


def work(state: Path, node: str, file: str) -> None:
    """Run one gb-46864 job, or go on with the one that waits."""
    with state_lock(state):
        clock = SystemClock()
        station = Station(
            state,
            clock,
            guard=WriteGuard(clock),
            require_self_test=not_asked,
            checkpoint_every_ms=CHECKPOINT_EVERY_MS,
        )
        waiting = station.unfinished()
        if waiting:
            job = station.reopen(waiting[0], confirm=None)
        else:
            plan = station.plan(node, "gb-46864", None)
            require_confirmed(plan, file)
            job = station.start(plan, job_id=station.new_job_id(), confirmed={"how": "serial"})
        job.run(lambda _: None)


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
