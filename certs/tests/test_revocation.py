"""Revocation lists: what they say, fuzzed, and what a verdict makes of them."""

import contextlib
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.canonical import encode
from certs.errors import CertificateError, KeyRequestError, Layer
from certs.layout import bundle_of
from certs.logged import Logged
from certs.revocation import (
    REASONS,
    Reason,
    RevocationList,
    SignedList,
    extended,
    parse_list,
    read_list,
)
from certs.tests.log_samples import about, log_signer, logged_statement, proof_of
from certs.tests.revocation_samples import (
    ISSUED_AT,
    entry,
    listing,
    other_entry,
    signed,
    stated,
)
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    signed_files,
)
from certs.verdict import Status, Verdict
from certs.verify import verify

LIST = listing(entry(size=6), other_entry())


def verdict_with(revoked: SignedList | None) -> Verdict:
    """Return the verdict on a logged certificate of the sample station."""
    statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
    proof = {"certificate.tlog-proof": proof_of(about(statement)).text()}
    bundle = bundle_of(signed_files(statement, PRODUCTION_SIGNER) | proof)
    return verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW, revoked=revoked)


def test_list__read__says_what_was_written() -> None:
    """A list round-trips both ways."""
    read = read_list(LIST, ROOT.pem)
    assert (read.version, read.issued_at) == (2, ISSUED_AT)
    assert sorted(read.entries.values(), key=lambda each: each.key_id) == sorted(
        [entry(size=6), other_entry()], key=lambda each: each.key_id
    )
    again = stated(*(read.entries[key_id] for key_id in read.entries))
    assert encode(again) == LIST.document


def test_list__any_byte_changed__refused() -> None:
    """No byte of list or signature can change unnoticed."""
    seed = 20261125
    print("seed", seed)  # noqa: T201  shown when the test fails
    chooser = random.Random(seed)
    read_list(LIST, ROOT.pem)
    cut = len(LIST.document)
    whole = LIST.document + LIST.signature
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= chooser.randrange(1, 256)
        bad = SignedList(document=bytes(changed[:cut]), signature=bytes(changed[cut:]))
        with pytest.raises(CertificateError) as refused:
            read_list(bad, ROOT.pem)
        assert refused.value.layer is Layer.REVOCATION


@given(st.binary(max_size=300), st.binary(max_size=80))
def test_list__random_bytes__only_the_declared_error(document: bytes, signature: bytes) -> None:
    """The reader raises its one error at its layer, signed or not."""
    for found in (SignedList(document=document, signature=signature), signed(document)):
        with pytest.raises(CertificateError) as refused:
            read_list(found, ROOT.pem)
        assert refused.value.layer is Layer.REVOCATION


VALUES = st.recursive(
    st.booleans() | st.integers(-5, 1 << 40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(json.loads(LIST.document))), st.integers(0, 1), VALUES)
def test_list__one_value_exchanged__read_or_refused(name: str, index: int, value: object) -> None:
    """Any value in any place is read as what it is or refused, and nothing else happens."""
    content = json.loads(LIST.document)
    content[name] = value
    with contextlib.suppress(CertificateError):
        assert isinstance(parse_list(content), RevocationList)
    content = json.loads(LIST.document)
    one = content["entries"][index]
    for field in sorted(one):
        changed = [*content["entries"]]
        changed[index] = one | {field: value}
        with contextlib.suppress(CertificateError):
            assert isinstance(parse_list(content | {"entries": changed}), RevocationList)


@pytest.mark.parametrize(
    ("size", "index", "counts"), [(6, 5, True), (5, 5, False), (0, 0, False), (None, 0, False)]
)
def test_entry__place_in_the_log__counts_below_the_size(
    size: int | None, index: int, counts: bool
) -> None:
    """What stands below the trusted size counts, and nothing else does."""
    logged = Logged(origin="log.example/station-7", index=index, size=9)
    one = entry(size=size)
    key = log_signer().key.text()
    assert one.covers(key, logged) is counts
    assert not one.covers(key, None)
    assert not one.covers(log_signer(2).key.text(), logged)
    assert not one.covers("", logged)


def test_entry__tightened__only_less_is_trusted() -> None:
    """Unknown is the strictest; another log is no less and no more."""
    other_log = replace(entry(size=1), log_key=log_signer(2).key.text())
    keys = tuple(log_signer(seed).key.text() for seed in (2, 3))
    both = replace(entry(size=6), earlier_log_keys=keys)
    assert entry(size=5).tightens(entry(size=6))
    assert entry(size=6).tightens(both), "fewer keys"
    assert replace(both, trusted_size=5).tightens(both)
    assert not both.tightens(entry(size=6)), "more keys"
    assert not replace(both, earlier_log_keys=keys[::-1]).tightens(both), "the same keys"
    assert entry().tightens(entry(size=6))
    for loose in (entry(size=6), entry(size=7), other_log):
        assert not loose.tightens(entry(size=6))
    assert not entry().tightens(entry())
    assert not entry(size=0).tightens(entry())
    with pytest.raises(KeyRequestError):
        extended(parse_list(stated(entry())), entry(), root_key_id="", issued_at=ISSUED_AT)


def test_verdict__list_given__says_how_the_key_stands() -> None:
    """A person is told that the key is clean as of which list, or that it was revoked later."""
    without = verdict_with(None)
    assert Layer.REVOCATION not in without.steps
    assert not any("revo" in line.en for line in without.lines)
    clean = verdict_with(listing(other_entry()))
    assert clean.steps[-2:] == (Layer.REVOCATION, Layer.PRACTICE)
    assert (
        f"nor an issuer's is on the revocation list (version 1, {ISSUED_AT})" in clean.lines[-1].en
    )
    later = verdict_with(listing(entry(size=6)))
    assert later.status is Status.ERASED
    assert "was revoked later (the key was stolen)" in later.lines[-1].en
    with pytest.raises(CertificateError, match="was revoked: the key was stolen"):
        verdict_with(listing(entry()))


def test_verify__list_of_the_root_beside_another_root__refused() -> None:
    """A list is checked by the root that the document is checked by."""
    files = signed_files(certificate_statement())
    with pytest.raises(CertificateError) as refused:
        verify(
            bundle_of(files),
            root_pem=PRACTICE_ROOT.pem,
            allow_practice=True,
            now=NOW,
            revoked=listing(other_entry()),
        )
    assert refused.value.layer is Layer.REVOCATION


def test_reasons__each__has_words() -> None:
    """No reason reaches a person without a sentence."""
    assert REASONS.keys() == set(Reason)


def test_list__signature_in_another_spelling__refused() -> None:
    """The same two numbers with a length in two bytes are refused, whatever a library thinks."""
    good = LIST.signature
    long_form = replace(LIST, signature=good[:1] + b"\x81" + good[1:])
    padded = bytes([2, good[3] + 1, 0]) + good[4:]
    for bad in (long_form, replace(LIST, signature=bytes([0x30, len(padded)]) + padded)):
        with pytest.raises(CertificateError, match="encoding"):
            read_list(bad, ROOT.pem)
