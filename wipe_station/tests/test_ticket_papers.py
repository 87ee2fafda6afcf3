"""The papers of a ticket, stamped by the time service that is set, as certificates are."""

from pathlib import Path

import pytest

from certs.bundle import read_bundle
from certs.pdf.cms import _parts
from certs.pdf.container import signed_bytes
from certs.tests.test_pdf_tools import pytestmark as needs_tools
from certs.tests.time_authority import TimeAuthority, listening, new_authority
from wipe_station.clock import SystemClock
from wipe_station.ticket_desk import ticket_desk
from wipe_station.ticket_values import AcceptRequest, CorrectRequest, ReturnRequest

pytestmark = needs_tools
PHONE = AcceptRequest(staff="7", description="A phone, blue", consents=("erase",))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    """Return a time service of openssl's."""
    return new_authority(tmp_path_factory.mktemp("service"))


def _stamped(state: Path, document: str) -> bool:
    pdf = read_bundle(state / "bundles" / document).pdf
    assert pdf is not None
    return _parts(signed_bytes(pdf).cms)[1] is not None


def test_papers__time_service_set__receipt_notice_and_correction_are_stamped(
    tmp_path: Path, service: TimeAuthority
) -> None:
    """Whoever reads one in years sees by when it was signed, by whom the settings name."""
    (tmp_path / "tsa-root.pem").write_bytes(service.root_pem)
    with listening(service) as url:
        said = f'version = 1\n[time]\nurl = "{url}"\nroot = "tsa-root.pem"\n'
        (tmp_path / "settings.toml").write_text(said, "utf-8")
        with ticket_desk(tmp_path, SystemClock()) as desk:
            taken = desk.accept(PHONE)
            back = desk.happen(taken.ticket.number, ReturnRequest(staff="7"))
            asked = CorrectRequest(document=back.document or "", staff="7", reason="Not yet.")
            wrong = desk.correct(asked)
    documents = [taken.document, back.document, wrong.document]
    assert [_stamped(tmp_path, each or "") for each in documents] == [True] * 3


def test_papers__none_set__not_stamped(tmp_path: Path) -> None:
    """Without a service a receipt is made all the same."""
    with ticket_desk(tmp_path, SystemClock()) as desk:
        taken = desk.accept(PHONE)
    assert taken.no_pdf is None
    assert not _stamped(tmp_path, taken.document or "")
