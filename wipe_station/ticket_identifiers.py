"""What a device in custody is called, by itself or by its label, and when two are one. Pure.

An IMEI is kept as its 15 digits. ``imei`` and ``imei2`` are one kind wherever devices are
compared: which of a phone's two radios is the first one, label and software need not agree about.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

from certs.formats.head_v1 import Identifier
from certs.text import Text
from wipe_station import records
from wipe_station.errors import CustodyError, InvalidInputError
from wipe_station.phones.imei import Comparison, Flaw, Form, Imei, compare, examine
from wipe_station.ticket import Opening

IMEI_KINDS: Final = frozenset({"imei", "imei2"})
UNIQUE_KINDS: Final = records.UNIQUE_KINDS | frozenset(
    {"wwn", "eui64", "backing-file", "imei", "imei2", "meid", "udid"}
)
"""Identifiers that no two devices share, as far as anybody knows: as read, or as typed."""
_OF_PHONES: Final = IMEI_KINDS | {"meid", "udid"}
_PHONES: Final = frozenset({"phone", "tablet"})
LABEL: Final = "label"
"""The source of what a person read off a device."""
_SAY_AGAIN: Final = Text(
    zh="IMEI 是 15 位数字，最后一位是校验码：拨 *#06#，或看卡托、包装。",
    en="An IMEI has 15 digits, the last of which checks the others: dial *#06#, or see tray or"
    " box.",
)


def typed(kind: str, value: str) -> Identifier:
    """Return what a person read off a device.

    Raises:
        InvalidInputError: a number that is no IMEI, given as one. It is not repeated.
    """
    value = value.strip()
    if kind in IMEI_KINDS:
        value = _checked(kind, value)
    return Identifier(kind=kind, value=value, source=LABEL, evidence="typed")


def read(identifier: Identifier) -> Identifier:
    """Return what a device said; an IMEI as its 15 digits, what is none as it was found."""
    kind, value, source = identifier.kind, identifier.value, identifier.source
    number = examine(value) if kind in IMEI_KINDS else Flaw.FORM
    said = number.text if isinstance(number, Imei) else value
    return Identifier(kind=kind, value=said, source=source, evidence=identifier.evidence)


def _checked(kind: str, value: str) -> str:
    number = examine(value)
    if number is Flaw.CHECK_DIGIT:
        _refuse(
            kind, "校验码不对，有一位抄错了", "its check digit does not fit: one digit is wrong"
        )
    if number is Flaw.PLACEHOLDER:
        _refuse(
            kind,
            "这是占位号码，不是真的 IMEI",
            "it is a placeholder and no phone's",
            Text(
                zh="看卡托、包装上的号码；手机里只有这个号码，先不收，叫店长。",
                en="See the number on tray or box; if the phone has no other one, fetch the"
                " manager before taking it in.",
            ),
        )
    if number is Flaw.FORM:
        _refuse(kind, "不是 15 位数字", "it does not have 15 digits")
    if number.form is Form.IMEISV:
        _refuse(
            kind,
            "这是 16 位的 IMEISV（带软件版本），不是 IMEI",
            "it is an IMEISV: 16 digits, with a software version at the end",
        )
    if number.form is Form.IMEI_WITHOUT_CHECK:
        _refuse(kind, "只有 14 位，少了校验码", "it has 14 digits and lacks the check digit")
    return number.text


def named(kind: str, value: str) -> tuple[str, str]:
    """Return an identifier as two devices are compared by it."""
    number = examine(value) if kind in IMEI_KINDS else Flaw.FORM
    return ("imei", number.text) if isinstance(number, Imei) else (kind, value)


def unique_of(identifiers: Iterable[Identifier]) -> frozenset[tuple[str, str]]:
    """Return those that no other device has, as they are compared."""
    return frozenset(
        named(each.kind, each.value) for each in identifiers if each.kind in UNIQUE_KINDS
    )


def contradict(before: Iterable[Identifier], now: Iterable[Identifier]) -> bool:
    """Tell whether two devices that share a number are two, by what each says of itself.

    Asked in the same way, one says the same serial and UDID each time; and iPhones have a UDID and
    nothing else has. What a label says is left out, as many makers' numbers there are others than
    their systems say.
    """
    one, other = _own_words(before), _own_words(now)
    if not one or not other:
        return False
    return _is_apple(one) is not _is_apple(other) or any(
        other.get(asked, value) != value for asked, value in one.items()
    )


def _own_words(identifiers: Iterable[Identifier]) -> dict[tuple[str, str], str]:
    """Return kind and way of asking → what a device's system says each time."""
    return {
        (each.kind, each.evidence): each.value
        for each in identifiers
        if each.source == "medium" and each.kind in ("serial", "udid")
    }


def _is_apple(said: Mapping[tuple[str, str], str]) -> bool:
    return any(kind == "udid" for kind, _ in said)


def imeis_of(identifiers: Iterable[Identifier], *sources: str) -> tuple[str, ...]:
    """Return the IMEIs among identifiers.

    Args:
        identifiers: of one device.
        sources: only those; all where none is named.
    """
    return tuple(
        each.value
        for each in identifiers
        if each.kind in IMEI_KINDS and (not sources or each.source in sources)
    )


def compared(opening: Opening | None, said: tuple[str, ...]) -> Comparison:
    """Compare what stands on a ticket of a phone's label with what the phone says.

    Args:
        opening: the ticket's; None once it is forgotten.
        said: IMEIs as the phone says them, unchecked.
    """
    label = imeis_of(opening.device.identifiers, LABEL) if opening else ()
    return compare({"label": label, "software": said})


def is_phone(opening: Opening) -> bool:
    """Tell whether a device is a phone or tablet, by what is written of it."""
    device = opening.device
    said = any(each.kind in _OF_PHONES for each in device.identifiers)
    return said or device.kind.lower() in _PHONES


def refuse_contradiction(identifiers: Iterable[Identifier]) -> None:
    """Refuse one number for two radios, and a label that says another number than the phone.

    Raises:
        InvalidInputError: one number was typed twice.
        CustodyError: label and phone contradict each other.
    """
    each = tuple(identifiers)
    label = imeis_of(each, LABEL)
    if len(set(label)) < len(label):
        raise InvalidInputError(
            Text(zh="两个 IMEI 写的是同一个号码。", en="Both IMEIs are the same number."),
            hint=Text(
                zh="双卡手机有两个不同的号码；只有一个就只写 imei=。",
                en="A phone with two has two different ones; where there is one, give imei= alone.",
            ),
        )
    sources = {one.source for one in each}
    if compare({source: imeis_of(each, source) for source in sources}).agree is False:
        raise CustodyError(
            Text(
                zh="手机里的 IMEI 和标签上的不一样，没有收。",
                en="The IMEI in the phone is not the one on its label; it was not taken in.",
            ),
            hint=Text(
                zh="再看一遍标签；还是不一样就叫店长。",
                en="Read the label again; if they still differ, fetch the manager.",
            ),
        )


def _refuse(kind: str, zh: str, en: str, hint: Text = _SAY_AGAIN) -> NoReturn:
    raise InvalidInputError(Text(zh=f"{kind} 不对：{zh}。", en=f"Wrong {kind}: {en}."), hint=hint)
