"""The vectors of `vectors/certificate`, and that they are what their generator makes."""

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from certs.errors import CertificateError
from certs.formats.fields import parse_time
from certs.layout import bundle_of
from certs.log.note import parse_key
from certs.revocation import SignedList
from certs.tests.make_vectors import FOLDER, differences
from certs.verify import verify
from certs.witnessed import Witnesses

PATHS = sorted(FOLDER.glob("*.json"))


def _outcome(vector: dict[str, Any]) -> tuple[str, str, str]:
    try:
        verdict = verify(
            bundle_of({name: base64.b64decode(data) for name, data in vector["files"].items()}),
            root_pem=base64.b64decode(vector["root"]) if vector["with_root"] else None,
            allow_practice=vector["allow_practice"],
            now=parse_time(vector["verified_at"]),
            revoked=list_of(vector),
            tsa_roots_pem=tsa_root_of(vector),
            witnesses=witnesses_of(vector),
        )
    except CertificateError as error:
        return "refuse", error.layer.value, "none"
    return "accept", "none", verdict.status.value


def list_of(vector: dict[str, Any]) -> SignedList | None:
    """Return the verifier's list of revoked keys, if it has one."""
    if "revoked" not in vector:
        return None
    return SignedList(
        document=base64.b64decode(vector["revoked"]),
        signature=base64.b64decode(vector["revoked_signature"]),
        version_at_least=vector["revoked_version_at_least"],
    )


def tsa_root_of(vector: dict[str, Any]) -> bytes | None:
    """Return the time service that the verifier trusts, if it does."""
    return base64.b64decode(vector["tsa_root"]) if "tsa_root" in vector else None


def witnesses_of(vector: dict[str, Any]) -> Witnesses | None:
    """Return of whom the verifier wants one to have seen the log, if it does."""
    if "witnesses" not in vector:
        return None
    later = base64.b64decode(vector["later_proof"]) or None
    return Witnesses(keys=tuple(map(parse_key, vector["witnesses"])), later=later)


def as_it_says(vector: dict[str, Any]) -> bool:
    """Tell whether a document ends as its vector says."""
    return _outcome(vector) == (vector["expect"], vector["layer"], vector["status"])


def failing(paths: Sequence[Path], right: Callable[[dict[str, Any]], bool]) -> str | None:
    """Return the name of the first vector that does not end as it says; None if all do."""
    for path in paths:
        try:
            if not right(json.loads(path.read_text("utf-8"))):
                return path.stem
        except Exception:  # noqa: BLE001 - whatever it is, it is no verdict
            return path.stem
    return None


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_vector__verified__as_it_says(path: Path) -> None:
    """Each vector is accepted with its status, or refused at exactly its layer."""
    vector = json.loads(path.read_text("utf-8"))
    assert _outcome(vector) == (vector["expect"], vector["layer"], vector["status"])


def test_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    assert differences(FOLDER) == []


def test_vectors__all_layers__at_least_one_refusal() -> None:
    """No layer goes without a vector that it must refuse."""
    from certs.errors import Layer

    layers = {json.loads(path.read_text("utf-8"))["layer"] for path in PATHS}
    assert layers == {layer.value for layer in Layer} | {"none"}
