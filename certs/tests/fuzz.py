"""Every parser that a verifier has for outside bytes, for the fuzzer (``certs.tests.fuzzing``)."""

import base64
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from certs.tests.fuzzing import main

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "certificate"
CORPUS: Final = {
    "json": (".json",),
    "chain": (".pem",),
    "signature": (".sig",),
    "pdf": (".pdf",),
    "zip": (),
    "note": (".tlog-proof",),
    "proof": (".tlog-proof",),
    "entry": (".json",),
    "bundle-of-entries": (),
    "witness": (".tlog-proof",),
    "revocation": (),
    "timestamp": (".tsr",),
    "code": (),
    "session": (),
    "label": (),
}
"""Each target, and the files of the vectors that it begins with."""


def target(name: str) -> Callable[[bytes], None]:
    """Return what a fuzzer is to call: it raises what nobody declared, and nothing else."""
    # Here, so that the fuzzer can watch what is imported.
    from certs.canonical import decode
    from certs.chain import read_chain
    from certs.der import check_signature_encoding
    from certs.errors import CertsError
    from certs.formats import statement_v1
    from certs.layout import unzipped
    from certs.log.checkpoint import parse_checkpoint
    from certs.log.entry import parse_entry
    from certs.log.note import opened
    from certs.log.proof import parse_proof
    from certs.log.tiles import unpacked
    from certs.log.witness import answer
    from certs.pallet import named_in
    from certs.pallet_session import parse_session
    from certs.pdf.container import attached_bundle, signed_bytes
    from certs.pdf.stamps import pdf_stamps
    from certs.qr import MAX_BYTES, PREFIX, digits_of, parse_qr
    from certs.revocation import parse_list
    from certs.tests.log_samples import log_signer, witness_signer
    from certs.tests.samples import PRACTICE_SIGNER
    from certs.timestamp import open_response

    log, witness = log_signer().key, witness_signer()
    chain = read_chain(PRACTICE_SIGNER.certificate_chain_pem, None)

    def both(data: bytes) -> None:
        with contextlib.suppress(CertsError):
            attached_bundle(data)
        pdf_stamps(signed_bytes(data), chain, None)

    def noted(data: bytes) -> None:
        opened(data, [log])
        parse_checkpoint(data)

    targets: dict[str, Callable[[bytes], object]] = {
        "json": lambda data: statement_v1.check(decode(data)),
        "chain": lambda data: read_chain(data, None),
        "signature": check_signature_encoding,
        "pdf": both,
        "zip": unzipped,
        "note": noted,
        "proof": parse_proof,
        "entry": parse_entry,
        "bundle-of-entries": lambda data: unpacked(data, 2),
        "witness": lambda data: answer(data, [log], {}, witness, 0),
        "revocation": lambda data: parse_list(decode(data)),
        "timestamp": lambda data: open_response(data, b"", None),
        "session": parse_session,
        "label": lambda data: named_in(data.decode("utf-8", "replace")),
        "code": lambda data: parse_qr(PREFIX + digits_of(data[:MAX_BYTES])),
    }
    parse = targets[name]

    def declared(data: bytes) -> None:
        with contextlib.suppress(CertsError):
            parse(data)

    return declared


def begun_with(name: str) -> Iterator[bytes]:
    """Return what a target begins with."""
    for path in sorted(VECTORS.glob("*.json")) if CORPUS[name] else ():
        files = json.loads(path.read_text("utf-8"))["files"]
        yield from (base64.b64decode(d) for each, d in files.items() if each.endswith(CORPUS[name]))


if __name__ == "__main__":
    sys.exit(main("certs.tests.fuzz", tuple(CORPUS), target, begun_with))
