"""The phone's side of TLS without a socket: bytes in, bytes out. No I/O but a file for the keys."""

import ssl
import tempfile
from collections.abc import Callable
from typing import Any, Final

_CHUNK_BYTES: Final = 16 << 10


def phone_context(pair_record: dict[str, Any], private_key: bytes) -> ssl.SSLContext:
    """Return what a phone shows itself by: the certificate that the host made for its key.

    The host must show one of those that it named when it was paired.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # the certificates are signed as those of old tools
    with tempfile.NamedTemporaryFile() as file:
        file.write(_pem(pair_record["DeviceCertificate"]) + private_key)
        file.flush()
        context.load_cert_chain(file.name)
    # Their names are empty, so no chain can be built: each is trusted itself. Debian's programs
    # show the root's, other tools the host's.
    for name in ("RootCertificate", "HostCertificate"):
        context.load_verify_locations(cadata=_pem(pair_record[name]).decode("ascii"))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _pem(stored: bytes) -> bytes:
    return stored.rstrip(b"\0").rstrip() + b"\n"


class TlsServer:
    """A layer between an engine and what carries its bytes.

    Args:
        context: see ``phone_context``.
        send: carries bytes to the other side.
        deliver: takes what was inside.
        ready: called once, when both sides have come to terms.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        send: Callable[[bytes], None],
        deliver: Callable[[bytes], None],
        ready: Callable[[], None],
    ) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._send, self._deliver, self._ready = send, deliver, ready
        self._shaken = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the other side; raises ssl.SSLError where they are none of TLS."""
        self._in.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
                self._flush()
                self._ready()
            while inside := self._tls.read(_CHUNK_BYTES):
                self._deliver(inside)
        except ssl.SSLWantReadError:
            pass  # more will come
        finally:
            self._flush()

    def write(self, data: bytes) -> None:
        """Send bytes inside."""
        self._tls.write(data)
        self._flush()

    def _flush(self) -> None:
        if waiting := self._out.read():
            self._send(waiting)
