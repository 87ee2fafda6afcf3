"""Asking a time service, and adding what it says to a finished bundle."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from certs import stamping
from certs.bundle import read_bundle
from certs.errors import CertificateError, Layer, TimeServiceError
from certs.layout import Bundle, bundle_of, zipped
from certs.log.proof import checkpoint_in
from certs.stamping import Service, stamp_bundle, unstamped
from certs.tests.pdf_samples import with_pdf
from certs.tests.samples import JOB_ID, NOW, PRODUCTION_SIGNER, ROOT, names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.tests.test_timestamp import needs_openssl
from certs.tests.time_authority import TimeAuthority, listening, new_authority
from certs.tests.time_samples import SERVICE_ROOT, Making
from certs.tests.time_vectors import logged_files
from certs.time_service import read_roots
from certs.timestamp import MOST_BYTES
from certs.timestamp_client import ask
from certs.verify import verify

DATA: Final = b"some bytes\n"
ROOTS: Final = read_roots(SERVICE_ROOT.pem)
SOON_S: Final = 0.3
LATEST_S: Final = 20.0
Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    """A time service of openssl's."""
    return new_authority(tmp_path_factory.mktemp("service"))


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Listen on a free port and answer as told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def answer_of(status: int, body: bytes, **headers: str) -> Answer:
    """Return what sends one answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(OSError):  # who asked may not read it to its end
            handler.wfile.write(body)

    return answer


@needs_openssl
def test_ask__service_of_openssl__answer_about_this_request(service: TimeAuthority) -> None:
    """Only a digest is sent, each time with another number, and the answer is what fits it."""
    with listening(service) as url:
        first, second = (ask(url, DATA, read_roots(service.root_pem)) for _ in range(2))
    assert first != second
    assert DATA not in b"".join(service.asked)
    assert len({*service.asked}) == 2


@needs_openssl
def test_ask__service_that_is_not_trusted__refused(service: TimeAuthority) -> None:
    """An answer is kept only where the root that was set vouches for it."""
    with listening(service) as url, pytest.raises(TimeServiceError, match="that you trust"):
        ask(url, DATA, ROOTS)


def test_ask__answer_from_before__refused() -> None:
    """A genuine stamp that answers another request is not taken."""
    answer = answer_of(200, Making().response(DATA))
    with answering(answer) as url, pytest.raises(TimeServiceError, match="another request"):
        ask(url, DATA, ROOTS)


def test_ask__redirection__not_followed() -> None:
    """What is asked for goes to the address that was set, and nowhere else."""
    asked: list[str] = []
    with answering(lambda handler: asked.append(handler.path)) as elsewhere:
        answer = answer_of(302, b"", Location=elsewhere)
        with answering(answer) as url, pytest.raises(TimeServiceError, match="HTTP 302"):
            ask(url, DATA, ROOTS)
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answer_of(500, b""), "HTTP 500"),
        (answer_of(204, b""), "no answer"),
        (answer_of(200, bytes(MOST_BYTES + 1)), "too large"),
        (answer_of(200, b"<html>"), "no good"),
        (lambda handler: handler.wfile.write(b"nonsense\r\n"), "cannot be reached"),
    ],
    ids=["error", "empty", "large", "page", "nonsense"],
)
def test_ask__other_answers__refused(answer: Answer, why: str) -> None:
    """What is no stamp is told in words."""
    with answering(answer) as url, pytest.raises(TimeServiceError, match=why):
        ask(url, DATA, ROOTS)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "http://[", "http://127.0.0.1:1"])
def test_ask__no_such_address__refused(url: str) -> None:
    """Only http and https are asked, and somebody must be there."""
    with pytest.raises(TimeServiceError):
        ask(url, DATA, ROOTS)


def test_ask__service_that_trickles__given_up_in_time() -> None:
    """A service that sends a byte now and then holds nobody up for longer than agreed."""
    enough = Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            while not enough.wait(SOON_S / 10):
                handler.wfile.write(b"H")

    began_s = time.monotonic()
    with answering(trickle) as url:
        with pytest.raises(TimeServiceError, match="does not answer"):
            ask(url, DATA, ROOTS, patience_s=SOON_S)
        enough.set()
    assert time.monotonic() - began_s < LATEST_S


def lay(parent: Path, files: dict[str, bytes], name: str = JOB_ID) -> Path:
    """Put a bundle on disk."""
    folder = parent / name
    folder.mkdir()
    for each, data in files.items():
        (folder / each).write_bytes(data)
    return folder


SERVICE: Final = Service(url="http://time.example", roots_pem=SERVICE_ROOT.pem)


@pytest.fixture
def stamps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sample service answer at once, without a network."""
    monkeypatch.setattr(stamping, "ask", lambda _url, data, _roots: Making().response(data))


