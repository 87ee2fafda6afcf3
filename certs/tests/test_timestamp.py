"""Time stamps: ours in the hands of openssl, openssl's in ours, and nothing else taken."""

import contextlib
import hashlib
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certs import asn1
from certs.errors import CertificateError, Layer, MalformedDerError, TimestampError
from certs.layout import Bundle, bundle_of
from certs.tests.samples import NOW, ROOT
from certs.tests.time_authority import P256, RSA, new_authority, openssl
from certs.tests.time_samples import SERVICE_ROOT, Making, rsa_making, stamped
from certs.tests.time_vectors import logged_files
from certs.time_service import read_roots
from certs.timestamp import MOST_BYTES, Stamp, open_response, token_in
from certs.verdict import Status, Verdict
from certs.verify import verify

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
DATA: Final = b"some bytes\n"
ROOTS: Final = read_roots(SERVICE_ROOT.pem)
KINDS: Final = {"P-256": Making(), "RSA": rsa_making()}
BUNDLE: Final = bundle_of(stamped(logged_files()))


def verdict_on(bundle: Bundle, tsa_root: bytes | None = None) -> Verdict:
    """Return the verdict of somebody who trusts the sample root."""
    return verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW, tsa_roots_pem=tsa_root)


@pytest.mark.parametrize("kind", KINDS)
def test_response__good__says_when_and_who(kind: str) -> None:
    """Time, service and policy come out as they were put in; nobody vouches without a root."""
    made = KINDS[kind].response(DATA)
    stamp = open_response(made, DATA, ROOTS)
    assert (stamp.at, stamp.vouched) == (datetime(2026, 11, 23, 17, 26, tzinfo=UTC), True)
    assert (stamp.policy, "time service" in stamp.service) == ("1.3.6.1.4.1.32473.1", True)
    assert not open_response(made, DATA, None).vouched


def test_time__with_fractions_and_accuracy__rounded_up() -> None:
    """What is told is a time that it certainly was not after."""
    accuracy = asn1.tlv(asn1.SEQUENCE, asn1.integer(3), asn1.tlv(0x80, b"\1"))
    time = asn1.tlv(asn1.GENERALIZED_TIME, b"20261123172600.1Z")
    making = Making(info={"time": time, "accuracy": accuracy})
    stamp = open_response(making.response(DATA), DATA, None)
    assert stamp.at == datetime(2026, 11, 23, 17, 26, 5, tzinfo=UTC)


def test_response__any_byte_changed__refused_or_says_the_same() -> None:
    """No byte can change what a stamp says; some bytes of an answer say nothing."""
    seed = 20261128
    print("seed", seed)  # noqa: T201  shown when the test fails
    chooser = random.Random(seed)
    made = Making().response(DATA)
    good = open_response(made, DATA, ROOTS)
    refused = 0
    for position in range(len(made)):
        changed = bytearray(made)
        changed[position] ^= chooser.randrange(1, 256)
        try:
            assert open_response(bytes(changed), DATA, ROOTS) == good
        except TimestampError:
            refused += 1
    assert refused > len(made) * 0.9


@given(data=st.binary(max_size=300))
def test_response__any_bytes__declared_errors_only(data: bytes) -> None:
    """Bytes of anybody are refused in words."""
    with pytest.raises(TimestampError):
        open_response(data, DATA, None)


@given(data=st.data())
def test_response__parts_exchanged__declared_errors_only(data: st.DataObject) -> None:
    """An answer with a piece of it replaced is taken or refused, and nothing else happens."""
    made = Making().response(DATA)
    at = data.draw(st.integers(0, len(made)))
    end = data.draw(st.integers(at, min(len(made), at + 40)))
    piece = data.draw(st.binary(max_size=40))
    with contextlib.suppress(TimestampError):
        open_response(made[:at] + piece + made[end:], DATA, ROOTS)


def test_response__too_large__refused_unread() -> None:
    """A response is bounded before it is parsed."""
    with pytest.raises(TimestampError, match="too large"):
        token_in(bytes(MOST_BYTES + 1))


def test_roots__none_in_the_file__refused() -> None:
    """A file without a certificate trusts nobody, and says so."""
    for pem in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(TimestampError):
            read_roots(pem)


