"""Whole jobs in this very process, one after the other, without pages: for many short stories. I/O.

Where jobs are run by the thousand, or in a guest where every new process is slow, the command
line's start and the page's making would be most of the time, and neither is what is asked about.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from hw_tests.command import bare_station
from wipe_station.engine import CHECKPOINT_EVERY_MS
from wipe_station.issuer import PdfMaker
from wipe_station.station import Station


@contextlib.contextmanager
def quick_station(
    folder: Path, checkpoint_every_ms: int = CHECKPOINT_EVERY_MS
) -> Iterator[Station]:
    """Return a station that has started: what is plugged in from now on may be wiped."""
    folder.mkdir()
    station = bare_station(folder, checkpoint_every_ms)
    station.lookout.look()
    with mock.patch.object(PdfMaker, "add", lambda _, bundle: bundle):
        yield station


def wipe(station: Station, node: str, method: str, verify: str = "full") -> dict[str, Any]:
    """Run one whole job; return the statement that was signed about it."""
    plan = station.plan(node, None, method, verify=verify)
    with station.start(plan, job_id=station.new_job_id(), confirmed={"how": "test"}) as job:
        return job.run(lambda _: None).statement
