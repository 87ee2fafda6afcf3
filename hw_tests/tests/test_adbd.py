"""What the lab takes from another release: only what is pinned."""

import hashlib
from pathlib import Path

import pytest

from hw_tests.lab.adbd import PINNED, held_against
from hw_tests.lab.debian import SetupError, run

NAME = "adbd_1_amd64.deb"


@pytest.mark.parametrize(
    ("came", "said"),
    [({}, "has no"), ({NAME: b"another"}, "not the package"), ({"other.deb": b"it"}, "has no")],
)
def test_packages__missing_or_others__refused(
    tmp_path: Path, came: dict[str, bytes], said: str
) -> None:
    """A package that is not there, or not the one that was looked at, is not unpacked."""
    for name, content in came.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SetupError, match=said):
        held_against(tmp_path, {NAME: hashlib.sha256(b"it").hexdigest()})


def test_packages__as_pinned__taken(tmp_path: Path) -> None:
    """All that speak the protocol are pinned, the C library among those that are not."""
    (tmp_path / NAME).write_bytes(b"it")
    held_against(tmp_path, {NAME: hashlib.sha256(b"it").hexdigest()})
    assert all(name.startswith(("adbd_", "android-lib")) for name in PINNED)


def test_run__fails__says_so() -> None:
    """The words of a program that failed are in the error."""
    with pytest.raises(SetupError, match="no-such-option"):
        run("ls", "--no-such-option")
