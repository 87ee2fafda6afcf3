"""A token of softhsm2's in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from certs.errors import TokenError, TokenFault
from certs.signers.reference import (
    PinSource,
    TokenPlace,
)
from certs.signers.token import TokenSigner
from certs.station_keys import (
    KeyRequest,
    StationKeys,
    install,
    load_station_keys,
    request_key,
)
from certs.tests.keys_samples import STATION, issued, opened_root
from certs.tests.samples import NOW

MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL: Final = "counter"
PIN: Final = "471108"
# Looks at a key through the library, as another program would; a process of its own, because a
# module is set up once in each.
_LOOK: Final = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A
asked = json.loads(sys.stdin.read())
token = pkcs11.lib(asked["module"]).get_token(token_label=asked["label"])
with token.open(rw=True, user_pin=asked["pin"]) as session:
    exec(asked["do"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """One token, and the file with its PIN."""

    folder: Path
    place: TokenPlace

    @property
    def tokens(self) -> Path:
        """The folder in which the token lies."""
        return self.folder / "tokens"

    @property
    def pin_file(self) -> Path:
        """The file with its PIN."""
        return self.folder / "pin"

    def take_out(self) -> None:
        """Make the token disappear."""
        self.tokens.rename(self.folder / "away")
        self.tokens.mkdir()

    def put_back(self) -> None:
        """Make it appear again."""
        self.tokens.rmdir()
        (self.folder / "away").rename(self.tokens)

    def look(self, do: str) -> Any:
        """Run a line of Python with ``session`` open; return what it prints as JSON."""
        asked = {"module": str(MODULE), "label": LABEL, "pin": PIN, "do": do}
        done = subprocess.run(
            [sys.executable, "-c", _LOOK],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout or "null")

    def with_pin(self, pin: str) -> None:
        """Write another PIN into its file."""
        self.pin_file.write_text(pin + "\n", "ascii")
        self.pin_file.chmod(0o600)


def initialised() -> None:
    """Make one more token under the label; its configuration must stand in the environment."""
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL]
    command += ["--so-pin", "87654321", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """Return a new token."""
    return soft_token(tmp_path / "softhsm", monkeypatch)


def soft_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """Make a token in a new folder."""
    if "CI" not in os.environ and not (MODULE.exists() and shutil.which("softhsm2-util")):
        pytest.skip("needs Debian's softhsm2")  # in CI what is missing fails
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    lines = (f"directories.tokendir = {folder}/tokens", "objectstore.backend = file")
    config.write_text("\n".join((*lines, "log.level = ERROR", "")), "ascii")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    initialised()
    pin = PinSource(name=str(folder / "pin"), is_credential=False)
    made = SoftToken(
        folder=folder,
        place=TokenPlace(
            module=str(MODULE), token_label=LABEL, key_label="wipe-station", pin=pin, user=""
        ),
    )
    made.with_pin(PIN)
    return made


NO_SERIAL: Final = "01"
NO_TOKEN: Final = "nowhere"
PRIVATE_KEYS: Final = "print(len(list(session.get_objects({A.CLASS: 3}))))"
"""How many private keys the token holds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where a station's keys go."""
    return tmp_path / "keys"


def installed(folder: Path, request: KeyRequest, days: int = 400) -> StationKeys:
    """Have a request's certificate issued and install it."""
    return install(folder, issued(request, days), opened_root().pem, NOW)


@pytest.fixture
def keys(token: SoftToken, folder: Path) -> Iterator[StationKeys]:
    """Return a station's key in the token, under a certificate."""
    made_keys = installed(folder, request_key(folder, STATION, token.place))
    yield made_keys
    signer_of(made_keys).close()


def signer_of(keys: StationKeys) -> TokenSigner:
    """Return what signs."""
    assert isinstance(keys.signer, TokenSigner)
    return keys.signer


def loaded(folder: Path, *, by_hand: bool = False) -> StationKeys:
    """Return the key that is installed."""
    found = load_station_keys(folder, by_hand=by_hand)
    assert found is not None
    return found


def fault_of(work: Callable[[], object]) -> TokenFault:
    """Return why a token refused."""
    with pytest.raises(TokenError) as refused:
        work()
    assert refused.value.message.zh != refused.value.message.en
    assert refused.value.hint.zh
    return refused.value.fault


def no_child(*_: object) -> "subprocess.Popen[bytes]":
    """Stand in for what would log in to the token."""
    raise AssertionError("the token was asked")
