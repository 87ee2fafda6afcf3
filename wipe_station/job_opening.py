"""How the journal of a job begins, whatever it is done to. I/O.

The log knows of a job before its journal exists; the journal's first record is the plan.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from certs.durable import sync_folder
from wipe_station.clock import Clock
from wipe_station.journal import Journal
from wipe_station.records import Json
from wipe_station.software import software
from wipe_station.station_log import StationLog

JOURNAL_NAME: Final = "journal.jsonl"
PLAN: Final = "plan"
"""The kind of a journal's first record; of every kind of job."""


def begin_journal(  # noqa: PLR0913 - what a job begins with
    folder: Path,
    clock: Clock,
    log: StationLog,
    *,
    job_id: str,
    planned: Mapping[str, Json],
    plan_sha256: str,
    confirmed: Mapping[str, Json],
) -> Journal:
    """Open the journal of a new job.

    Args:
        folder: of the job; made here.
        clock: for records.
        log: that the job's document is going to stand in.
        job_id: drawn for it.
        planned: the plan as it is hashed.
        plan_sha256: its digest.
        confirmed: who confirmed and how.

    Raises:
        EvidenceError: log or disk refuse.
    """
    salt = log.started(job_id, dict(planned))
    folder.mkdir(mode=0o700)
    sync_folder(folder.parent)
    journal = Journal(folder / JOURNAL_NAME, clock)
    opening: dict[str, Json] = {
        "job_id": job_id,
        "plan": planned,
        "plan_sha256": plan_sha256,
        "log_salt_hex": salt.hex(),
        "confirmed": confirmed,
        "software": software(),
    }
    journal.append(PLAN, opening)
    return journal
