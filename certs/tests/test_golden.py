"""Bundles of every release verify for ever, and nobody makes them anew in silence."""

import hashlib
from pathlib import Path
from typing import Final

import pytest

from certs.bundle import read_bundle
from certs.layout import DocumentType
from certs.tests.make_golden import FOLDER, ROOT_NAME, SUMS, expected_in, sums_of
from certs.tests.samples import NOW
from certs.verify import verify

PINNED: Final = {"0.1.0": "43fab94ff7bf3ff3580b0a8fed519ea9f0660a8ce18f2911dfc296a6430f5462"}
"""The digest of each release's list of digests; a line is added per release and never changed."""
UNRELEASED: Final = frozenset({DocumentType.PHONE_CERTIFICATE, DocumentType.PHONE_NOTICE})
"""Types whose first bundles are made with the next release."""
CASES: Final = [
    (folder, name, status)
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir())
    for name, status in expected_in(folder).items()
]


def test_releases__as_pinned__no_byte_changed() -> None:
    """Each release's files are those that were made for it."""
    for folder in FOLDER.iterdir():
        sums = (folder / SUMS).read_bytes()
        assert hashlib.sha256(sums).hexdigest() == PINNED[folder.name]
        assert sums_of(folder).encode() == sums


@pytest.mark.parametrize(("folder", "name", "status"), CASES)
def test_bundle__of_any_release__still_verifies(folder: Path, name: str, status: str) -> None:
    """What was signed under an older release says today what it said then."""
    root = (folder / ROOT_NAME).read_bytes()
    verdict = verify(read_bundle(folder / name), root_pem=root, allow_practice=False, now=NOW)
    assert verdict.status.value == status


def test_releases__every_type_of_document__at_least_one() -> None:
    """No type that was released goes without a bundle that must stay good."""
    types = {read_bundle(folder / name).type_by_name for folder, name, _ in CASES}
    assert types == set(DocumentType) - UNRELEASED
