"""``docs/phones.md``, made of the tables that the station follows."""

from collections.abc import Iterator, Sequence
from typing import Final

from certs.text import Text
from wipe_station.phone_jobs.place import Patience
from wipe_station.phones.evidence import CONTRADICTIONS, MEANINGS, NEEDED_KINDS
from wipe_station.phones.facts import HOW_TO_LEARN
from wipe_station.phones.makers import DECLARED, MakerFunction, all_makers
from wipe_station.phones.overwrite import FILE_BYTES, ROOM_BYTES, WHOLE_RATIO
from wipe_station.phones.routes import COOL_CELSIUS, GATES, HOT_CELSIUS, ROUTES, Needs, Route
from wipe_station.phones.run import FINAL, TABLES, Event, State
from wipe_station.records import Category
from wipe_station.tests.markdown import code, page, table
from wipe_station.tests.phone_scenarios import Run, scenarios

INTRO: Final = """\
What the station knows of phones and tablets: facts, gates, ways to a reset, what is observed
afterwards, and what may be claimed. The counter erases by these tables; **nothing here was tried
on a real phone**, only on simulators, and every document says so. The facts are those of public
sources ([S]), of runs against simulators ([P]) or general knowledge ([M]), as marked."""

WAYS: Final = """\
The first that is open is offered first. The owner presses; no way leads past a lock.

Where a way goes through another mode, the phone is read and its owner presses while its system
runs; the station then sends it there, and waits for it at the same port, with the same serial.
Whatever goes wrong before it is there ends the job: nothing was erased. A phone that is plugged in
in such a mode is not read, and is to be started normally: nothing in there says whether anybody is
signed in.

Trade-in mode (Android 16 on) is no way here, only evidence afterwards: it is for a phone that was
reset already, and says too little of it (nothing of its encryption, no file can be laid down) for
anything to be claimed. A phone that comes so is set up without an account, and goes by another way.
[Decision 028](decisions/028-asked-where-it-was-sent.md) says more."""

EVIDENCE: Final = f"""\
A phone that says "OK" has shown nothing. A reset counts as shown if the phone is the one of
before (serial, IMEI or UDID), nothing contradicts it, and {NEEDED_KINDS} kinds of observation
that do not depend on each other speak for it, one of them about the data themselves (files,
record): a phone can lose its settings and keep the rest. Its mere return counts for none. So a
photograph alone never leads to a certificate, nor does a phone in which no file could be laid
down and which keeps no record."""

CLAIMS: Final = """\
| Phone, before its reset | Claim |
| --- | --- |
| iOS | Purge by cryptographic erase; that keys were destroyed is inferred |
| Android, file-based and metadata encryption, verified boot green, bootloader locked | Purge by \
cryptographic erase and discard; both inferred |
| Android, encrypted otherwise, or bootloader unlocked, or boot state unknown | Clear |
| Android that did not say, called encrypted by its settings before the clerk's eyes | Clear |
| Android, not known to be encrypted | nothing; Clear with an overwrite between two resets that \
filled it and was read back |

The words are those of NIST SP 800-88r2, whose text, like IEEE 2883's and GB 46864-2025's, was
not examined; no conformity is claimed. Whether a maker's own function counts for GB 46864-2025
is open: the table of makers says what was declared."""

OVERWRITE: Final = f"""\
The clerk may have it done where adb reaches the phone after its first reset; it is never wanted
for an encrypted phone's claim. The phone itself does all of it: `dd` from `/dev/urandom` into one
folder of its shared storage, file after file of {FILE_BYTES >> 20} MiB until it takes no more;
`sha256sum` of each right away, and of each again when all are written. A file counts if both
digests are the same and no other file has them. The whole counts as an overwrite, which a claim
may rest on, if every file counts and they are {WHOLE_RATIO:.0%} of what `df` said to be free; less
is stated in bytes, and nothing follows from it. The files stay until the second reset takes them;
{ROOM_BYTES >> 20} MiB that were written first are freed again, for its canary. What was cancelled
is taken away; a phone that went away meanwhile has overwritten nothing.

Nobody outside sees the storage: a phone whose software lies about all of it is not found out, only
one that forgets, repeats itself, stops early or does not know how. Spare areas, the system's
partitions and what the file system keeps for itself are not reached. The second reading comes from
the flash as far as its memory is smaller than what was written. The texts of the commands are
general knowledge [M]; no clause of a standard was compared."""

