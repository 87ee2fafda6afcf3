"""MCInstall of an iPhone or iPad: management, profiles, and the request to erase. Pure.

Organisations and profiles have names: those are counted and forgotten here.

Source: field names from public tools (go-ios #489 for a refusal); what ``EraseDevice`` does on a
current system, above all with Find My on, is unverified on hardware.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import plist_frame
from wipe_station.phones.plist import (
    Fields,
    decode_fields,
    encode,
    fields_in,
    integer_in,
    text_in,
    truth_in,
)

WHAT: Final = "MCInstall"
SERVICE: Final = "com.apple.mobile.MCInstall"
_MOST_ERRORS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What the phone's set-up and an organisation agreed on."""

    supervised: bool | None
    set_up: bool | None
    """The setup assistant came to its end."""
    organised: bool | None
    """An organisation's server is named; None where the reply says nothing of either kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It will be done, says the phone; that is no observation of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It will not be done."""

    codes: tuple[int, ...]
    """As the phone numbers its reasons, outermost first; their words may name people."""


def _request(kind: str, **fields: bool) -> bytes:
    return plist_frame(encode({"RequestType": kind, **fields}))


def ask_cloud() -> bytes:
    """Ask how the phone was set up; ``parse_cloud``."""
    return _request("GetCloudConfiguration")


def ask_profiles() -> bytes:
    """Ask for its profiles; ``parse_profiles``."""
    return _request("GetProfileList")


def erase_device() -> bytes:
    """Ask it to erase all content and settings, the eSIM as well; ``parse_erase``."""
    return _request("EraseDevice", PreserveDataPlan=False, DisallowProximitySetup=True)


def parse_cloud(body: bytes) -> Cloud | Refused:
    """Decode the cloud configuration.

    Raises:
        MalformedReplyError: no reply of this service, or one without a configuration.
    """
    fields = _acknowledged(body)
    if isinstance(fields, Refused):
        return fields
    cloud = fields_in(fields, "CloudConfiguration")
    if cloud is None:
        raise MalformedReplyError(WHAT, offset=0, field="CloudConfiguration")
    return Cloud(
        supervised=truth_in(cloud, "IsSupervised"),
        set_up=truth_in(cloud, "CloudConfigurationUIComplete"),
        organised=_organised(cloud),
    )


def _organised(cloud: Fields) -> bool | None:
    if any(cloud.get(key) for key in ("ConfigurationURL", "OrganizationName", "IsMDMUnremovable")):
        return True
    return False if "ConfigurationSource" in cloud or "IsSupervised" in cloud else None


def parse_profiles(body: bytes) -> int | Refused:
    """Count the profiles.

    Raises:
        MalformedReplyError: no reply of this service, or one without a list.
    """
    fields = _acknowledged(body)
    if isinstance(fields, Refused):
        return fields
    listed = fields.get("OrderedIdentifiers")
    if not isinstance(listed, list):
        raise MalformedReplyError(WHAT, offset=0, field="OrderedIdentifiers")
    return len(listed)


def parse_erase(body: bytes) -> Accepted | Refused:
    """Decode the reply to ``erase_device``, where one comes before the phone is gone.

    Raises:
        MalformedReplyError: no reply of this service.
    """
    fields = _acknowledged(body)
    return fields if isinstance(fields, Refused) else Accepted()


def _acknowledged(body: bytes) -> Fields | Refused:
    fields = decode_fields(body, WHAT)
    status = text_in(fields, "Status")
    if status is None:
        raise MalformedReplyError(WHAT, offset=0, field="Status")
    if status == "Acknowledged":
        return fields
    chain = fields.get("ErrorChain")
    errors = chain[:_MOST_ERRORS] if isinstance(chain, list) else []
    codes = (integer_in(error, "ErrorCode") for error in errors if isinstance(error, Mapping))
    return Refused(codes=tuple(code for code in codes if code is not None))
