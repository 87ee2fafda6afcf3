"""The codes in a phone's documents are those by which the station decides."""

from typing import get_args

import pytest

from certs.formats import phone_erasure_words as words
from certs.formats.fields import UNKNOWN
from certs.formats.phone_erasure_v1 import PhoneBefore
from wipe_station.phone_values import Shown
from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import ABOUT_DATA, MEANINGS, Contradiction, Kind, Observation
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.routes import ROUTES, Route
from wipe_station.records import Category


def test_codes__each_enumeration__all_of_it_and_no_more() -> None:
    """What the station can find out, a document can say; nothing else can stand there."""
    said = {
        System: {*words.SYSTEMS},
        Form: {*words.DEVICE_KINDS} - {UNKNOWN},
        Encryption: {*words.ENCRYPTIONS} - {UNKNOWN},
        VerifiedBoot: {*words.VERIFIED_BOOTS} - {UNKNOWN},
        Canary: {*words.CANARIES},
        Observation: {*words.OBSERVATIONS},
        Contradiction: {*words.CONTRADICTIONS},
        Route: {*words.ROUTES},
        Category: {*words.CATEGORIES},
    }
    for kinds, codes in said.items():
        assert {each.value for each in kinds} == codes
    assert {*words.SHOWN} == {*get_args(Shown)}


def test_kinds__of_observations__as_the_station_judges_them() -> None:
    """A verifier counts the kinds of evidence that the station counted."""
    kinds = {
        each.value: meaning.kind.value
        for each, meaning in MEANINGS.items()
        if meaning.kind is not Kind.PRESENCE
    }
    assert kinds == words.KINDS
    about = {each.value for each, meaning in MEANINGS.items() if meaning.kind in ABOUT_DATA}
    assert about == {*words.ABOUT_DATA}


def test_routes__by_system_and_by_what_they_leave__as_in_the_table() -> None:
    """A route's system and whether it leaves FRP are the table's."""
    for system, routes in (
        (System.ANDROID, words.ANDROID_ROUTES),
        (System.IOS, words.IOS_ROUTES),
    ):
        assert {each.value for each, needs in ROUTES.items() if needs.system is system} == {*routes}
    leaving = {each.value for each, needs in ROUTES.items() if needs.leaves_frp}
    assert leaving == {*words.LEAVING_FRP}


@pytest.mark.parametrize("name", [name for name in PhoneBefore.__slots__ if name != "shown"])
def test_before__each_field__a_fact_of_that_name(name: str) -> None:
    """What a document says of the phone before its reset is a fact that was read."""
    assert name in PhoneFacts.__slots__
