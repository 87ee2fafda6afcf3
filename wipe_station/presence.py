"""What is plugged into the station's bays now, under its write guard. I/O."""

import logging
from collections.abc import Iterator, Mapping

from wipe_station.api_values import DeviceView, JobState
from wipe_station.bays import BayMap
from wipe_station.detect.classify import World
from wipe_station.lookout import Lookout
from wipe_station.records import DeviceFacts, Transport
from wipe_station.seat import Seat
from wipe_station.views import device_view, key_of
from wipe_station.write_guard import WriteGuard

_log = logging.getLogger(__name__)


class Presence:
    """Devices in the bays, by the key of their plugging-in."""

    def __init__(self, lookout: Lookout, guard: WriteGuard, bays: BayMap) -> None:
        self._lookout = lookout
        self._bays = bays
        self._guard = guard
        self._present: dict[str, DeviceFacts] = {}

    def holds(self, key: str | None) -> bool:
        """Tell whether a plugging-in still lasts."""
        return key in self._present

    def device(self, key: str) -> DeviceFacts | None:
        """Return what is plugged in under a key."""
        return self._present.get(key)

    def refresh(self) -> World:
        """Look at the machine; guard what came, and clean up after what went.

        Returns:
            the machine, seen after all guards were set.
        """
        world = self._lookout.look()
        now = {
            key_of(device): device
            for device in world.devices
            if device.whole_disk and device.size_bytes != 0 and self._lookout.minds(device)
        }
        came = now.keys() - self._present.keys()
        for key in self._present.keys() - now.keys():
            # First of all: its node must be clean for the next device.
            self._guard.take_off(self._present[key])
        for key in came:
            self._put_guard(now[key])
        self._present = now
        return self._lookout.look() if came else world

    def _put_guard(self, device: DeviceFacts) -> None:
        if not self._lookout.came_later(device):
            return  # it may be the system's own disk
        try:
            self._guard.put_on(device)
        except OSError as error:
            _log.warning("%s went away while it was guarded: %s", device.node, error)

    def leave(self) -> None:
        """Take the guard from loop drives: their nodes outlive them, and serve others after us."""
        for device in self._present.values():
            if device.transport is Transport.LOOP:
                self._guard.take_off(device)

    def views(self, world: World, jobs: Mapping[str | None, Seat]) -> Iterator[DeviceView]:
        """Yield what the screen shows of each device.

        Args:
            world: as ``refresh`` returned it.
            jobs: the job of each plugging-in.
        """
        guarded = self._guard.ours()
        for key, seen in self._present.items():
            device = world.device(seen.name)
            if device is None or key_of(device) != key:
                continue  # gone since; its own event tells
            seat = jobs.get(key)
            running = seat is not None and seat.state is JobState.RUNNING
            yield device_view(
                device,
                # Our own worker holds it open: that is no reason to show.
                () if running else self._lookout.assess(device, world).refusals,
                bay=self._bays.name_of(device.usb_path) if device.usb_path else None,
                guarded=device.diskseq in guarded,
                job_id=seat.job_id if seat is not None else None,
            )
