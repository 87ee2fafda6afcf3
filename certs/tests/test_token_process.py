"""The process that a token's module runs in: forks, threads, its end, its account."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

import pytest

from certs.chain import verify_signature
from certs.station_keys import (
    StationKeys,
    request_key,
)
from certs.tests.keys_samples import STATION
from certs.tests.token_samples import (
    SoftToken,
    folder,
    installed,
    keys,
    signer_of,
    soft_token,
    token,
)

__all__ = ["folder", "keys", "token"]


FORKS: Final = """
import os, sys
from pathlib import Path
from certs.station_keys import load_station_keys
from certs.chain import verify_signature
keys = load_station_keys(Path(sys.argv[1]))
def many():
    for _ in range(30):
        verify_signature(keys.chain, keys.signer.sign(b"data"), b"data")
many()
child = os.fork()
many()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
many()
"""


def test_fork__both_sign_at_once__each_through_a_session_of_its_own(
    keys: StationKeys, folder: Path
) -> None:
    """A session does not survive a fork; after one, each process has its own."""
    signer_of(keys).close()
    command = [sys.executable, "-W", "error", "-c", FORKS, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_threads__sign_at_once__every_signature_is_its_datas(keys: StationKeys) -> None:
    """Answers are never given to another question."""
    wrong: list[Exception] = []

    def work(name: bytes) -> None:
        try:
            for number in range(25):
                data = b"%s %d" % (name, number)
                verify_signature(keys.chain, keys.signer.sign(data), data)
        except Exception as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    threads = [Thread(target=work, args=(b"%d" % each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_signer__forgotten__its_process_ends(token: SoftToken, folder: Path) -> None:
    """No process with a PIN in it stays behind."""
    signer = signer_of(installed(folder, request_key(folder, STATION, token.place)))
    assert signer._session is not None
    process = signer._session._process
    del signer
    assert process.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_child__account_named__runs_under_it_with_no_rights(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's module runs as somebody who can open none of the station's files."""
    with TemporaryDirectory() as parent:  # pytest's own folders are root's alone
        Path(parent).chmod(0o711)
        token = soft_token(Path(parent) / "softhsm", monkeypatch)
        for path in (token.folder, *token.folder.rglob("*")):
            if path != token.pin_file:
                shutil.chown(path, "nobody", "nogroup")
        place = replace(token.place, user="nobody")
        keys = installed(folder, request_key(folder, STATION, place))
        with closing(signer_of(keys)) as signer:
            assert signer._session is not None
            said = Path(f"/proc/{signer._session._process.pid}/status").read_text("ascii")
    lines = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    assert set(lines["Uid"].split()) == set(lines["Gid"].split()) == {"65534"}
    assert int(lines["CapEff"], 16) == 0
    assert lines["NoNewPrivs"] == "1"