HEAT: Final = f"""\
A phone that waits at its port, before its job and between two resets, is asked for its battery's
temperature every {Patience().warmth_s:.0f} seconds (adb: `dumpsys battery`; a paired iPhone: its
battery's node), and for nothing else. From {HOT_CELSIUS:.0f} °C on the page says so with the next
step and no erasure begins, until it has told less than {COOL_CELSIUS:.0f} °C. One that fills its
free space is asked between two files; too hot, it rests and goes on where it was, or gives up after
{Patience().cool_s / 60:.0f} minutes, and then no overwrite is stated. A phone that is away, speaks
MTP alone or tells no temperature is not judged; one that was too hot and falls silent still is. The
limits are ours; see [decision 031](decisions/031-a-hot-phone-rests.md)."""

BENCH: Final = """\
For a person with real phones that may be erased, one of each kind at least; write down model,
system, patch level, and the outcome of each line, also where it fails.

1. Which USB interfaces the phone shows: switched off, charging only, file transfer, debugging,
   fastboot, recovery; before and after the reset, and in the setup assistant. Is MTP there
   before setup ends?
2. `adb shell getprop`, `dumpsys battery`, `dumpsys account`, `cmd phone get-imei 0` on each
   release: what is denied? Compare with `*#06#` and the label.
3. Lay a file down by MTP and by adb; reset by hand; skip setup; choose file transfer; list. Is
   it gone?
4. `cmd testharness enable` with and without a screen lock; afterwards, is setup skipped, is the
   key kept?
5. Android 16: after a reset, `adb shell tradeinmode getstatus` on every brand; `evaluate`,
   restart.
6. Lock the bootloader again after a test with an unlocked one; the claim must not change by
   itself.
7. FRP: reset by each route with an account signed in (your own), and see what asks for it
   afterwards.
8. iPhone: pair with Debian's `idevicepair` on the current iOS; EraseDevice with Find My off,
   and on (your own account): is it refused? NVRAM `obliteration` before and after: can it be
   read, does its time change?
9. Pull the cable at each state of the tables below; exchange the phone for another of the same
   model.
10. eSIM: is it gone after each route?
11. How long is a phone away when its USB mode is changed, and when it resets itself? A job takes
    less than five seconds for a re-plug. Does it come back on USB before setup, with which
    serial, and does it show file transfer there?
12. The overwrite on each release: are `dd`, `df -k`, `stat -c`, `sha256sum` there, and what do
    they say, also when the phone is full? How long does it take, does the phone get hot or ask
    anything, is there room for a canary afterwards, does the second reset still go?
13. A whole trade-in at the counter by somebody who has never seen it, with a watch: where does
    she wait, and which sentence does she not understand?
14. `adb reboot bootloader` on unlocked phones of each maker: how long until fastboot is there
    (the station waits five minutes), at the same port (also in a socket and with a cable for
    USB 3, whose other port `readlink /sys/bus/usb/devices/PORT/port/peer` names), with the serial
    of adb on USB and in `getvar serialno`? Does it erase `metadata` and `userdata`, start by
    itself afterwards, and is the setup there? What does a locked one say, and does it start again
    when told?
15. `adb reboot rescue` on each maker's phones: which have the mode, what do the others do? There:
    `adb devices`, the serial on USB, `adb rescue wipe userdata`; does it start again when told?
16. iPhone on USB, which was seen on a simulated one alone: `lsusb -v` (how many configurations,
    which interfaces in each, locked and unlocked); `bConfigurationValue` and each interface's
    `authorized` in sysfs from the moment of plugging in until it is read: is the last of the
    first four in force, are photos and usbmux alone let in? The first iPhone after a boot, the
    second, two at once, one that returns from its reset: how long until `idevice_id -l` lists
    it, is usbmuxd still the same process, does one stay unseen until it is plugged in again?
    Does a phone that was put into another configuration ask "Trust" anew, or stop charging?"""


