"""Documents that are about another one, given together with it."""

import base64
import json
from typing import Any

import pytest

from certs.errors import CertificateError
from certs.formats.fields import parse_time
from certs.layout import Bundle, bundle_of
from certs.tests import together_vectors
from certs.tests.make_vectors import differing
from certs.tests.together_vectors import FOLDER
from certs.together import Trust, verify_together
from certs.verdict import Status, Verdict

PATHS = sorted(FOLDER.glob("*.json"))


def _bundle(files: dict[str, str]) -> Bundle:
    return bundle_of({name: base64.b64decode(data) for name, data in files.items()})


def together(vector: dict[str, Any]) -> Verdict:
    """Verify what a vector gives.

    Raises:
        CertificateError: one of them is refused.
    """
    trust = Trust(
        root_pem=base64.b64decode(vector["root"]) or None,
        allow_practice=vector["allow_practice"],
        now=parse_time(vector["verified_at"]),
        assessor_root_pem=base64.b64decode(vector["assessor_root"]) or None,
    )
    return verify_together(_bundle(vector["files"]), [*map(_bundle, vector["with"])], trust)


def as_it_says(vector: dict[str, Any]) -> bool:
    """Tell whether documents end as their vector says."""
    try:
        found = ("accept", "none", together(vector).status.value)
    except CertificateError as error:
        found = ("refuse", error.layer.value, "none")
    return found == (vector["expect"], vector["layer"], vector["status"])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_vector__verified_together__as_it_says(path: Any) -> None:
    """Each ends with its status, or is refused at exactly its layer."""
    assert as_it_says(json.loads(path.read_text("utf-8")))


def test_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    assert differing(FOLDER, together_vectors.rendered()) == []


def _said(name: str) -> Verdict:
    return together(together_vectors.VECTORS[name].as_json())


def test_verdict__corrected__says_so_before_anything_else() -> None:
    """After what to compare comes that the document is no longer to be gone by, and why."""
    verdict = _said("accept_corrected")
    assert verdict.lines[0].en.startswith("Compare with the device in your hand")
    assert verdict.lines[1].en == "This document was corrected; go by it no longer."
    told = [line.en for line in verdict.lines]
    assert "Corrected: policy.title: GB 46864-2025 → none" in told
    assert not any("Erased" in line for line in told)
    assert [other.status for other in verdict.others] == [Status.GENUINE]


def test_verdict__countersigned__adds_what_the_assessor_says() -> None:
    """A countersignature adds lines and leaves the verdict as it is."""
    told = [line.en for line in _said("accept_countersigned").lines]
    assert told[1] == "Erased; every byte checked."
    assert {"The assessor: agrees", "Assessed by: Example Assessors"} <= set(told)


def test_refusal__second_of_two__says_which() -> None:
    """Whoever gives several learns which one is not about the document."""
    with pytest.raises(CertificateError) as refused:
        _said("refuse_second_of_two")
    assert refused.value.message.en.startswith("Document 2 of those given with it: ")
