"""Drawn documents, forged in every file, in the page and in `certs.verify`: both say the same."""

import copy
import os
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Page

from certs.canonical import MAX_INTEGER, encode
from certs.errors import CertificateError, Layer, UnencodableValueError
from certs.layout import bundle_of
from certs.report import both
from certs.tests.browser import CHROMIUM, browser
from certs.tests.certificate_vectors import ECDSA_SHA256, element, pem_of
from certs.tests.log_samples import about, logged_statement, proof_of
from certs.tests.page_samples import GIVE, case_of_practice
from certs.tests.samples import (
    NOW,
    PRACTICE_LEAF,
    PRACTICE_ROOT,
    Statement,
    certificate_statement,
    files_of,
    graded_statement,
    notice_statement,
    probed_statement,
    sampled_statement,
    signed_files,
)
from certs.tests.test_page_verifier import IN_WORDS_OF_ITS_OWN, PAGE
from certs.verify import verify

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
_DRAWN: Final = 20261125 if "CI" in os.environ else random.randrange(1 << 32)
SEED: Final = int(os.environ.get("SEED", _DRAWN))
SUBJECT_KEY: Final = bytes.fromhex("0603551d0e")
AUTHORITY_KEY: Final = bytes.fromhex("0603551d23")
DRAWS: Final = 150
SAY: Final = f"""async (cases) => {{
  const give = {GIVE};
  const found = [];
  for (const asked of cases) {{
    const {{ layer, status, message }} = await window.verifyBundle(...(await give(asked)));
    found.push({{ layer, status, message: message ?? null }});
  }}
  return found;
}}"""
VALUES: Final[tuple[object, ...]] = (
    0, 1, -1, 512, 1 << 20, MAX_INTEGER, True, False, "", "none", "unknown", "sampled", "full",
    "verified", "fixed", "stream", "x" * 1001, "𝄞" * 1000, "\u202egpj", "a\nb", "00", "__proto__",
    "2026-02-29T00:00:00Z", "2024-02-29T23:59:59Z", "0000-01-01T00:00:00Z", "2026-01-01T24:00:00Z",
    [], {}, ["x"], {"constructor": 1},
)  # fmt: skip

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open the page from disk."""
    with browser() as started:
        opened = started.new_page()
        opened.goto(PAGE.as_uri())
        yield opened


def _places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items: Iterable[tuple[Any, object]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _edited(statement: Statement, draw: random.Random) -> None:
    """Change, remove, add or copy one thing anywhere."""
    *above, last = draw.choice([*_places(statement)])
    inner: Any = statement
    for key in above:
        inner = inner[key]
    how = draw.randrange(5)
    if how == 0:
        del inner[last]
    elif how == 1 and isinstance(inner, dict):
        inner[draw.choice(("x", "toString", "__proto__", str(last) + "x"))] = draw.choice(VALUES)
    elif how == 2 and isinstance(inner, list):
        inner.insert(last, copy.deepcopy(inner[last]))
    elif how == 3 and isinstance(inner[last], int):
        inner[last] += draw.choice((-1, 1, 512, -512))
    else:
        inner[last] = copy.deepcopy(draw.choice(VALUES))


def _statement(draw: random.Random) -> Files:
    makers: tuple[Callable[[], Statement], ...] = (
        certificate_statement,
        notice_statement,
        probed_statement,
        sampled_statement,
        graded_statement,
        lambda: logged_statement(certificate_statement()),
        lambda: notice_statement(kind="interrupted", outcome="indeterminate"),
    )
    statement = copy.deepcopy(draw.choice(makers)())
    for _ in range(draw.choice((1, 1, 1, 2))):
        _edited(statement, draw)
    try:
        return files_of(encode(statement))
    except UnencodableValueError:
        return _statement(draw)


def _bytes_of_any_file(draw: random.Random) -> Files:
    statement = logged_statement(certificate_statement())
    files = signed_files(statement)
    files["certificate.tlog-proof"] = proof_of(about(statement)).text()
    name = draw.choice([*files])
    files[name] = _damaged(files[name], draw)
    if name == "certificate.json":
        return files_of(files[name])
    return files


def _certificate(draw: random.Random) -> Files:
    files = signed_files(certificate_statement())
    der = PRACTICE_LEAF.certificate.public_bytes(Encoding.DER)
    return files | {"station.pem": pem_of(_damaged(der, draw))}


def _reissued(draw: random.Random) -> Files:
    """Let the root sign a certificate in which one byte is another."""
    body = bytearray(PRACTICE_LEAF.certificate.tbs_certificate_bytes)
    # Under the name of another extension, which the page does not read, it would be skipped.
    skipped = [body.index(oid) + len(oid) - 1 for oid in (SUBJECT_KEY, AUTHORITY_KEY)]
    at = draw.choice([at for at in range(len(body)) if at not in skipped])
    body[at] ^= 1 << draw.randrange(8)
    signature = PRACTICE_ROOT.key.sign(bytes(body), ec.ECDSA(hashes.SHA256()))
    der = element(0x30, bytes(body) + ECDSA_SHA256 + element(0x03, b"\0" + signature))
    return signed_files(certificate_statement()) | {"station.pem": pem_of(der)}


def _damaged(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    end = min(len(data), at + draw.choice((0, 1, 1, 2, 40)))
    return (
        data[:at] + draw.choice((b"", b"\0", b"\xff", b"\n", b"A", data[at:end] * 2)) + data[end:]
    )


def _said(files: Files) -> dict[str, Any]:
    try:
        verdict = verify(bundle_of(files), root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    except CertificateError as error:
        message = both(error.message)
        return {"layer": error.layer.value, "status": "none", "message": message}
    return {"layer": "none", "status": verdict.status.value, "message": None}


def _comparable(said: dict[str, Any]) -> dict[str, Any]:
    """Leave out the words where page and program have their own."""
    own = {*IN_WORDS_OF_ITS_OWN, Layer.CHAIN.value, Layer.LOG.value}
    return said | {"message": None} if said["layer"] in own else said


@pytest.mark.parametrize("make", [_statement, _bytes_of_any_file, _certificate])
def test_documents__drawn__page_and_program_say_the_same(
    page: Page, make: Callable[[random.Random], Files]
) -> None:
    """Whatever is changed in a sound document, both refuse it at the same layer, or neither."""
    drawn, found = _asked(page, make)
    for files, said in zip(drawn, found, strict=True):
        assert _comparable(said) == _comparable(_said(files)), files
    assert len({said["layer"] for said in found}) > 1


def test_certificates__issued_with_a_fault__page_accepts_none_that_the_program_refuses(
    page: Page,
) -> None:
    """The page reads certificates by hand: never more of them than the library does."""
    for files, said in zip(*_asked(page, _reissued), strict=True):
        assert said["layer"] != "none" or _said(files)["layer"] == "none", files


def _asked(
    page: Page, make: Callable[[random.Random], Files]
) -> tuple[list[Files], list[dict[str, Any]]]:
    print(f"SEED={SEED}")  # noqa: T201  shown when the test fails
    draw = random.Random(SEED)
    drawn = [make(draw) for _ in range(DRAWS)]
    return drawn, page.evaluate(SAY, [case_of_practice(files) for files in drawn])
