"""What is going to be done to one phone, and what its document may rest on. Pure.

The plan is what the owner's press is bound to, by its digest, and the first line of the journal.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from certs.canonical import encode
from certs.formats.fields import UNKNOWN
from certs.formats.head_v1 import Identifier
from certs.text import Text
from wipe_station.phone_jobs.record import facts_json
from wipe_station.phones.facts import Form, PhoneFacts, System
from wipe_station.phones.routes import ROUTES, Intake, Link, Route
from wipe_station.records import Json

NOT_CHECKED: Final = (
    "cards-not-covered",
    "esim-not-checked",
    "phone-not-attested",
    "flash-not-overwritten",
    "route-tried-on-simulators",
)
"""What every erasure of a phone leaves open (``certs.open_questions``)."""
SHOWN: Final = ("no-accounts", "find-my-off", "encrypted")
"""What an owner can show the clerk, where the phone itself does not say it."""
_SAID_OVER: Final = {
    Link.ADB: "adb",
    Link.MTP: "MTP",
    Link.LOCKDOWN: "lockdown",
    Link.FASTBOOT: "fastboot",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePlan:
    """One erasure of one phone by one route."""

    practice: bool
    port: str
    """Where it hangs, as the kernel names it."""
    route: Route
    facts: PhoneFacts
    """Read before anything was done to it."""
    link: Link
    """By which it was read."""
    usb_serial: str | None
    """As its USB descriptor says: what it is recognised by while nothing else speaks."""
    shown: tuple[str, ...]
    """Of ``SHOWN``, in its order."""
    maker: Mapping[str, Json] | None
    """The maker's own erase function (``phones.makers``), where one is known."""

    @property
    def intake(self) -> Intake:
        """Return what people say beside the phone; whoever plans has the owner's consent."""
        return intake_of(self.shown)

    def to_json(self) -> dict[str, Json]:
        """Return the plan as it is hashed, kept and committed to."""
        route = ROUTES[self.route]
        rest: dict[str, Json] = {}
        if self.maker is not None:
            rest["maker_function"] = self.maker
        if self.usb_serial is not None:
            rest["usb_serial"] = self.usb_serial
        return {
            "phone": True,
            "practice": self.practice,
            "route": {
                "name": self.route.value,
                **both(route.title),
                "certainty": route.certainty,
            },
            "resets": 2 if route.final_reset else 1,
            "device": self._device(),
            "before": facts_json(self.facts),
            "link": self.link.value,
            "shown": list(self.shown),
            "not_checked": list(NOT_CHECKED),
            **rest,
        }

    def sha256(self) -> str:
        """Return the digest that a confirmation is bound to."""
        return hashlib.sha256(encode(self.to_json())).hexdigest()

    def _device(self) -> dict[str, Json]:
        facts = self.facts
        named: list[Json] = [
            {"kind": it.kind, "value": it.value, "source": it.source, "evidence": it.evidence}
            for it in identifiers_of(facts, self.link, self.usb_serial)
        ]
        rest: dict[str, Json | None] = {
            "system_version": facts.version,
            "patch_level": facts.patch_level,
            "usb_path": self.port,
            "size_bytes": facts.storage_bytes,
        }
        known: dict[str, Json] = {
            "kind": UNKNOWN if facts.form is None else facts.form.value,
            "description": title_of(facts).en,
            "identifiers": named,
            "system": facts.system.value,
        }
        return known | {name: value for name, value in rest.items() if value is not None}


def intake_of(shown: Collection[str]) -> Intake:
    """Return what people say of a phone whose owner agrees, by what she showed."""
    return Intake(
        consent=True,
        shown_no_accounts="no-accounts" in shown,
        shown_find_my_off="find-my-off" in shown,
        shown_encrypted="encrypted" in shown,
    )


def title_of(facts: PhoneFacts) -> Text:
    """Return maker and model, or that they are unknown."""
    said = " ".join(filter(None, (facts.maker, facts.model)))
    if said:
        return Text(zh=said, en=said)
    system = {System.ANDROID: "Android", System.IOS: "iOS"}.get(facts.system, "")
    zh, en = ("平板", "tablet") if facts.form is Form.TABLET else ("手机", "phone")
    return Text(zh=f"{system} {zh}，型号不清楚".strip(), en=f"{system} {en}, model unknown".strip())


def both(text: Text) -> dict[str, Json]:
    """Return a text as JSON values."""
    return {"zh": text.zh, "en": text.en}


def identifiers_of(facts: PhoneFacts, link: Link, usb_serial: str | None) -> tuple[Identifier, ...]:
    """Return what a phone calls itself, as tickets and documents name it.

    Args:
        facts: as it was read.
        link: over which.
        usb_serial: of its USB descriptor, which stands in where nothing else says a serial.
    """
    said = f"the phone, over {_SAID_OVER.get(link, 'USB')}"
    named = [(*each, said) for each in _named(facts)]
    if facts.serial is None and usb_serial is not None:
        named.append(("serial", usb_serial, "its USB descriptor"))
    return tuple(
        Identifier(kind=kind, value=value, source="medium", evidence=evidence)
        for kind, value, evidence in named
    )


def _named(facts: PhoneFacts) -> Iterator[tuple[str, str]]:
    for kind, value in (
        ("model", facts.model),
        ("serial", facts.serial),
        ("udid", facts.device_id),
        *zip(("imei", "imei2"), facts.imeis, strict=False),
    ):
        if value is not None:
            yield kind, value
