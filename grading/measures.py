"""Recorded measures, read from bytes with limits: one flat JSON object. Pure.

``"unknown"`` stands for a measure that nobody could take; leaving it out says the same.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from grading.errors import GradingError
from grading.text import Text

Value = bool | int | str
Measures = Mapping[str, Value]

MAX_BYTES: Final = 64 << 10
MAX_MEASURES: Final = 256
MAX_TEXT: Final = 256
MAX_INTEGER: Final = 2**53 - 1
UNKNOWN: Final = "unknown"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def parse_measures(data: bytes) -> dict[str, Value]:
    """Read a file of measures.

    Args:
        data: UTF-8 JSON: one object of names with integers from 0 to 2^53-1, strings of at most
            256 characters, true or false.

    Returns:
        what was measured, by name; measures stated as unknown are left out.

    Raises:
        GradingError: too large, not JSON, not flat, a name twice, or a value out of bounds.
    """
    if len(data) > MAX_BYTES:
        _refuse(f"文件超过 {MAX_BYTES} 字节", f"the file exceeds {MAX_BYTES} bytes")
    fields = _object(data)
    if len(fields) > MAX_MEASURES:
        _refuse(f"超过 {MAX_MEASURES} 项", f"more than {MAX_MEASURES} measures")
    for name, value in fields.items():
        _check(name, value)
    return {name: value for name, value in fields.items() if value != UNKNOWN}


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise _malformed("不是有效的 JSON", "not valid JSON") from error
    if not isinstance(value, dict):
        _refuse("最外层要是一个对象", "the whole must be one object")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        _refuse("同一个名字出现了两次", "a name stands twice")
    return fields


def _integer(digits: str) -> int:
    # The length is looked at first: turning very long digits into a number takes quadratic time.
    if len(digits) > len(str(MAX_INTEGER)) or not 0 <= int(digits) <= MAX_INTEGER:
        _refuse("整数要在 0 到 2^53-1 之间", "an integer must lie between 0 and 2^53-1")
    return int(digits)


def _check(name: str, value: object) -> None:
    if not _NAME.fullmatch(name):
        _refuse("名字只能用小写字母、数字和下划线", "names are of a-z, 0-9 and _, a letter first")
    if not isinstance(value, bool | int | str):
        _refuse(
            f"{name} 只能是整数、文字、true 或 false",
            f"{name} must be an integer, a string, true or false",
        )
    if isinstance(value, str) and not (len(value) <= MAX_TEXT and value.isprintable()):
        _refuse(
            f"{name} 太长或含有不可见字符", f"{name} is too long or has characters that do not show"
        )


def _malformed(why_zh: str, why_en: str) -> GradingError:
    return GradingError(
        Text(zh=f"测量记录读不懂：{why_zh}。", en=f"The measures cannot be read: {why_en}."),
        hint=Text(
            zh='改好这个文件再试；没测到的项可以不写，或写 "unknown"。',
            en='Correct the file; leave out what was not measured, or say "unknown".',
        ),
    )


def _refuse(why_zh: str, why_en: str) -> NoReturn:
    raise _malformed(why_zh, why_en)
