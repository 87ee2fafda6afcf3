"""A witness that others reach over HTTP: its folder, and one request after the other. I/O.

    <folder>/witness-key.pem     its key, 0600
    <folder>/<SHA-256 of a log's name>.checkpoint
                                 the newest checkpoint of that log that it signed

The checkpoint is durable before the signature leaves: after a crash the witness may know more than
the log got an answer for, and says so when it is asked again. A witness whose folder was lost must
not begin anew under its old key.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

from certs.durable import NewFile, write_file
from certs.keys import load_note_key, new_note_key
from certs.log.checkpoint import Checkpoint, parse_checkpoint
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.note import Algorithm, NoteKey, NoteSigner
from certs.log.witness import MOST_REQUEST_BYTES, PATH, Answer, Status, answer
from certs.reading import read_regular_file

KEY_NAME: Final = "witness-key.pem"
PATIENCE_S: Final = 10.0
"""For one request: they are served one after the other."""


def new_witness(folder: Path, name: str) -> NoteKey:
    """Make a witness's folder and key; return the public key to be handed around.

    Args:
        folder: absent or empty; its parent exists.
        name: without spaces, such as a host and a path.

    Raises:
        KeyStoreError: there is something already.
        MalformedLogError: no such name can be.
        OSError: nothing half-made is visible.
    """
    return new_note_key(folder, KEY_NAME, name, Algorithm.COSIGNATURE).key


class Witness:
    """A witness and what it knows; one process at a time."""

    def __init__(self, folder: Path, name: str, logs: Sequence[NoteKey]) -> None:
        """Open a witness's folder.

        Args:
            folder: as ``new_witness`` made it.
            name: of its key.
            logs: the keys of the logs that it watches.

        Raises:
            KeyStoreError: its key cannot be trusted.
            MalformedLogError: a checkpoint that it kept is damaged; it must not go on.
        """
        self._folder = folder
        self._logs = tuple(logs)
        self.signer: NoteSigner = load_note_key(folder / KEY_NAME, name, Algorithm.COSIGNATURE)
        self._known: dict[str, Checkpoint] = {}
        for log in self._logs:
            path = self._path(log.name)
            if path.exists():
                data, _ = read_regular_file(path, MOST_NOTE_BYTES)
                self._known[log.name] = parse_checkpoint(data)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"

    def answer(self, body: bytes, now_s: int) -> Answer:
        """Decide about a request, and keep what was signed before anybody sees it.

        Raises:
            OSError: it could not be kept; nothing may be said.
        """
        known: Mapping[str, Checkpoint] = self._known
        said = answer(body, self._logs, known, self.signer, now_s)
        if said.keep is not None:
            new = parse_checkpoint(said.keep)
            write_file(self._path(new.origin), NewFile(data=said.keep))
            self._known[new.origin] = new
        return said


def server(witness: Witness, host: str, port: int) -> HTTPServer:
    """Return a server that answers for a witness; it listens already.

    Args:
        witness: whose word is asked for.
        host: to listen on.
        port: 0 takes a free one.

    Raises:
        OSError: the address cannot be had.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                self._say(Answer(status=Status.UNKNOWN_LOG))
            elif not length.isascii() or not length.isdigit() or int(length) > MOST_REQUEST_BYTES:
                self._say(Answer(status=Status.MALFORMED))
            else:
                self._say(witness.answer(self.rfile.read(int(length)), int(time.time())))

        def _say(self, said: Answer) -> None:
            body = said.body.encode()
            self.send_response(said.status.value)
            self.send_header("Content-Type", said.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return HTTPServer((host, port), Handler)
