"""The whole job through the real commands: wipe, documents, and what strangers find."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hw_tests.command import Said, document, first_start, openssl_agrees, station, wait_for_line
from hw_tests.independent_stream import first_difference
from hw_tests.loop import attach, detach, loop_drive, make_file

SIZES = [(1 << 20) - 4096, 1 << 20, (5 << 20) + 4096]


def verify(bundle: Path, *options: str | Path) -> int:
    """Run ``wipe-cert verify`` as a recycler would; return its exit code."""
    words = [sys.executable, "-m", "certs", "verify", bundle, *options]
    return subprocess.run(words, check=False, capture_output=True).returncode


def wiped(folder: Path, size: int, sector_bytes: int, *options: str) -> tuple[Said, Path]:
    """Wipe a drive of the given kind; return what was said and the file behind it."""
    state = folder / "state"
    first_start(state)
    with loop_drive(folder, size, sector_bytes=sector_bytes) as drive:
        said = station(state, "wipe", drive.node, "--confirm", drive.file, "--json", *options)
        return said, drive.file


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_wipe__sector_and_device_sizes__medium_is_the_published_stream(
    folder: Path, size: int, sector_bytes: int
) -> None:
    """On 512 and 4096 byte sectors, at sizes around the unit, other code finds the stream."""
    said, file = wiped(folder, size, sector_bytes)
    assert said.code == 0, said
    statement = document(Path(said.event("end")["bundle"]))
    assert statement["device"]["logical_sector_bytes"] == sector_bytes
    key = bytes.fromhex(statement["passes"][-1]["pattern"]["key_hex"])
    assert first_difference(file, key) is None


def test_wipe__documents__verified_by_openssl_and_wipe_cert(folder: Path) -> None:
    """A practice certificate passes where practice is allowed, and nowhere else."""
    said, _ = wiped(folder, SIZES[0], 512)
    bundle = Path(said.event("end")["bundle"])
    root = folder / "state" / "keys" / "practice-root.pem"
    assert openssl_agrees(bundle, root, folder)
    assert verify(bundle, "--root", root, "--allow-practice") == 0
    assert verify(bundle, "--root", root) == 4
    assert verify(bundle, "--allow-practice") == 5
    copy = folder / bundle.name
    shutil.copytree(bundle, copy)
    text = (copy / "certificate.json").read_bytes()
    (copy / "certificate.json").write_bytes(text.replace(b'"verified"', b'"veriFied"', 1))
    assert verify(copy, "--root", root, "--allow-practice") == 6
    assert not openssl_agrees(copy, root, folder)


def test_wipe__two_jobs__two_keys_and_two_certificates(folder: Path) -> None:
    """No key is used twice, and no document replaces another."""
    state = folder / "state"
    first_start(state)
    with loop_drive(folder, SIZES[0]) as drive:
        arguments = ("wipe", drive.node, "--confirm", drive.file, "--method", "random", "--json")
        bundles = [Path(station(state, *arguments).event("end")["bundle"]) for _ in range(2)]
    keys = {document(bundle)["passes"][0]["pattern"]["key_hex"] for bundle in bundles}
    assert len(keys) == len(set(bundles)) == 2


def test_devices__watched__plugging_in_is_seen_with_its_reasons(folder: Path) -> None:
    """Without udevd the kernel's own events show what comes and goes."""
    state = folder / "state"
    first_start(state)
    words = (sys.executable, "-m", "wipe_station", "devices", "--watch", "--json")
    bounded = ("timeout", "60", *words, "--state", str(state))
    with subprocess.Popen(bounded, stdout=subprocess.PIPE, text=True) as watching:
        try:
            wait_for_line(watching, '"event": "device"')
            drive = attach(make_file(folder, SIZES[0]))
            try:
                wait_for_line(watching, f'"confirm": "{drive.file}"')
            finally:
                detach(drive)
        finally:
            watching.kill()