@given(value=st.integers(0, 1 << 90))
def test_integer__written_and_read__the_same(value: int) -> None:
    """Numbers round-trip, in their one form."""
    written = asn1.integer(value)
    element = asn1.only(written, asn1.INTEGER)
    assert (asn1.number(element.content), element.encoded) == (value, written)


@given(arcs=st.lists(st.integers(0, 1 << 40), max_size=6), first=st.integers(0, 2))
def test_object_id__written_and_read__the_same(arcs: list[int], first: int) -> None:
    """Object identifiers round-trip."""
    name = ".".join(map(str, [first, 39, *arcs]))
    assert asn1.dotted(asn1.object_id(name)) == name


@given(data=st.binary(max_size=60))
def test_elements__any_bytes__themselves_or_refused(data: bytes) -> None:
    """What is read as elements is those bytes and no others; each length has one form."""
    try:
        read = asn1.elements(data)
    except MalformedDerError:
        return
    assert b"".join(each.encoded for each in read) == data
    assert all(asn1.tlv(each.tag, each.content) == each.encoded for each in read)


@pytest.mark.parametrize("kind", KINDS)
@needs_openssl
def test_sample__given_to_openssl__verified(kind: str, tmp_path: Path) -> None:
    """The samples are what `openssl` takes for a time stamp, too."""
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "made.tsr").write_bytes(KINDS[kind].response(DATA))
    (tmp_path / "root.pem").write_bytes(SERVICE_ROOT.pem)
    at = str(int(datetime(2026, 11, 23, 17, 26, tzinfo=UTC).timestamp()))
    words = ("-data", "data", "-in", "made.tsr", "-CAfile", "root.pem", "-attime", at)
    assert b"OK" in openssl(tmp_path, "ts", "-verify", *words)


@pytest.mark.parametrize("key", [P256, RSA], ids=["P-256", "RSA"])
@needs_openssl
def test_openssl__stamps__taken(key: tuple[str, ...], tmp_path: Path) -> None:
    """A response by `openssl ts` with its chain, whose order is not DER's, is taken."""
    service = new_authority(tmp_path, key)
    before = datetime.now(UTC)
    response = service.stamped(DATA)
    stamp = open_response(response, DATA, read_roots(service.root_pem))
    assert stamp.vouched
    assert stamp.nonce is not None
    assert -1 < (stamp.at - before).total_seconds() < 60
    with pytest.raises(TimestampError, match="other bytes"):
        open_response(response, DATA + b"x", None)
    with pytest.raises(TimestampError, match="service that you trust"):
        open_response(response, DATA, ROOTS)


def test_verdict__with_a_service__existed_before() -> None:
    """A stamp by a trusted service counts as a step and is told with its time."""
    verdict = verdict_on(BUNDLE, SERVICE_ROOT.pem)
    assert Layer.TIME in verdict.steps
    assert isinstance(verdict.stamp, Stamp)
    said = [line.en for line in verdict.lines if "2026-11-23T17:26:00Z" in line.en]
    assert len(said) == 1
    assert said[0].startswith("It existed before 2026-11-23T17:26:00Z, says CN=Example time")


def test_verdict__without_a_service__told_and_not_counted() -> None:
    """A stamp by nobody knows whom changes nothing but a line."""
    verdict = verdict_on(BUNDLE)
    assert Layer.TIME not in verdict.steps
    assert verdict.status is Status.ERASED
    assert any("unknown time service" in line.en for line in verdict.lines)
    assert not any("existed before" in line.en for line in verdict.lines)


def test_verdict__stamp_of_another_bundle__refused() -> None:
    """Stamps cannot be exchanged between bundles."""
    other = Making().response(hashlib.sha256(b"other").digest())
    with pytest.raises(CertificateError) as refused:
        verdict_on(bundle_of(logged_files() | {"certificate.tsr": other}))
    assert refused.value.layer is Layer.TIME


def test_roots__several_in_one_file__each_counts() -> None:
    """A verifier may trust several services at once."""
    both = ROOT.pem + SERVICE_ROOT.pem
    assert len(read_roots(both)) == len(x509.load_pem_x509_certificates(both))
    assert Layer.TIME in verdict_on(BUNDLE, both).steps
