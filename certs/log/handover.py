"""How one key of a log hands over to the next: the old one's last word names the new one. Pure.

    <origin>
    <number of entries before the handover's own>
    <base64 of the root over them>
    next-key <the new key>

The old key signs this checkpoint, and nothing after it but the first one of the new key. The
handover's entry holds the new key and the line of that signature: everything else of the text
follows from where the entry stands. So whoever knows one key of a log knows all, and a document
that names a key of before can be proven under that key for ever.
"""

from typing import Final

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint
from certs.log.entry import Entry, EntryKind
from certs.log.note import Algorithm, NoteKey, NoteSigner, note, opened, parse_key, sign
from certs.text import Text

NEXT_KEY: Final = "next-key"
_HINT: Final = Text(zh="不要相信这份日志。", en="Do not trust this log.")


def handover_fields(before: Checkpoint, old: NoteSigner, new: NoteKey) -> dict[str, str]:
    """Return what the entry says by which a key hands over.

    Args:
        before: the log up to this entry, without it.
        old: the key that signed it.
        new: the key of all checkpoints from this entry on.
    """
    line = sign(_last_text(before, new), old)
    return {"log_key": new.text(), "handover": line.removesuffix("\n")}


def last_word(entry: Entry, before: Checkpoint, old: NoteKey) -> tuple[NoteKey, bytes]:
    """Return the key that took over, and the checkpoint by which the old one said so.

    Args:
        entry: of kind LOG_KEY.
        before: the log up to this entry, without it.
        old: the key until then.

    Raises:
        MalformedLogError: the old key did not say so, or the new one is none for this log.
    """
    assert entry.kind is EntryKind.LOG_KEY, "no other entry changes the key"
    new = parse_key(entry.fields["log_key"])
    if new.name != before.origin or new.algorithm is not Algorithm.ED25519 or new == old:
        raise MalformedLogError(
            Text(zh="新密钥不是这份日志能用的。", en="The new key is none for this log."), _HINT
        )
    last = _last_text(before, new)
    whole = note(last, f"{entry.fields['handover']}\n")
    said, signed = opened(whole, [old])
    if said != last or not signed:
        raise MalformedLogError(
            Text(zh="旧密钥没有签。", en="The key before did not sign it."), _HINT
        )
    return new, whole


def _last_text(before: Checkpoint, new: NoteKey) -> str:
    return f"{before.text()}{NEXT_KEY} {new.text()}\n"
