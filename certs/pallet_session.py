"""What was scanned of a pallet, as lines that survive a power cut. Pure.

One JSON object a line, each durable before its answer is shown: first what it is about, then scans
and undos in their order, at last the end. A line without its newline was never answered: it is as
if it had not been scanned. Answers are not kept, but given anew: a document that was missing then
may be here now.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from certs.errors import PalletError
from certs.formats.fields import Kind, fits
from certs.pallet import MOST_LABEL_CHARACTERS, State, scan, undo
from certs.text import Text

SCHEMA: Final = "wipe-cert/pallet-session/1"
MOST_BYTES: Final = 32 << 20
UNDO: Final = {"undo": True}
_HINT: Final = Text(
    zh="用 --session 换一个文件，重新扫一遍；旧的留着备查。",
    en="Name another file with --session and scan anew; keep the old one.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """That scanning is over, and the receipt about it.

    Attributes:
        at: UTC.
        id: of the receipt.
        salt_hex: of its commitment.
    """

    at: str
    id: str
    salt_hex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session file holds.

    Attributes:
        manifest_sha256: of the manifest that was scanned against.
        events: texts that were scanned; None is an undo.
        end: or None.
        whole_bytes: so many bytes of the file are whole lines.
    """

    manifest_sha256: str
    events: Sequence[str | None]
    end: End | None
    whole_bytes: int


def opening(manifest_sha256: str) -> bytes:
    """Return the first line."""
    return line({"schema": SCHEMA, "manifest_sha256": manifest_sha256})


def line(event: dict[str, object]) -> bytes:
    """Return an event as a line."""
    return json.dumps(event).encode("ascii") + b"\n"


def scanned(text: str) -> bytes:
    """Return a scan as a line."""
    return line({"scan": text[: MOST_LABEL_CHARACTERS + 1]})


def ended(end: End) -> bytes:
    """Return the end as a line."""
    return line({"ended": end.at, "id": end.id, "salt_hex": end.salt_hex})


def parse_session(data: bytes) -> Session | None:
    """Read a session file.

    Args:
        data: all of it.

    Returns:
        the session; None where not even its first line is whole.

    Raises:
        PalletError: it is no session file, or damaged.
    """
    if len(data) > MOST_BYTES:
        _refuse("太大", "too large")
    *lines, torn = data.split(b"\n")
    if not lines:
        return None
    first, *rest = [_object(each) for each in lines]
    manifest = first.get("manifest_sha256")
    named = first.keys() == {"schema", "manifest_sha256"} and first["schema"] == SCHEMA
    if not named or not isinstance(manifest, str) or not fits(Kind.SHA256, manifest):
        _refuse("开头不对", "another beginning")
    end = _end(rest[-1]) if rest else None
    return Session(
        manifest_sha256=manifest,
        events=[_event(each) for each in (rest if end is None else rest[:-1])],
        end=end,
        whole_bytes=len(data) - len(torn),
    )


def replayed(state: State, events: Sequence[str | None]) -> State:
    """Return a pallet as it stands after what was scanned.

    Raises:
        PalletError: more scans than a pallet can need.
    """
    for text in events:
        state = undo(state)[0] if text is None else scan(state, text)[0]
    return state


def _object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        _refuse("有一行读不懂", "a line that cannot be read", error)
    if not isinstance(value, dict):
        _refuse("有一行读不懂", "a line that cannot be read")
    return value


def _event(value: dict[str, object]) -> str | None:
    if value == UNDO:
        return None
    text = value.get("scan")
    if value.keys() != {"scan"} or not isinstance(text, str):
        _refuse("有一行不认识", "a line that is not known")
    return text


def _end(value: dict[str, object]) -> End | None:
    if value.keys() != {"ended", "id", "salt_hex"}:
        return None
    for name, kind in (("ended", Kind.TIME), ("id", Kind.ID), ("salt_hex", Kind.SALT)):
        if not fits(kind, value[name]):
            _refuse("结尾不对", "a wrong end")
    return End(at=str(value["ended"]), id=str(value["id"]), salt_hex=str(value["salt_hex"]))


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"这不是扫描记录，或已损坏：{zh}。", en=f"No session file, or damaged: {en}.")
    raise PalletError(message, _HINT) from cause
