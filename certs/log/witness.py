"""A witness: somebody outside the shop who signs that a log only ever grew. Pure.

A witness keeps one checkpoint of each log that it knows. Asked to sign a newer one, it is shown
that the newer tree begins with the older one; else it does not sign. So a log that shows two
people two histories needs every witness to be its accomplice.

Source: c2sp.org/tlog-witness; c2sp.org/tlog-cosignature.
"""

import base64
import binascii
import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from certs.log.note import MOST_BYTES as MOST_NOTE_BYTES
from certs.log.note import NoteKey, NoteSigner, sign
from certs.log.tree import EMPTY_ROOT, HASH_BYTES, MOST_HASHES, is_consistent

PATH: Final = "/add-checkpoint"
MOST_REQUEST_BYTES: Final = MOST_NOTE_BYTES + 4096
"""A checkpoint, 63 hashes and the size before."""
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,15})")
_TEXT: Final = "text/plain; charset=utf-8"
_SIZE: Final = "text/x.tlog.size"


class Status(Enum):
    """What a witness answers, as HTTP has it."""

    SIGNED = 200
    MALFORMED = 400
    FORBIDDEN = 403
    """The log's own signature is missing or wrong."""
    UNKNOWN_LOG = 404
    CONFLICT = 409
    """The size before is not the one that the witness knows, and it says which one that is; or
    the same size has another root: two histories, signed by the log itself."""
    INCONSISTENT = 422
    """The newer tree does not begin with the older one, or was not shown to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a witness says, and what it keeps before it says so."""

    status: Status
    body: str = ""
    content_type: str = _TEXT
    keep: bytes | None = None
    """The checkpoint that is the log's newest from now on; durable before the answer leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A log's wish to have a checkpoint signed."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def text(self) -> bytes:
        """Return the body of ``POST /add-checkpoint``."""
        lines = [f"old {self.old_size}"]
        lines += [base64.b64encode(each).decode() for each in self.proof]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint


def parse_request(body: bytes) -> Request | None:
    """Read a wish that anybody may have sent; None if it is none."""
    head, gap, checkpoint = body.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    old = _OLD.fullmatch(lines[0])
    if len(body) > MOST_REQUEST_BYTES or not gap or old is None or len(lines) > 1 + MOST_HASHES:
        return None
    try:
        proof = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
    except binascii.Error:
        return None
    if any(len(each) != HASH_BYTES for each in proof):
        return None
    return Request(old_size=int(old[1]), proof=proof, checkpoint=checkpoint)


def answer(
    body: bytes,
    logs: Sequence[NoteKey],
    known: Mapping[str, Checkpoint],
    signer: NoteSigner,
    now_s: int,
) -> Answer:
    """Decide about a wish.

    Args:
        body: as it came.
        logs: whose keys the witness was given; several of one log while it changes its key.
        known: the newest checkpoint of each log by its name; none of a log is an empty one.
        signer: the witness's own key.
        now_s: POSIX seconds.
    """
    request = parse_request(body)
    new = _opened(request.checkpoint, logs) if request is not None else Status.MALFORMED
    if isinstance(new, Status):
        return Answer(status=new)
    assert request is not None, "what is malformed was answered"
    old = known.get(new.origin, Checkpoint(origin=new.origin, size=0, root=EMPTY_ROOT))
    if request.old_size > new.size:
        return Answer(status=Status.MALFORMED)
    if request.old_size != old.size:
        return Answer(status=Status.CONFLICT, body=f"{old.size}\n", content_type=_SIZE)
    if old.size == new.size and old.root != new.root:
        return Answer(status=Status.CONFLICT)
    if not is_consistent(old.size, old.root, new.size, new.root, request.proof):
        return Answer(status=Status.INCONSISTENT)
    return Answer(
        status=Status.SIGNED, body=sign(new.text(), signer, now_s), keep=request.checkpoint
    )


def _opened(data: bytes, logs: Sequence[NoteKey]) -> Checkpoint | Status:
    try:
        origin = parse_checkpoint(data).origin
    except MalformedLogError:
        return Status.MALFORMED
    keys = [log for log in logs if log.name == origin]
    for key in keys:  # more than one while a log changes its key
        with contextlib.suppress(MalformedLogError):
            return open_checkpoint(data, key)[0]
    return Status.FORBIDDEN if keys else Status.UNKNOWN_LOG
