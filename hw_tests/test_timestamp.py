"""A station whose documents are stamped by a time service of somebody else's."""

from pathlib import Path

import pytest

from certs.cli import main
from certs.tests.time_authority import TimeAuthority, listening, new_authority, openssl
from hw_tests.whole_station import NotStartedError, begin, station_up, until

SIZE_BYTES = 8 << 20
STAMP_ATTRIBUTE = b"060B2A864886F70D010910020E"
"""In the digits of a PDF's signature: a time service stamped it."""
ARCHIVE = b"/Type /DocTimeStamp"


def test_station__service_is_set__what_waited_and_what_is_new_is_stamped(folder: Path) -> None:
    """A job without a network gets its stamp when there is one, and every stranger believes it.

    What is signed while the service answers has both stamps in its PDF, too.
    The service is `openssl`, asked over HTTP; a setting whose root is missing is no start.
    """
    state, practice, later = (folder / name for name in ("state", "practice", "later"))
    practice.mkdir()
    later.mkdir()
    with station_up(state, practice) as station:
        begin(station, station.plug_in(SIZE_BYTES))
        (bundle,) = until(lambda: [*state.glob("bundles/2*/certificate.json")])
        bundle = bundle.parent
    assert not (bundle / "certificate.tsr").exists()
    service = new_authority(folder / "service")
    with listening(service) as url:
        root = state / "tsa-root.pem"
        setting = f'version = 1\n[time]\nurl = "{url}"\nroot = "{root.name}"\narchive = true\n'
        (state / "settings.toml").write_text(setting, "utf-8")
        with pytest.raises(NotStartedError, match="2"), station_up(state, practice):
            pass
        root.write_bytes(service.root_pem)
        before = {path: path.read_bytes() for path in bundle.iterdir()}
        with station_up(state, later) as station:
            until((bundle / "certificate.tsr").exists)
            begin(station, station.plug_in(SIZE_BYTES))
            second = until(lambda: next((p for p in state.glob("bundles/2*") if p != bundle), None))
            until((second / "certificate.tsr").exists)
    stamps = (STAMP_ATTRIBUTE, ARCHIVE)
    for each, there in ((bundle, False), (second, True)):
        pdf = (each / "certificate.pdf").read_bytes()
        assert [stamp in pdf for stamp in stamps] == [there, there]
    _believed(second, service)
    assert {path: path.read_bytes() for path in before} == before
    _believed(bundle, service)


def _believed(bundle: Path, service: TimeAuthority) -> None:
    asked = ["verify", str(bundle), "--allow-practice"]
    root = service.folder / "root.pem"
    assert main([*asked, "--root", str(bundle.parents[1] / "keys" / "practice-root.pem")]) == 0
    assert main([*asked, "--tsa-root", str(root)]) == 5  # no root of the station's was given
    proof = (bundle / "certificate.tlog-proof").read_bytes()
    (service.folder / "checkpoint").write_bytes(proof.partition(b"\n\n")[2])
    words = ("-data", "checkpoint", "-in", str(bundle / "certificate.tsr"), "-CAfile", str(root))
    assert b"OK" in openssl(service.folder, "ts", "-verify", *words)
