"""What stands on the pages of a document, as data for the template. Pure.

The first page is the customer's: the device, what was done to it, what that proves and what not.
From the second on it is the auditor's: everything the statement has.

Everything that a stranger can have written (names of devices above all) passes through `visible`:
what a font would draw as nothing, or a reader would not see, is shown by its number. The template
gets strings only and evaluates none.
"""

import re
import unicodedata
from datetime import timedelta
from typing import Any

from certs.canonical import JsonObject
from certs.formats.fields import parse_time
from certs.layout import Bundle, DocumentType
from certs.open_questions import open_question
from certs.pdf.health import smart_of, speed_of
from certs.pdf.symbol import Symbol
from certs.pdf.words import MEDIUM_SAYS, WORDS, code_words
from certs.sampled import erased_text, guarantee_text
from certs.text import Text

# Any: JSON for the template, checked by nobody but our own tests.
Json = dict[str, Any]

# Drawn as nothing although they are letters or marks: Hangul fillers and the Braille blank.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mc", "Me", "Mn", "Zl", "Zp"})
# Chinese breaks anywhere by itself.
_LONG_TOKEN = re.compile(r"[^\s\u2e80-\U0003ffff]{25,}")
_PIECE_CHARACTERS = 8
_BREAK = "\u200b"


def page_of(
    statement: JsonObject, symbol: Symbol, undrawable: frozenset[str] = frozenset()
) -> Json:
    """Lay out a document's content in words.

    Args:
        statement: checked against the schema.
        symbol: its code.
        undrawable: characters that the fonts lack.

    Returns:
        JSON for ``certificate.typ``; its texts are objects with ``zh`` and ``en``, or strings.
    """
    kind = DocumentType(statement["type"])
    page = {
        "kind": kind.name.lower(),
        "practice": statement["practice"],
        "title": WORDS["certificate" if kind.certifies else "notice"],
        "sentence": erased_text(statement) if kind.certifies else WORDS["red-box"],
        "words": WORDS,
        "head": [
            _row("document", statement["id"]),
            _row("issued", issued_text(statement)),
            _row("key", statement["key_id"]),
        ],
        "reason": _reason(statement),
        "device": _device(statement["device"]),
        "summary": _summary(statement),
        "facts": _facts(statement["device"]),
        "basis": _basis(statement),
        "passes": [_pass(each, statement["device"]["size_bytes"]) for each in statement["passes"]],
        "verification": [*_probes(statement), *_verification(statement["verification"])],
        "speed": speed_of(statement),
        "grade": _grade(statement),
        "reasons": [_grade_reason(each) for each in _reasons(statement)],
        "smart": smart_of(statement),
        "ranges": _ranges(statement),
        "ranges_total": f"{statement['not_reached_bytes'] + _not_sampled_bytes(statement):,}",
        "interruptions": [_interruption(each) for each in statement["interruptions"]],
        "open": [open_question(code) for code in statement["not_checked"]],
        "record": _record(statement),
        "command": openssl_command(kind),
        "file": kind.pdf_name,
    }
    shown: Json = drawable(page, undrawable)
    # Not text on the page: the document's date and name, and the code.
    return shown | {
        "date": date_of(statement["issued_at"]),
        "id": statement["id"],
        "qr": {"svg": symbol.svg, "size_mm": symbol.size_mm},
    }


def attachments_of(bundle: Bundle) -> list[Json]:
    """Return the bundle's files for the template, with what a reader of PDF shows beside them."""
    said = [
        ("signed statement", "application/json"),
        ("detached signature", "application/octet-stream"),
        ("certificates of the station", "application/x-pem-file"),
        *([("proof of the log", "text/plain")] if bundle.proof is not None else []),
    ]
    # Numbers for the signature: the template's JSON cannot hold bytes.
    return [
        {
            "name": name,
            "data": list(data) if data is bundle.signature else data.decode("utf-8"),
            "description": description,
            "type": media_type,
        }
        for (name, data), (description, media_type) in zip(
            bundle.attached_files().items(), said, strict=True
        )
    ]


