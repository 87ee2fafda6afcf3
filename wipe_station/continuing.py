"""Whether an interrupted job goes on by itself, or waits for a tap. Pure."""

from wipe_station.evidence import JobEvidence
from wipe_station.records import DeviceFacts, Strength

ALONE = frozenset({"station-stopped", "device-gone"})
"""Nobody wanted these; a worker that died, or a person who said stop, wants a look first."""


def interrupted_by(job: JobEvidence) -> str:
    """Return why an unfinished job stands still, as a code of ``reasons.INTERRUPTIONS``."""
    last = job.interruptions[-1] if job.interruptions else None
    pending = last is not None and last.resumed_at is None
    # An intent without any result: the station died with it.
    return last.what if last is not None and pending else "station-stopped"


def goes_on_alone(job: JobEvidence, device: DeviceFacts, boot_id: str) -> bool:
    """Tell whether a job may continue on a device without anybody's tap.

    Only what was confirmed under this very boot, and only on a device whose medium itself says
    that it is the same one: what a person confirmed is still what happens.

    Args:
        job: unfinished.
        device: found by the job's identity, plugged in now.
        boot_id: of now.
    """
    same_boot = job.last_boot_id == boot_id
    if device.identity_strength is not Strength.MEDIUM or not same_boot:
        return False
    why = interrupted_by(job)
    if why == "replug-asked" and job.replug is not None and device.diskseq is not None:
        return job.replug.happened(boot_id, device.diskseq)
    return why in ALONE
