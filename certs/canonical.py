"""Canonical JSON: one value, one sequence of bytes. Pure.

The form is RFC 8785 within I-JSON (RFC 7493), narrowed to what statements and journals need:
objects, lists, strings, booleans and integers. Floats and null do not exist: a float would print
differently elsewhere, and null would be a second way of saying "absent".
"""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

import rfc8785

from certs.errors import MalformedJsonError, UnencodableValueError
from certs.text import Text

# Values are checked by hand at run time; a recursive type would only move the casts around.
JsonObject = dict[str, Any]

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
# Beyond this, readers that keep numbers as binary64 see another number (RFC 7493 §2.2).
MAX_INTEGER = (1 << 53) - 1
_MAX_INTEGER_DIGITS = len(str(-MAX_INTEGER))

# RFC 7493 §2.1: neither surrogates nor noncharacters.
_FORBIDDEN_CHARACTERS = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
# What was checked before holds no float and no cycle, and strings are escaped as RFC 8785 has it.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
)
# A string (also an unclosed one, so that matching stays linear) or one bracket.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)

_WRITER_HINT = Text(
    zh="这是程序的错误，请把这条消息告诉维护人员。",
    en="This is a defect of the program; report this message.",
)
_READER_HINT = Text(
    zh="请拿原来的文件再试；文件不能用编辑器打开后再保存。",
    en="Try the original file again; it must not have been opened and saved by an editor.",
)


def encode(value: object) -> bytes:
    """Write a value in canonical form.

    Args:
        value: objects with string keys, lists, strings, booleans, and integers within
            ±(2^53-1); at most 32 levels deep.

    Returns:
        at most 1 MiB of UTF-8, without a final newline.

    Raises:
        UnencodableValueError: anything else, such as a float or None.
    Source: RFC 8785; RFC 7493 §2.
    """
    _check_value(value, depth=0)
    text = _ENCODER.encode(value)
    # Python orders keys by code points, RFC 8785 by UTF-16 units: below U+10000 they agree. The
    # library, which knows the difference, takes ten times as long.
    data = rfc8785.dumps(value) if _BEYOND.search(text) else text.encode()  # type: ignore[arg-type]
    if len(data) > MAX_BYTES:
        _unencodable(f"超过 {MAX_BYTES} 字节", f"more than {MAX_BYTES} bytes")
    return data


def decode(data: bytes) -> JsonObject:
    """Read one object and insist on canonical form.

    Args:
        data: UTF-8, at most 1 MiB, without a final newline.

    Returns:
        an object for which `encode` gives the very same bytes.

    Raises:
        MalformedJsonError: too long, too deep, not JSON, a duplicate key, a float, a null, a
            forbidden character, not an object, or another spelling of the same value.
    Source: RFC 8785; RFC 7493 §2.
    """
    if len(data) > MAX_BYTES:
        _malformed(f"超过 {MAX_BYTES} 字节", f"more than {MAX_BYTES} bytes")
    _check_depth(data)
    value = _parse(data)
    if not isinstance(value, dict):
        _malformed("最外层不是对象", "the outermost value is not an object")
    if _encode_foreign(value) != data:
        _malformed("不是规范写法", "another spelling than the canonical one")
    return value


def _check_value(value: object, depth: int) -> None:
    # Exact types: a subclass could print as something else.
    kind = type(value)
    if kind is str:
        _check_string(value)
    elif kind is int:
        _check_integer(value)
    elif kind is dict or kind is list:
        _check_container(value, depth)
    elif kind is not bool:
        _unencodable(f"不支持的类型 {kind.__name__}", f"unsupported type {kind.__name__}")


def _check_string(value: Any) -> None:  # noqa: ANN401  narrowed by _check_value
    if not value.isascii() and _FORBIDDEN_CHARACTERS.search(value):
        _unencodable("有不允许的字符", "a surrogate or noncharacter in a string")


def _check_integer(value: Any) -> None:  # noqa: ANN401  narrowed by _check_value
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        _unencodable("整数太大", "an integer beyond 2^53-1")


def _check_container(value: Any, depth: int) -> None:  # noqa: ANN401  narrowed by _check_value
    if depth >= MAX_DEPTH:
        _unencodable(f"超过 {MAX_DEPTH} 层", f"more than {MAX_DEPTH} levels deep")
    if type(value) is list:
        for item in value:
            _check_value(item, depth + 1)
        return
    for key, item in value.items():
        if type(key) is not str:
            _unencodable("键不是字符串", "a key is not a string")
        _check_string(key)
        _check_value(item, depth + 1)


def _check_depth(data: bytes) -> None:
    # Before parsing, because the parser recurses.
    depth = 0
    for token in _STRING_OR_BRACKET.findall(data):
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                _malformed(f"超过 {MAX_DEPTH} 层", f"more than {MAX_DEPTH} levels deep")
        elif token in b"]}":
            depth -= 1


def _parse(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_keys,
            parse_int=_bounded_integer,
            parse_float=_refusing("有小数", "a float"),
            parse_constant=_refusing("有 NaN 或 Infinity", "NaN or Infinity"),
        )
    except UnicodeDecodeError as error:
        _malformed("不是 UTF-8", "not UTF-8", error)
    except json.JSONDecodeError as error:
        _malformed(f"第 {error.pos} 个字符处不是 JSON", f"not JSON at character {error.pos}", error)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _malformed("有重复的键", "a duplicate key")
    return members


def _bounded_integer(digits: str) -> int:
    # Before int(), whose time grows with the square of the length.
    if len(digits) > _MAX_INTEGER_DIGITS:
        _malformed("整数太大", "an integer beyond 2^53-1")
    return int(digits)


def _refusing(zh: str, en: str) -> Callable[[str], NoReturn]:
    def refuse(_spelling: str) -> NoReturn:
        _malformed(zh, en)

    return refuse


def _encode_foreign(value: object) -> bytes:
    try:
        return encode(value)
    except UnencodableValueError as error:
        raise MalformedJsonError(error.message, _READER_HINT) from error


def _unencodable(zh: str, en: str) -> NoReturn:
    raise UnencodableValueError(_not_canonical(zh, en), _WRITER_HINT)


def _malformed(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    raise MalformedJsonError(_not_canonical(zh, en), _READER_HINT) from cause


def _not_canonical(zh: str, en: str) -> Text:
    return Text(zh=f"不是规范的 JSON：{zh}。", en=f"Not canonical JSON: {en}.")
