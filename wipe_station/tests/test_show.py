"""What the command line shows of quirks: beside the device, for people and for programs."""

import json

import pytest

from certs.text import Language
from wipe_station.detect.classify import classify
from wipe_station.detect.safety import refusals
from wipe_station.lookout import Assessment
from wipe_station.quirk import Quirk
from wipe_station.show import Screen
from wipe_station.testing import raw_snapshot
from wipe_station.tests.test_quirks import BEHIND, quirk


def shown(known: Quirk, *, json_lines: bool) -> None:
    """Show one device with one quirk."""
    world = classify(raw_snapshot({"sda": BEHIND}), [known])
    device = world.devices[0]
    found = refusals(device, world, boot_diskseq=10)
    each = Assessment(device=device, refusals=found, quirks=world.quirks[device.name])
    Screen(Language.EN, json_lines=json_lines).devices([each])


def test_devices__quirk_that_adapts__shown_beside_what_it_does_not_forbid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A device that may be wiped in spite of its quirk shows both."""
    shown(quirk("shared-serial"), json_lines=False)
    out = capsys.readouterr().out
    assert "✓" in out
    assert "! It lies." in out


def test_devices__quirk_that_refuses__shown_once_as_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A quirk that refuses is a reason like any other."""
    shown(quirk("refuse"), json_lines=False)
    out = capsys.readouterr().out
    assert "✗ It lies." in out
    assert out.count("It lies.") == 1


def test_devices__as_json__quirk_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get the quirk's name, and a refusal with its code."""
    shown(quirk("refuse"), json_lines=True)
    line = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in line["quirks"]] == ["made-up"]
    assert [each["reason"] for each in line["refusals"]] == ["quirk"]
