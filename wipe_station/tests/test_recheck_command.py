"""``recheck``: what a list of revoked keys does to a certificate, before any device is opened."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.errors import CertificateError, Layer
from certs.revocation import SignedList
from certs.tests.phone_samples import phone_notice_statement, phone_statement
from certs.tests.revocation_samples import entry, listing, other_entry
from certs.tests.samples import (
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    signed_files,
)
from wipe_station.errors import InvalidInputError
from wipe_station.recheck_command import Asked, run

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def check(
    folder: Path,
    revoked: SignedList | None,
    version_at_least: int = 0,
    make: Callable[[SampleSigner], Statement] = certificate_statement,
) -> None:
    """Recheck a device that is not there by a sample certificate and a list."""
    bundle, path = folder / "bundle", folder / "revoked.json"
    bundle.mkdir()
    files = signed_files(make(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    for name, data in files.items():
        (bundle / name).write_bytes(data)
    (folder / "root.pem").write_bytes(ROOT.pem)
    if revoked is not None:
        path.write_bytes(revoked.document)
        if revoked.signature:
            path.with_suffix(".sig").write_bytes(revoked.signature)
    asked = Asked(
        device=str(folder / "no-device"),
        certificate=bundle,
        root=folder / "root.pem",
        revoked=None if revoked is None else path,
        revoked_version_at_least=version_at_least,
        allow_practice=False,
        full=False,
    )
    run(asked, NOW, lambda *_: None)


def test_recheck__key_on_the_list__refused_before_the_device_is_looked_for(tmp_path: Path) -> None:
    """What a thief may have signed is no reason to call a device erased."""
    with pytest.raises(CertificateError) as refused:
        check(tmp_path, listing(entry()))
    assert refused.value.layer is Layer.REVOCATION


def test_recheck__list_older_than_known__refused(tmp_path: Path) -> None:
    """An old list is no list."""
    with pytest.raises(CertificateError) as refused:
        check(tmp_path, listing(other_entry()), version_at_least=2)
    assert refused.value.layer is Layer.REVOCATION


def test_recheck__key_not_on_the_list__goes_on_to_the_device(tmp_path: Path) -> None:
    """The list that does not name the key stops nothing."""
    with pytest.raises(InvalidInputError, match="no-device"):
        check(tmp_path, listing(other_entry()))


def test_recheck__version_without_a_list__wrong_usage(tmp_path: Path) -> None:
    """Who asks for a version and gives no list is told so."""
    with pytest.raises(InvalidInputError, match="needs --revoked"):
        check(tmp_path, None, version_at_least=1)


def test_recheck__signature_of_the_list_missing__wrong_usage(tmp_path: Path) -> None:
    """A list without the signature beside it is told by its name."""
    with pytest.raises(InvalidInputError, match="its signature"):
        check(tmp_path, replace(listing(other_entry()), signature=b""))


def test_recheck__certificate_of_a_phone__refused_with_what_it_is(tmp_path: Path) -> None:
    """A phone reset itself: there is nothing of ours on it to compare with."""
    with pytest.raises(InvalidInputError, match="A phone's certificate"):
        check(tmp_path, None, make=phone_statement)


def test_recheck__notice_about_a_phone__refused(tmp_path: Path) -> None:
    """A notice is no certificate, whatever it is about."""
    with pytest.raises(InvalidInputError, match="Not a certificate of erasure"):
        check(tmp_path, None, make=phone_notice_statement)