def visible(text: str, undrawable: frozenset[str] = frozenset()) -> str:
    """Show what would not be seen by its code point: ``[U+200B]``.

    Args:
        text: anything.
        undrawable: characters that the fonts lack.

    Returns:
        the text with every invisible, combining, unassigned or undrawable character replaced.
    """
    return "".join(_by_number(c) if c in undrawable or _is_invisible(c) else c for c in text)


def _is_invisible(character: str) -> bool:
    if character in _BLANK:
        return True
    category = unicodedata.category(character)
    return category in _INVISIBLE_CATEGORIES or (category == "Zs" and character != " ")


def _by_number(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def drawable(value: object, undrawable: frozenset[str]) -> Any:  # noqa: ANN401  JSON
    """Return JSON whose every string the fonts can draw and a reader can see.

    Args:
        value: JSON that may hold `Text`.
        undrawable: characters that the fonts lack.
    """
    if isinstance(value, Text):
        return {"zh": drawable(value.zh, undrawable), "en": drawable(value.en, undrawable)}
    if isinstance(value, str):
        return _LONG_TOKEN.sub(_breakable, visible(value, undrawable))
    if isinstance(value, list):
        return [drawable(item, undrawable) for item in value]
    if isinstance(value, dict):
        return {name: drawable(item, undrawable) for name, item in value.items()}
    return value


def _breakable(token: re.Match[str]) -> str:
    """Let a long serial or digest go on in the next line."""
    pieces = re.findall(rf".{{1,{_PIECE_CHARACTERS}}}", token[0])
    return _BREAK.join(pieces)


def _row(word: str, value: object, note: object = "") -> Json:
    return {"label": WORDS[word], "value": value, "note": note}


def _reason(statement: JsonObject) -> Text | str:
    if "notice" not in statement:
        return ""
    reason = statement["notice"]["reason"]
    return Text(zh=reason["zh"], en=reason["en"])


def _device(device: JsonObject) -> list[Json]:
    siblings = device["siblings_not_covered"]
    return [
        *(_identifier(item) for item in device["identifiers"]),
        _row("size", f"{device['size_bytes']:,} B", decimal_size(device["size_bytes"])),
        _row("medium", code_words(device["medium"])),
        _row("identity", _source(device["identity_strength"])),
        *([_row("siblings", ", ".join(siblings))] if siblings else []),
    ]


def _facts(device: JsonObject) -> list[Json]:
    """Return what of a device concerns the auditor alone."""
    hidden = ", ".join(f"{name.upper()} {value}" for name, value in device["hidden_areas"].items())
    siblings = device["siblings_not_covered"]
    sectors = f"{device['logical_sector_bytes']} / {device['physical_sector_bytes']}"
    return [
        _row("attached", f"{device['transport']}, {device['node']}", device.get("usb_path", "")),
        _row("sectors", sectors),
        _row("siblings", ", ".join(siblings) if siblings else WORDS["none"]),
        _row("hidden", hidden),
    ]


def _summary(statement: JsonObject) -> list[Json]:
    """Return for the customer what was done, in a line for each question that she has."""
    passes, breaks = len(statement["passes"]), len(statement["interruptions"])
    done = sum(each["outcome"] == "completed" for each in statement["passes"])
    written = Text(zh=f"写完 {done} 遍，共 {passes} 遍", en=f"{done} of {passes} completed")
    verification = statement["verification"]
    read = f"{verification.get('verified_bytes', 0):,} B"
    rows = [
        _row("written-over", written, f"{statement['method']['name']}"),
        _row("read-back", code_words(verification["kind"]), read),
        *([_row("breaks", f"{breaks}")] if breaks else []),
        *(row | {"note": ""} for row in _grade(statement)),
    ]
    claim = code_words(statement["claim"]["category"])
    return [*rows, _row("claim", claim)] if statement["claim"]["category"] != "none" else rows


def _identifier(item: JsonObject) -> Json:
    source = _source(item["source"])
    note = Text(
        zh=f"来源：{source.zh}（{item['evidence']}）",
        en=f"from: {source.en} ({item['evidence']})",
    )
    name = code_words(item["kind"].replace("_", "-"))
    return {"label": name, "value": item["value"], "note": note}


def _source(code: str) -> Text:
    return MEDIUM_SAYS if code == "medium" else code_words(code)


def decimal_size(size_bytes: int) -> str:
    """Return a size as sellers state it, such as ``67.1 MB``."""
    for step, name in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        if size_bytes >= 10**step:
            tenths = (size_bytes * 20 // 10**step + 1) // 2
            return f"{tenths // 10}.{tenths % 10} {name}"
    return f"{size_bytes} B"


def _basis(statement: JsonObject) -> list[Json]:
    rows = []
    if "policy" in statement:
        policy = statement["policy"]
        disclaimer = Text(zh=policy["disclaimer"]["zh"], en=policy["disclaimer"]["en"])
        title = f"{policy['title']} ({policy['name']})"
        rows += [_row("policy", title, policy["certainty"]), _row("disclaimer", disclaimer)]
    method, claim = statement["method"], statement["claim"]
    rows.append(_row("method", method["name"], method["certainty"]))
    category = code_words(claim["category"])
    if claim["category"] == "none":
        return [*rows, _row("claim", category, claim["reason"])]
    stated = Text(zh=f"{category.zh}，{claim['edition']}", en=f"{category.en}, {claim['edition']}")
    return [*rows, _row("claim", stated, claim["reason"])]


def _pass(each: JsonObject, device_bytes: int) -> Json:
    whole = [{"from_byte": 0, "to_byte": device_bytes, "ended": "completed"}]
    times = [_utc(each[name]) for name in ("started_at", "ended_at") if name in each]
    return {
        "number": str(each["number"]),
        "content": _pattern(each["pattern"]),
        "key": each["pattern"].get("key_hex", ""),
        "written": f"{each['written_bytes']:,}",
        "size": f"{each['size_bytes']:,}",
        "short": each["written_bytes"] != each["size_bytes"],
        "state": code_words(each["outcome"]),
        "when": " – ".join(times),  # noqa: RUF001
        "attempts": [] if each["attempts"] == whole else [_attempt(a) for a in each["attempts"]],
    }


def _pattern(pattern: JsonObject) -> Text | str:
    if pattern["kind"] == "fixed":
        octets = bytes.fromhex(pattern["bytes_hex"])
        return octets.hex(" ").upper()
    if "key" in pattern:
        withheld = code_words(pattern["key"])
        stream = pattern["stream"]
        return Text(zh=f"{stream}，{withheld.zh}", en=f"{stream}, {withheld.en}")
    return str(pattern["stream"])


def _attempt(attempt: JsonObject) -> Text:
    span = f"{attempt['from_byte']:,} – {attempt['to_byte']:,}"  # noqa: RUF001
    ended = code_words(attempt["ended"])
    return Text(zh=f"{span} {ended.zh}", en=f"{span} {ended.en}")


def _probes(statement: JsonObject) -> list[Json]:
    if "probes" not in statement:
        return []
    probes = statement["probes"]
    note = Text(
        zh=f"读回 {probes['verified_bytes']:,} 字节",
        en=f"{probes['verified_bytes']:,} bytes read back",
    )
    return [_row("probes", code_words(probes["outcome"]), note)]


def _verification(verification: JsonObject) -> list[Json]:
    number = verification.get("pass_number")
    times = [_utc(verification[n]) for n in ("started_at", "ended_at") if n in verification]
    kind = code_words(verification["kind"])
    compared = Text(zh=f"对照第 {number} 遍", en=f"against pass {number}") if number else ""
    rows = [_row("kind", kind, compared)]
    rows += [
        _row(word, f"{verification[f'{word}_bytes']:,}")
        for word in ("verified", "mismatched", "unread")
        if f"{word}_bytes" in verification
    ]
    if "sample" in verification:
        sample = verification["sample"]
        rows.append(_row("guarantee", guarantee_text(sample)))
        rows.append(_row("seed", sample["seed_hex"]))
    if "first_mismatch_byte" in verification:
        rows.append(_row("first-mismatch", f"{verification['first_mismatch_byte']:,}"))
    return [*rows, _row("when", " – ".join(times))] if times else rows  # noqa: RUF001


def _ranges(statement: JsonObject) -> list[list[object]]:
    gaps: list[list[object]] = [
        [f"{gap['from_byte']:,} – {gap['to_byte']:,}", code_words(gap["what"])]  # noqa: RUF001
        for gap in statement["not_reached"]
    ]
    left_out = _not_sampled_bytes(statement)
    return [*gaps, [f"{left_out:,} B", code_words("not-sampled")]] if left_out else gaps


def _not_sampled_bytes(statement: JsonObject) -> int:
    """Return what no range lists, because it lies everywhere between the places of a sample."""
    verification = statement["verification"]
    listed = bool(statement["not_reached"])
    return 0 if listed or "sample" not in verification else int(verification["unread_bytes"])


def _grade(statement: JsonObject) -> list[Json]:
    if "grade" not in statement:
        return []
    grade = statement["grade"]
    words = {
        axis: code_words(f"grade-{grade[axis]}") for axis in ("function", "appearance", "life")
    }
    line = Text(
        zh="；".join(f"{WORDS[axis].zh}{word.zh}" for axis, word in words.items()),
        en="; ".join(f"{WORDS[axis].en} {word.en}" for axis, word in words.items()),
    )
    return [_row("grade", line, f"{grade['ruleset']} ({grade['ruleset_sha256'][:16]})")]


def _reasons(statement: JsonObject) -> list[JsonObject]:
    found: list[JsonObject] = statement.get("grade", {}).get("reasons", [])
    return found


def _grade_reason(reason: JsonObject) -> Json:
    axis, cap = WORDS[reason["axis"]], code_words(f"grade-{reason['cap']}")
    facts = f"{reason['measure']} = {reason['measured']}; {reason['threshold']}; {reason['source']}"
    return {
        "label": Text(zh=f"{axis.zh}：{cap.zh}", en=f"{axis.en}: {cap.en}"),
        "value": Text(zh=reason["zh"], en=reason["en"]),
        "note": facts,
    }


def _interruption(each: JsonObject) -> Json:
    resumed = _utc(each["resumed_at"]) if "resumed_at" in each else ""
    tail = f"{each['tail_verified_bytes']:,}" if "tail_verified_bytes" in each else ""
    return {"at": _utc(each["at"]), "what": each["what"], "resumed": resumed, "tail": tail}


def _record(statement: JsonObject) -> list[Json]:
    journal, software = statement["journal"], statement["software"]
    earlier = [f"{each['id']} ({each['sha256'][:16]})" for each in statement["earlier_documents"]]
    digest = software["source_sha256"][:16]
    return [
        _row("evidence", f"{journal['records']} × SHA-256", journal["head_sha256"]),  # noqa: RUF001
        _row("software", f"{software['name']} {software['version']}", f"source {digest}"),
        _row("log", statement["log_origin"] if "log_key" in statement else WORDS["none"]),
        _row("earlier", ", ".join(earlier) if earlier else WORDS["none"]),
    ]


def openssl_command(kind: DocumentType) -> str:
    """Return how a stranger checks the files of a document, in one line."""
    return (
        "openssl x509 -in station.pem -noout -pubkey > key.pem && openssl dgst -sha256"
        f" -verify key.pem -signature {kind.signature_name} {kind.document_name}"
        " && openssl verify -CAfile ROOT.pem -untrusted station.pem station.pem"
    )


def issued_text(statement: JsonObject) -> str:
    """Return when it was signed, in UTC and by the clock on the shop's wall."""
    utc = f"{_utc(statement['issued_at'])} UTC"
    if "utc_offset" not in statement:
        return utc
    offset = statement["utc_offset"]
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    local = parse_time(statement["issued_at"]) + (-ahead if offset[0] == "-" else ahead)
    return f"{utc} = {local.strftime('%Y-%m-%d %H:%M:%S')} {offset}"


def _utc(time: str) -> str:
    return time.replace("T", " ").removesuffix("Z")


def date_of(time: str) -> list[int]:
    """Return year to second, for typst."""
    moment = parse_time(time)
    return [
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    ]
