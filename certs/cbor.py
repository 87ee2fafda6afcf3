"""The little of CBOR that a QR code holds: one value, one sequence of bytes. Pure.

Integers, byte strings, text, arrays, and maps whose keys are integers, in the core deterministic
encoding: shortest heads, definite lengths, sorted keys. No floats, no booleans, no null, and one
tag only, which `certs.qr` takes off before anything is read.

Source: RFC 8949 §3, §4.2.1.
"""

from typing import Any, Final, NoReturn

from certs.errors import MalformedCborError
from certs.text import Text

MAX_BYTES: Final = 1024
MAX_DEPTH: Final = 4
_LIMIT: Final = 1 << 64
_LONGEST_SHORT: Final = 23
# The head's low bits say how many bytes the argument has, if it is not in them itself.
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_HINT: Final = Text(
    zh="请重新扫一次整个二维码；还是不行就向出具方核实。",
    en="Scan the whole code once more; if that does not help, ask the issuer.",
)


def encode(value: object) -> bytes:
    """Write a value of our own.

    Args:
        value: integers of at most 64 bits, bytes, text, lists, and dicts with integer keys.
    """
    match value:
        case bool():
            raise AssertionError("no booleans: 0 or 1")
        case int() if value < 0:
            return _head(_NEGATIVE, -1 - value)
        case int():
            return _head(_UNSIGNED, value)
        case bytes():
            return _head(_BYTES, len(value)) + value
        case str():
            text = value.encode()
            return _head(_TEXT, len(text)) + text
        case list():
            return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
        case dict():
            pairs = sorted((encode(key), encode(item)) for key, item in value.items())
            return _head(_MAP, len(pairs)) + b"".join(key + item for key, item in pairs)
    raise AssertionError(f"not of our CBOR: {type(value).__name__}")


def decode(data: bytes) -> Any:  # noqa: ANN401 - checked by whoever asked
    """Read one value and insist on the one spelling.

    Args:
        data: at most 1 KiB, at most 4 levels deep.

    Returns:
        a value for which `encode` gives the very same bytes.

    Raises:
        MalformedCborError: anything else.
    """
    if len(data) > MAX_BYTES:
        _refuse("太长", "too long")
    value, end = _value(data, 0, 0)
    if end != len(data):
        _refuse("后面还有多余的字节", "bytes after its end")
    return value


def _head(kind: int, argument: int) -> bytes:
    assert 0 <= argument < _LIMIT, "64 bits"
    if argument <= _LONGEST_SHORT:
        return bytes([kind << 5 | argument])
    low, size = next(each for each in _ARGUMENT_BYTES.items() if argument < 1 << 8 * each[1])
    return bytes([kind << 5 | low]) + argument.to_bytes(size, "big")


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        _refuse("层数太多", "too deep")
    kind, argument, at = _read_head(data, at)
    match kind:
        case 0:
            return argument, at
        case 1:
            return -1 - argument, at
        case 2 | 3:
            return _string(data, kind, argument, at)
        case 4:
            return _array(data, argument, at, depth)
        case 5:
            return _map(data, argument, at, depth)
    return _refuse("有不允许的类型", "a kind of value that does not belong")


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        _refuse("提前结束", "an early end")
    kind, low = data[at] >> 5, data[at] & 0x1F
    at += 1
    if low <= _LONGEST_SHORT:
        return kind, low, at
    if low not in _ARGUMENT_BYTES:
        _refuse("长度没有写明", "a length that is not given")
    size = _ARGUMENT_BYTES[low]
    if at + size > len(data):
        _refuse("提前结束", "an early end")
    argument = int.from_bytes(data[at : at + size], "big")
    if argument <= _LONGEST_SHORT or argument < 1 << 4 * size:
        _refuse("没有用最短写法", "not in its shortest form")
    return kind, argument, at + size


def _string(data: bytes, kind: int, length: int, at: int) -> tuple[bytes | str, int]:
    end = at + length
    if end > len(data):
        _refuse("提前结束", "an early end")
    content = data[at:end]
    if kind == _BYTES:
        return content, end
    try:
        return content.decode(), end
    except UnicodeDecodeError as error:
        _refuse("文字不是 UTF-8", "text that is not UTF-8", error)


def _array(data: bytes, length: int, at: int, depth: int) -> tuple[list[Any], int]:
    items = []
    for _ in range(length):
        item, at = _value(data, at, depth + 1)
        items.append(item)
    return items, at


def _map(data: bytes, length: int, at: int, depth: int) -> tuple[dict[int, Any], int]:
    items: dict[int, Any] = {}
    before = b""
    for _ in range(length):
        start = at
        key, at = _value(data, at, depth + 1)
        if not isinstance(key, int):
            _refuse("键不是整数", "a key that is no integer")
        if data[start:at] <= before:
            _refuse("键的次序不对或重复", "keys unsorted or twice")
        before = data[start:at]
        items[key], at = _value(data, at, depth + 1)
    return items, at


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"二维码的内容写法不对：{zh}。", en=f"Wrong encoding inside the code: {en}.")
    raise MalformedCborError(message, _HINT) from cause
