"""What a screen shows of the whole counter; answers ``GET /v1/board`` (``api_values``). Pure."""

from wipe_station.api_values import DeviceView, JobView, StrangerView, Value, Words
from wipe_station.phone_values import PhoneJobView, PhoneView


class BoardView(Value):
    """All that a screen shows, at one moment."""

    epoch: str
    """Drawn at the daemon's start; revisions of two epochs do not compare."""
    revision: int
    practice: bool
    """Only practice drives are looked at."""
    stopping: bool
    self_test_failed: bool = False
    """No job starts before it passes."""
    notices: tuple[Words, ...] = ()
    """What the manager should see to; work goes on meanwhile."""
    devices: tuple[DeviceView, ...]
    strangers: tuple[StrangerView, ...] = ()
    phones: tuple[PhoneView, ...] = ()
    phone_jobs: tuple[PhoneJobView, ...] = ()
    jobs: tuple[JobView, ...]
