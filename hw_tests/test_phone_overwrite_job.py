"""A phone that is not encrypted at the counter: reset, overwritten by itself, reset again."""

from pathlib import Path

import pytest

from hw_tests.phones.android import AndroidPhone, Trust
from hw_tests.phones.android_fill import MIB, Fill, Storage
from hw_tests.phones.real_adb import RealAdb
from hw_tests.test_phone_station import counter_with, document_of
from hw_tests.whole_station import until
from wipe_station.phone_jobs.runner import PhoneRun
from wipe_station.phones.overwrite import ROOM_BYTES
from wipe_station.phones.routes import Route
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.phone_bench import JPEG


@pytest.mark.parametrize("lie", [None, Fill.FORGETS_ONE, Fill.FULL_EARLY, Fill.NO_DIGESTS])
def test_trade_in__not_encrypted__certified_only_if_all_of_it_was_overwritten(
    adb: RealAdb, folder: Path, lie: Fill | None
) -> None:
    """The whole way over Debian's adb; what was read back stands in the document in any case."""
    storage = Storage(capacity_bytes=2000 * MIB, lie=lie)
    phone = AndroidPhone(trust=Trust.TRUSTED, encrypted=False, storage=storage)
    with counter_with(phone, folder, adb) as counter:
        counter.plug(Mode.MTP_ADB)
        counter.bench.agree("9-1")
        counter.bench.press(Route.SETTINGS, "9-1")
        until(lambda: counter.port.phone.resets_asked)
        counter.bench.state_is("asked")
        counter.resets_itself(Mode.MTP_ADB)
        counter.bench.state_is("between")
        counter.act(PhoneRun.overwrite)
        counter.bench.until(lambda: counter.bench.job().overwritten)
        counter.bench.state_is("between")
        counter.act(PhoneRun.press)
        counter.bench.state_is("asked-again")
        assert len(phone.files) == 1, "a full phone has room for the canary of its second reset"
        counter.resets_itself(Mode.MTP)
        counter.bench.state_is("back-again")
        counter.act(lambda run: run.photograph(JPEG))
        job = counter.bench.ended()
        said = document_of(counter.bench, job)
    assert (job.outcome == "verified") is (lie is None)
    if lie is None:
        assert 1990 * MIB - ROOM_BYTES < said["overwritten_bytes"] <= 2000 * MIB - ROOM_BYTES
    assert not phone.storage.files
