"""Every parser of outside bytes against a fuzzer that sees which branches it takes.

``python -m certs.tests.fuzz`` runs each target in a process of its own; ``--runs`` says for how
many inputs, ``--only NAME`` which one. A target may end well or with its declared error; anything
else, more than a second for one input, or more than 1 GiB of memory, is a finding, and the input is
left in ``.run/fuzz``. Needs the extra ``fuzz`` (`make fuzz`).
"""

import argparse
import base64
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "certificate"
RUNS: Final = 20_000
FOUND: Final = Path(".run/fuzz")
LONGEST_BYTES: Final = 64 << 10
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


def child(name: str, words: list[str]) -> None:
    """Let the fuzzer run in this process; it does not come back."""
    import atheris

    with atheris.instrument_imports():
        declared = target(name)
    atheris.Setup([name, *words], declared)
    atheris.Fuzz()


def fill(folder: Path, suffixes: tuple[str, ...]) -> None:
    """Write what a target begins with."""
    (folder / "nothing").write_bytes(b"")
    for path in sorted(VECTORS.glob("*.json")):
        files = json.loads(path.read_text("utf-8"))["files"]
        for name, data in files.items():
            if name.endswith(suffixes) and suffixes:
                (folder / f"{path.stem}-{name}").write_bytes(base64.b64decode(data))


def main() -> int:
    """Run the targets one after the other; return 1 if one found something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", choices=CORPUS)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.child[1:])
    FOUND.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for name in [given.only] if given.only else CORPUS:
        with TemporaryDirectory() as made:
            fill(Path(made), CORPUS[name])
            words = [sys.executable, "-m", "certs.tests.fuzz", "--child", name, made]
            words += [f"-runs={given.runs}", f"-max_len={LONGEST_BYTES}", "-timeout=1"]
            words += ["-rss_limit_mb=1024", "-verbosity=0", f"-artifact_prefix={FOUND}/{name}-"]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        wrong += done.returncode != 0
        last = done.stderr.strip().splitlines()[-12:] if done.returncode else []
        sys.stdout.write("\n".join([f"{name}: exit {done.returncode}", *last]) + "\n")
        sys.stdout.flush()
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
