"""The vectors of `vectors/qr`, and that they are what their generator makes."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from certs.canonical import decode
from certs.errors import QrError, QrLayer
from certs.formats.fields import parse_time
from certs.qr import check_qr, compare_qr, parse_qr
from certs.qr_report import SIGNED, _status, spelled
from certs.tests.make_qr_vectors import FOLDER, rendered
from certs.tests.make_vectors import differing

PATHS = sorted(FOLDER.glob("*.json"))


def _outcome(vector: dict[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    try:
        qr = parse_qr(vector["text"])
        chain = check_qr(
            qr,
            base64.b64decode(vector["chain"]),
            root_pem=base64.b64decode(vector["root"]) if vector["with_root"] else None,
            allow_practice=vector["allow_practice"],
            now=parse_time(vector["verified_at"]),
        )
        if vector["with_document"]:
            document = base64.b64decode(vector["document"])
            compare_qr(qr.claims, decode(document), document)
    except QrError as error:
        return "refuse", error.layer.value, "none", {}
    status = _status(qr.claims, chain)
    return "accept", "none", SIGNED if status is None else status.value, spelled(qr.claims)


def as_it_says(vector: dict[str, Any]) -> bool:
    """Tell whether a code ends as its vector says."""
    wanted = (vector["expect"], vector["layer"], vector["status"], vector["claims"])
    return _outcome(vector) == wanted


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_qr_vector__checked__as_it_says(path: Path) -> None:
    """Each code is accepted with its claims, or refused at exactly its layer."""
    vector = json.loads(path.read_text("utf-8"))
    wanted = (vector["expect"], vector["layer"], vector["status"], vector["claims"])
    assert _outcome(vector) == wanted


def test_qr_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    assert differing(FOLDER, rendered()) == []


def test_qr_vectors__all_layers__at_least_one_refusal() -> None:
    """No layer goes without a vector that it must refuse."""
    layers = {json.loads(path.read_text("utf-8"))["layer"] for path in PATHS}
    assert layers == {layer.value for layer in QrLayer} | {"none"}