def phones_page() -> str:
    """Show all that is known of phones, and every scenario with what came of it."""
    return page(
        "Phones and tablets",
        INTRO,
        "## What is unknown, and how to find out",
        table(("Fact", "How"), ((code(name), _both(how)) for name, how in HOW_TO_LEARN.items())),
        "## Gates: why no reset may begin",
        table(("Gate", "What is said"), ((code(gate.value), _both(GATES[gate])) for gate in GATES)),
        "## Too hot",
        HEAT,
        "## Ways to a reset",
        WAYS,
        table(("Route", "For people", "Needs", "Afterwards", "Certainty"), _routes()),
        "## Makers' own functions",
        table(("Makers", "Menu", "GB 46864-2025", "Certainty"), map(_maker, all_makers())),
        "## Observations",
        EVIDENCE,
        table(("Observation", "Kind", "Strength", "What is said"), _observations()),
        "What speaks against it, each enough by itself:",
        table(
            ("Contradiction", "What is said"),
            ((code(each.value), _both(text)) for each, text in CONTRADICTIONS.items()),
        ),
        "## Claims",
        CLAIMS,
        "## Overwrite between two resets",
        OVERWRITE,
        "## States",
        "Routes with one reset, and with a second one by hand or by itself. What the table does not"
        " name cannot happen; what is not final is indeterminate.",
        table(("State", "Event", "One reset", "Two resets"), _states()),
        "## Scenarios",
        "Played by a model of a phone with a secret: whether its owner's data survive. A test holds"
        " that no data ever survive a certificate, in these and thousands of random ones, and that"
        " every line of every route's table is taken.",
        table(
            ("Route", "What goes wrong", "Data", "Ends", "Document"), map(_scenario, scenarios())
        ),
        "## Bench plan",
        BENCH,
    )


def _both(text: Text) -> str:
    return f"{text.zh}<br>{text.en}"


def _routes() -> Iterator[Sequence[str]]:
    for route in Route:
        needs = ROUTES[route]
        title = _both(needs.title)
        yield code(route.value), title, ", ".join(_needs(needs)), _after(needs), needs.certainty


def _needs(needs: Needs) -> Iterator[str]:
    yield " or ".join(sorted(link.value for link in needs.links))
    if needs.through is not None:
        yield f"then {needs.through.value}"
    if needs.oldest_api:
        yield f"API level {needs.oldest_api}"
    if needs.no_screen_lock:
        yield "no screen lock"
    if needs.bootloader_unlocked:
        yield "bootloader unlocked"
    if needs.leaves_frp:
        yield "accounts read as 0"


def _after(needs: Needs) -> str:
    said = [
        *(["a second reset"] if needs.final_reset else []),
        *(["trust is kept"] if needs.keeps_trust else []),
        *(["FRP stays as it was"] if needs.leaves_frp else []),
    ]
    return ", ".join(said) or "-"


def _maker(maker: MakerFunction) -> Sequence[str]:
    names = ", ".join(name if name != "*" else "all others" for name in maker.names)
    return names, _both(maker.menu), _both(DECLARED[maker.declared]), maker.certainty


def _observations() -> Iterator[Sequence[str]]:
    for each, meaning in MEANINGS.items():
        yield code(each.value), meaning.kind.value, meaning.strength.value, _both(meaning.text)


def _states() -> Iterator[Sequence[str]]:
    once, twice = TABLES[Route.IOS_GUIDED], TABLES[Route.GUIDED]
    for state in State:
        for event in Event:
            ends = [each.get(state, {}).get(event) for each in (once, twice)]
            if any(ends):
                yield state.value, event.value, *(end.value if end else "-" for end in ends)
        if state in FINAL:
            yield state.value, "-", *(FINAL[state].value for _ in (once, twice))


def _scenario(run: Run) -> Sequence[str]:
    data = "survive" if run.phone.data else "gone"
    return code(run.route.value), run.fault.name, data, run.outcome.value, _document(run)


def _document(run: Run) -> str:
    claim = run.claim
    if claim is None:
        return "none: nothing was done to it"
    if run.certified:
        return f"certificate: {claim.claim.category.value}, {claim.claim.reason}"
    if claim.claim.category is Category.NONE and claim.claim.reason != claim.finding.value:
        return f"notice: {claim.claim.reason}"
    return f"notice: {claim.finding.value}"
