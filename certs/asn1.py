"""DER as far as CMS and time stamps need it: written, and read without guessing. Pure.

A structure is read member by member; who reads it says which tags it expects. Lengths are definite
and in their shortest form, tags are of one byte. Nothing is nested further than its reader goes.

Source: X.690 §8.1, §10.1.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

from certs.errors import MalformedDerError
from certs.text import Text

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OBJECT_ID: Final = 0x06
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1
CONTEXT_4: Final = 0xA4
_LONG_TAG: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4
_HINT: Final = Text(
    zh="请拿原来的文件再试，或让出具方重新给一份。",
    en="Try the original file again, or ask the issuer for another copy.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One tag with its content.

    Attributes:
        encoded: the whole of it, tag and length included.
    """

    tag: int
    content: bytes
    encoded: bytes


class Members:
    """What stands in a structure, taken in its order."""

    def __init__(self, content: bytes) -> None:
        self._left = elements(content)

    def take(self, tag: int) -> Element:
        """Return the next member, which must be there.

        Raises:
            MalformedDerError: another one, or none.
        """
        found = self.optional(tag)
        if found is None:
            _malformed("少了一项，或是另一种", "a member is missing or of another kind")
        return found

    def optional(self, tag: int) -> Element | None:
        """Return the next member if it has this tag."""
        return self._left.pop(0) if self._left and self._left[0].tag == tag else None

    def end(self) -> None:
        """Insist that nothing is left.

        Raises:
            MalformedDerError: something is.
        """
        if self._left:
            _malformed("多了一项", "more members than there may be")


def only(data: bytes, tag: int) -> Element:
    """Return the one element that some bytes are.

    Raises:
        MalformedDerError: they are none, more than one, or of another kind.
    """
    members = Members(data)
    found = members.take(tag)
    members.end()
    return found


def first(data: bytes) -> Element:
    """Return the element that some bytes begin with.

    Raises:
        MalformedDerError: they begin with none.
    """
    content, end = _content_at(data, 0)
    return Element(tag=data[0], content=data[content:end], encoded=data[:end])


def elements(data: bytes) -> list[Element]:
    """Return the elements that stand one behind the other.

    Raises:
        MalformedDerError: they are none.
    """
    found: list[Element] = []
    at = 0
    while at < len(data):
        content, end = _content_at(data, at)
        found.append(Element(tag=data[at], content=data[content:end], encoded=data[at:end]))
        at = end
    return found


def _content_at(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of an element begins and where it ends."""
    head = data[at : at + 2]
    if len(head) < 2 or head[0] & _LONG_TAG == _LONG_TAG:
        _malformed("读不懂", "it cannot be read")
    length, begin = head[1], at + 2
    if length >= _LONG_LENGTH:
        size = length - _LONG_LENGTH
        begin += size
        length = int.from_bytes(data[begin - size : begin], "big")
        if not 0 < size <= _MOST_LENGTH_BYTES or length < 1 << max(7, 8 * (size - 1)):
            _malformed("长度没有用最短写法", "a length that is not in its shortest form")
    if begin + length > len(data):
        _malformed("长度超出末尾", "a length beyond the end")
    return begin, begin + length


def number(content: bytes) -> int:
    """Return an INTEGER's value.

    Raises:
        MalformedDerError: empty, or longer than it need be.
    """
    if not content or (len(content) > 1 and content[0] in (0, 0xFF) and not _needed(content)):
        _malformed("整数没有用最短写法", "an integer that is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def _needed(content: bytes) -> bool:
    return (content[0] == 0) == (content[1] >= 0x80)


def dotted(content: bytes) -> str:
    """Return an OBJECT IDENTIFIER as people write it.

    Raises:
        MalformedDerError: it is none, or of absurd length.
    """
    if not 0 < len(content) <= 64 or content[-1] >= 0x80:
        _malformed("对象标识符读不懂", "an object identifier that cannot be read")
    arcs, value = list[int](), 0
    for byte in content:
        if value == 0 and byte == 0x80:
            _malformed("对象标识符没有用最短写法", "an object identifier with padding")
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def object_id(text: str) -> bytes:
    """Return the content of an OBJECT IDENTIFIER.

    Args:
        text: as people write it.
    """
    first, second, *others = map(int, text.split("."))
    return b"".join(map(_arc, (40 * first + second, *others)))


def _arc(value: int) -> bytes:
    encoded = [value & 0x7F]
    while value := value >> 7:
        encoded.insert(0, 0x80 | value & 0x7F)
    return bytes(encoded)


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def tlv(tag: int, *content: bytes) -> bytes:
    """Return an element around content."""
    body = b"".join(content)
    if len(body) < _LONG_LENGTH:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_LENGTH | len(length)]) + length + body


def _malformed(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"DER 结构有问题：{zh}。", en=f"Wrong DER: {en}.")
    raise MalformedDerError(message, _HINT)
