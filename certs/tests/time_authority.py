"""A real time service for tests: `openssl ts -reply`, in a folder and behind a small server."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
_SETTINGS: Final = """\
[tsa]
default_tsa = service
[service]
serial = serial
signer_cert = service.pem
signer_key = service-key.pem
certs = chain.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.2
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamping]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
RSA: Final = ("-newkey", "rsa:2048")
P256: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(folder: Path, *words: str) -> bytes:
    """Run it in a folder, and return what it prints."""
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAuthority:
    """A service with a root of its own, valid now.

    Attributes:
        folder: with its keys.
        asked: what was sent to it over HTTP.
    """

    folder: Path
    asked: list[bytes] = field(default_factory=list)

    @property
    def root_pem(self) -> bytes:
        """What a verifier must trust."""
        return (self.folder / "root.pem").read_bytes()

    def reply(self, request: bytes) -> bytes:
        """Answer a request (TimeStampReq)."""
        (self.folder / "request.tsq").write_bytes(request)
        words = ("-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr")
        openssl(self.folder, "ts", "-reply", *words)
        return (self.folder / "reply.tsr").read_bytes()

    def stamped(self, data: bytes) -> bytes:
        """Return a response about some bytes, as a request by `openssl` gets it."""
        (self.folder / "data").write_bytes(data)
        words = ("-data", "data", "-sha256", "-cert", "-out", "query.tsq")
        openssl(self.folder, "ts", "-query", *words)
        return self.reply((self.folder / "query.tsq").read_bytes())


def new_authority(folder: Path, key: tuple[str, ...] = P256) -> TimeAuthority:
    """Make a root and a service below it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tsa.cnf").write_text(_SETTINGS)
    (folder / "serial").write_text("01\n")
    root = ("-x509", "-config", "tsa.cnf", "-extensions", "root", "-subj", "/CN=Time root")
    openssl(folder, "req", *root, *key, "-nodes", "-keyout", "root-key.pem", "-out", "root.pem")
    asked = ("-new", "-config", "tsa.cnf", "-subj", "/CN=Time service of a test", "-nodes")
    openssl(folder, "req", *asked, *key, "-keyout", "service-key.pem", "-out", "service.csr")
    signing = ("-req", "-in", "service.csr", "-CA", "root.pem", "-CAkey", "root-key.pem")
    purpose = ("-extfile", "tsa.cnf", "-extensions", "stamping", "-set_serial", "7")
    openssl(folder, "x509", *signing, *purpose, "-days", "30", "-out", "service.pem")
    (folder / "chain.pem").write_bytes((folder / "root.pem").read_bytes())
    return TimeAuthority(folder=folder)


@contextlib.contextmanager
def listening(service: TimeAuthority) -> Iterator[str]:
    """Answer over HTTP on a free port, and return the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append(request)
            right = self.headers["Content-Type"] == QUERY_TYPE
            body = service.reply(request) if right else b""
            self.send_response(200 if right else 415)
            self.send_header("Content-Type", REPLY_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
        finally:
            server.shutdown()
            thread.join()