def accepted(bundle: Bundle) -> bool:
    """Tell whether a stranger takes the time stamp of a bundle."""
    verdict = verify(
        bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW, tsa_roots_pem=SERVICE_ROOT.pem
    )
    return Layer.TIME in verdict.steps


@pytest.mark.usefixtures("stamps")
def test_stamp_bundle__finished_bundle__one_more_file_and_nothing_else(tmp_path: Path) -> None:
    """The stamp comes beside the other files, PDF included, which stay as they are."""
    files = with_pdf(logged_files(), PRODUCTION_SIGNER)
    folder = lay(tmp_path, files)
    assert unstamped(tmp_path) == [folder]
    stamp_bundle(folder, SERVICE, NOW)
    assert unstamped(tmp_path) == []
    assert names_in(folder) == sorted([*files, "certificate.tsr"])
    assert all((folder / name).read_bytes() == data for name, data in files.items())
    bundle = read_bundle(folder)
    assert accepted(bundle)
    assert b"certificate.tsr" in zipped("x", bundle.files())
    assert names_in(tmp_path) == [JOB_ID]


@pytest.mark.usefixtures("stamps")
@pytest.mark.parametrize("fault", FAULTS)
def test_stamp_bundle__fault_at_any_call__a_bundle_with_or_without(
    tmp_path: Path, fault: Fault
) -> None:
    """Whatever happens, the folder is a bundle, and a repetition brings its stamp."""
    step, hit = 0, True
    while hit:
        parent = tmp_path / f"run-{step}"
        parent.mkdir()
        folder = lay(parent, logged_files())
        with fault.injected(step) as injection:
            try:
                stamp_bundle(folder, SERVICE, NOW)
            except (OSError, CertificateError, PowerCutError):
                assert injection.hit
        bundle = read_bundle(folder)
        assert bundle.timestamp is None or accepted(bundle)
        stamp_bundle(folder, SERVICE, NOW)
        assert accepted(read_bundle(folder))
        assert names_in(parent) == [JOB_ID]
        step, hit = step + 1, injection.hit
    assert step > 5


@pytest.mark.usefixtures("stamps")
def test_stamp_bundle__clock_off__refused_and_nothing_kept(tmp_path: Path) -> None:
    """A stamp that contradicts the document would spoil the bundle for every stranger."""
    folder = lay(tmp_path, logged_files())
    with pytest.raises(CertificateError) as refused:
        stamp_bundle(folder, SERVICE, datetime(2026, 11, 20, tzinfo=UTC))
    assert refused.value.layer in (Layer.TIME, Layer.BINDING)
    assert unstamped(tmp_path) == [folder]


@pytest.mark.usefixtures("stamps")
def test_stamp_bundle__no_proof__refused(tmp_path: Path) -> None:
    """Without a checkpoint there is nothing to stamp."""
    files = {name: data for name, data in logged_files().items() if "proof" not in name}
    folder = lay(tmp_path, files)
    with pytest.raises(CertificateError) as refused:
        stamp_bundle(folder, SERVICE, NOW)
    assert refused.value.layer is Layer.TIME


def test_unstamped__other_things_in_the_folder__passed_over(tmp_path: Path) -> None:
    """What is not finished, has its stamp, or stands in no log does not wait."""
    files = logged_files()
    lay(tmp_path, files, ".half.partial")
    lay(tmp_path, files | {"certificate.tsr": b"x"}, "stamped")
    lay(tmp_path, {"certificate.json": b"{}"}, "unlogged")
    (tmp_path / "file").write_bytes(b"")
    second, first = lay(tmp_path, files, "b"), lay(tmp_path, files, "a")
    assert unstamped(tmp_path) == [first, second]


@needs_openssl
def test_stamp_bundle__real_service_over_http__verified(
    tmp_path: Path, service: TimeAuthority
) -> None:
    """Asked over HTTP, kept on disk, taken by the verifier: the whole way."""
    folder = lay(tmp_path, logged_files())
    with listening(service) as url:
        stamp_bundle(folder, Service(url=url, roots_pem=service.root_pem), datetime.now(UTC))
    stamped = read_bundle(folder)
    assert stamped.timestamp is not None
    assert replace(stamped, timestamp=None) == bundle_of(logged_files())
    assert stamped.proof is not None
    assert checkpoint_in(stamped.proof).startswith(b"log.example/station-7\n")
