"""Asks a witness to sign a log's newest checkpoint, and keeps its word beside the log. I/O.

1. Read the checkpoint, and what the witness signed last (``witnessed/`` in the log's folder).
2. Show the witness that the log only grew since then, by hashes from the tiles.
3. Where the witness knows another size, it says so, and is shown the way from there, once.
4. Believe its signature only if it fits; keep it durably.
"""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from certs.durable import NewFile, write_file
from certs.errors import MalformedLogError, WitnessError, WitnessRefusedError
from certs.log.audit import CHECKPOINT
from certs.log.checkpoint import open_checkpoint, parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.note import MOST_BYTES, NoteKey
from certs.log.tiles import full_hashes
from certs.log.tree import consistency_proof
from certs.log.witness import PATH, Request, Status
from certs.text import Text

FOLDER: Final = "witnessed"
PATIENCE_S: Final = 30.0
_REFUSALS: Final = frozenset(each.value for each in Status if each is not Status.SIGNED)
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,15})\n")
_HINT: Final = Text(
    zh="日志不受影响。稍后再试；一直这样就问见证方。",
    en="The log is not affected. Try again later; if it stays so, ask the witness.",
)


def cosign(folder: Path, log: NoteKey, witness: NoteKey, url: str) -> bytes:
    """Have a witness sign the newest checkpoint of a log.

    Args:
        folder: of the log.
        log: its key.
        witness: whose signature is wanted.
        url: where it listens, without ``/add-checkpoint``.

    Returns:
        the checkpoint with both signatures, which lies in ``witnessed/`` now.

    Raises:
        WitnessRefusedError: it will not sign: it knows another or a longer log, or none of ours.
        WitnessError: it cannot be reached, or answers what does not fit.
        MalformedLogError: the log is damaged.
        OSError: the log cannot be read, or the answer not be kept.
    """
    read = partial(read_log_file, folder)
    checkpoint = read(CHECKPOINT)
    size = open_checkpoint(checkpoint, log)[0].size
    name = f"{FOLDER}/{hashlib.sha256(witness.name.encode()).hexdigest()}.checkpoint"
    # Its size is a hint: the witness knows better. A key of before may have signed it.
    before = parse_checkpoint(read(name)).size if (folder / name).exists() else 0
    full = full_hashes(size, read)

    def ask(old_size: int) -> tuple[int, bytes]:
        if old_size > size:
            _refused("它见过更长的日志", "it has seen a longer log; this one was cut or set back")
        grown = 0 < old_size < size
        proof = tuple(consistency_proof(full, old_size, size)) if grown else ()
        wish = Request(old_size=old_size, proof=proof, checkpoint=checkpoint)
        return _post(f"{url.rstrip('/')}{PATH}", wish.text())

    status, body = ask(before)
    if status == Status.CONFLICT.value and _SIZE.fullmatch(body):
        status, body = ask(int(body))
    if status in _REFUSALS:
        _refused(f"它不签（{status}）", f"it does not sign ({status})")
    if status != Status.SIGNED.value:
        _fail(f"它答不上来（{status}）", f"it has no answer ({status})")
    return _kept(folder / name, checkpoint + body, log, witness)


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    if not url.startswith(("http://", "https://")):
        _fail("地址不是 http 或 https", "its address is not http or https")
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - checked
            return int(answer.status), answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code), error.read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        _fail(f"连不上：{error}", f"it cannot be reached: {error}", error)


def _kept(path: Path, whole: bytes, log: NoteKey, witness: NoteKey) -> bytes:
    try:
        _, signed = open_checkpoint(whole, log, [witness])
    except MalformedLogError as error:
        _fail("它的签名不对", "its signature does not fit", error)
    if not signed:
        _fail("签名不是它的", "what it sent is not its signature")
    path.parent.mkdir(mode=0o755, exist_ok=True)
    write_file(path, NewFile(data=whole))
    return whole


def _refused(zh: str, en: str) -> NoReturn:
    raise WitnessRefusedError(
        Text(zh=f"见证方：{zh}。", en=f"The witness: {en}."),
        Text(
            zh="别再签发文件，叫工程师核对日志。",
            en="Issue no more documents; have an engineer compare the log.",
        ),
    )


def _fail(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    raise WitnessError(Text(zh=f"见证方：{zh}。", en=f"The witness: {en}."), _HINT) from cause
