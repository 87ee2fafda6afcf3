"""An organisation for tests: a root that two people keep, and stations below it."""

from functools import cache
from pathlib import Path
from typing import Final

from certs.durable import NewFile
from certs.issuing import parse_request
from certs.root_keys import OpenRoot, issue, new_root, open_root, write_root
from certs.station_keys import KeyRequest, request_key
from certs.tests.samples import NOW
from certs.two_people import Passphrases

ORGANISATION: Final = "Example Recycling 回收"
STATION: Final = "Counter 7"
PASSPHRASES: Final = Passphrases(first="eleven green bottles", second="十二只绿色的瓶子挂在墙上")


@cache  # deriving the secret takes a third of a second
def root_files() -> dict[str, NewFile]:
    """Return the files of a root's folder."""
    return new_root(ORGANISATION, PASSPHRASES, NOW)


@cache
def opened_root() -> OpenRoot:
    """Return that root, opened by its two keepers."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return open_root(root_in(Path(folder)), PASSPHRASES)


def root_in(parent: Path) -> Path:
    """Put that root's folder on disk and return it."""
    folder = parent / "root"
    write_root(folder, root_files())
    return folder


def issued(request: KeyRequest, days: int = 400) -> bytes:
    """Return a certificate for a request that lies on disk."""
    asked = parse_request(request.path.read_bytes())
    return issue(opened_root(), asked, now=NOW, days=days)[0]


def asked_in(parent: Path) -> tuple[Path, KeyRequest]:
    """Return a station's key folder with a request that waits."""
    return parent / "keys", request_key(parent / "keys", STATION)
