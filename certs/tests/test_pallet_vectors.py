"""The vectors of `vectors/pallet`, and that they are what their generator makes."""

import json
from typing import Any, Final

import pytest

from certs.pallet import Answer, Listed, Pallet, State, found, is_whole
from certs.pallet_session import replayed
from certs.tests.make_pallet_vectors import FOLDER, rendered
from certs.tests.make_vectors import differing
from certs.tests.pallet_samples import MANIFEST

VECTORS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}


@pytest.mark.parametrize("name", VECTORS)
def test_pallet_vector__scanned__as_it_says(name: str) -> None:
    """Each label is answered, and the lists are filled, as the vector says."""
    vector = VECTORS[name]
    devices = [Listed(ticket=None, **each) for each in vector["listed"]]
    scanned = Pallet(number="P-7", manifest=MANIFEST, listed={each.code: each for each in devices})
    state = replayed(State(pallet=scanned), vector["events"])
    assert [each.answer.value for each in state.scans] == vector["answers"]
    assert found(state).statement() == vector["found"]
    assert is_whole(found(state)) is vector["whole"]


def test_pallet_vectors__generated_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    assert differing(FOLDER, rendered()) == []


def test_pallet_vectors__answers__each_of_them() -> None:
    """No answer goes without a vector that gives it."""
    given = {answer for vector in VECTORS.values() for answer in vector["answers"]}
    assert given == {each.value for each in Answer}
    assert {vector["whole"] for vector in VECTORS.values()} == {True, False}
