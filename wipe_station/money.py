"""Amounts of money as people write them, and as whole numbers of the smallest unit. Pure."""

import re
from typing import Final

from certs.text import Text
from wipe_station.errors import InvalidInputError

_WITHOUT: Final = re.compile("BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|UYI|VND|VUV|XAF|XOF|XPF")
_THREE: Final = re.compile("BHD|IQD|JOD|KWD|LYD|OMR|TND")
"""Source: ISO 4217, list one; every other currency of trade has two."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,4}))?")


def decimals_of(currency: str) -> int:
    """Return how many digits of an amount stand behind the point.

    Raises:
        InvalidInputError: no such code can be.
    """
    if not _CURRENCY.fullmatch(currency):
        raise InvalidInputError(
            Text(zh=f"没有 {currency!a} 这种货币。", en=f"There is no currency {currency!a}."),
            hint=Text(zh="用三个大写字母，例如 CNY。", en="Use three capitals, such as CNY."),
        )
    if _WITHOUT.fullmatch(currency):
        return 0
    return 3 if _THREE.fullmatch(currency) else 2


def minor_units(amount: str, currency: str) -> int:
    """Return an amount in the currency's smallest unit.

    Args:
        amount: such as ``199`` or ``199.00``; never more digits than the currency has.
        currency: ISO 4217.

    Raises:
        InvalidInputError: no such amount can be paid.
    """
    decimals = decimals_of(currency)
    found = _AMOUNT.fullmatch(amount)
    behind = (found[2] or "") if found else ""
    if found is None or len(behind) > decimals:
        example = "199" if decimals == 0 else f"199.{'0' * decimals}"
        raise InvalidInputError(
            Text(zh=f"金额 {amount!a} 不对。", en=f"{amount!a} is no amount in {currency}."),
            hint=Text(zh=f"例如：--price {example}", en=f"For example: --price {example}"),
        )
    return int(found[1] + behind.ljust(decimals, "0"))


def amount_text(minor: int, decimals: int, currency: str) -> str:
    """Return an amount as people read it, such as ``199.00 CNY``."""
    digits = str(minor).rjust(decimals + 1, "0")
    split = len(digits) - decimals
    amount = digits[:split] + ("." + digits[split:] if decimals else "")
    return f"{amount} {currency}"
