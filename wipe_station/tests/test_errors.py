"""Errors: every class has an exit code, every sentence both languages."""

from certs.text import Text
from wipe_station import errors, reasons, views
from wipe_station.records import Outcome


def test_exit_code__every_class__mapped_by_its_family() -> None:
    """Usage, refusal, device trouble and lost trust are told apart by the exit code."""
    text = Text(zh="坏", en="bad")
    expected = {
        errors.InvalidInputError: 2,
        errors.BusyError: 4,
        errors.NotConfirmedError: 4,
        errors.DeviceGoneError: 5,
        errors.CommandTimeoutError: 5,
        errors.EvidenceError: 6,
    }
    for kind, code in expected.items():
        assert errors.exit_code_of(kind(text, hint=text)) == code
    refused = errors.RefusedByPolicyError(text, hint=text, reasons=(text,))
    assert errors.exit_code_of(refused) == 4
    malformed = errors.MalformedReplyError("page", offset=1, field="x")
    assert errors.exit_code_of(malformed) == 5


def test_error_named__each_device_error__the_same_behind_the_socket() -> None:
    """What the daemon said of a device is told apart by its clients, too."""
    text = Text(zh="坏", en="bad")
    kinds = (errors.CommandRejectedError, errors.CommandTimeoutError, errors.DeviceGoneError)
    for kind in kinds:
        told = errors.error_named(kind.__name__, text, hint=text, reasons=(), device_id=None)
        assert type(told) is kind
        assert errors.exit_code_of(told) == 5


def test_diagnostics__both_languages_and_hint__there() -> None:
    """What goes to the screen has a message and a next step in both languages."""
    text = Text(zh="坏", en="bad")
    shown = errors.BusyError(text, hint=text, device_id="loop:x").diagnostics()
    assert set(shown) == {
        "error",
        "message_zh",
        "message_en",
        "hint_zh",
        "hint_en",
        "device",
    }


def test_reasons__every_interruption_and_outcome__has_words() -> None:
    """No code reaches a person without a sentence."""
    for code in reasons.INTERRUPTIONS:
        assert set(reasons.interruption(code)) == {"code", "zh", "en"}
    assert set(views.OUTCOME_TEXT) == set(Outcome)
