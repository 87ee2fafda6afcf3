"""Whole jobs in this very process, one after the other, without pages: for many short stories. I/O.

Where jobs are run by the thousand, or in a guest where every new process is slow, the command
line's start and the page's making would be most of the time, and neither is what is asked about.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from hw_tests.command import bare_station
from wipe_station.engine import CHECKPOINT_EVERY_MS
from wipe_station.issuer import PdfMaker
from wipe_station.job import OpenJob
from wipe_station.records import Outcome, Progress
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


def _nothing() -> None:
    """Nothing happens between a stop and going on."""


def wipe(  # noqa: PLR0913 - a whole story in one call
    station: Station,
    node: str,
    method: str,
    verify: str = "full",
    *,
    stops: Sequence[float] = (),
    between: Callable[[], None] = _nothing,
) -> dict[str, Any]:
    """Run one whole job; return the statement that was signed about it.

    Args:
        station: the one to work with.
        node: of the device.
        method: by name.
        verify: how much is read back.
        stops: shares of all bytes to be moved; where a run has come so far it is stopped, and the
            job is continued. Once more than there are stops it goes on after any other break.
        between: called after each break, before the job goes on.

    Raises:
        RefusedByPolicyError: it cannot go on with what is on the device now.
    """
    plan = station.plan(node, None, method, verify=verify)
    job_id = station.new_job_id()
    opened = station.start(plan, job_id=job_id, confirmed={"how": "test"})
    for stop in (*stops, None):
        with opened as job:
            end = job.run(partial(_stop_at, job, stop))
        if end.outcome is not Outcome.INDETERMINATE or not stops:
            break
        between()
        opened = station.reopen(job_id, confirm=str(plan.device.confirmation))
    return end.statement


def _stop_at(job: OpenJob, share: float | None, now: Progress) -> None:
    if share is not None and now.done_bytes >= share * now.total_bytes:
        job.stop("stopped-by-operator")
