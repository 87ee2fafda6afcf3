"""``wipe-station ticket`` as it is typed: a whole life, usage, and what is never printed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from certs.cli import main as wipe_cert
from grading.cli import main as wipe_grade
from wipe_station.cli import app
from wipe_station.errors import EXIT_REFUSED, EXIT_USAGE
from wipe_station.issuer import PdfMaker
from wipe_station.money import amount_text, minor_units
from wipe_station.phones.routes import GATES, Gate
from wipe_station.tests.shop import SELLER

ACCEPT = ("accept", "--description", "A phone, blue", "--staff", "7")


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)


def run(state: Path, *arguments: str, stdin: str | None = None) -> tuple[int, list[Any], str]:
    """Run a command; return exit code, JSON lines, and all that was printed."""
    asked = ["ticket", *arguments, "--state", str(state), "--json"]
    done = CliRunner().invoke(app, asked, input=stdin)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.exit_code, lines, done.output


def one(state: Path, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
    """Run a command that succeeds with one line."""
    code, lines, said = run(state, *arguments, stdin=stdin)
    assert code == 0, said
    (line,) = lines
    assert isinstance(line, dict)
    return line


def test_ticket__whole_life__each_step_told_and_verified_by_a_stranger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Taken in with name and price, agreed, withdrawn, returned, forgotten; the papers verify."""
    price = ("--price", "199.5", "--consent", "keep-identity", "--seller-file", "-")
    taken = one(tmp_path, *ACCEPT, *price, "--identifier", "imei=49-015420-323751-8", stdin=SELLER)
    number = taken["number"]
    assert (taken["custody"], taken["price"]["minor_units"]) == ("held", 19950)
    assert one(tmp_path, "list")["number"] == number
    agreed = one(tmp_path, "consent", number, "erase", "--staff", "7")
    assert agreed["consents"] == ["erase", "keep-identity"]
    assert one(tmp_path, "price", number, "150", "--staff", "8")["price"]["minor_units"] == 15000
    assert one(tmp_path, "show", number, "--seller") == {"event": "seller", "seller": SELLER}
    withdrawn = one(tmp_path, "withdraw", number, "--staff", "7")
    back = one(tmp_path, "return", number, "--staff", "7", "--reason", "Too slow.")
    root = str(tmp_path / "keys" / "practice-root.pem")
    for end in (taken, withdrawn, back):
        asked = ["verify", end["document"], "--root", root, "--allow-practice", "--json"]
        assert wipe_cert(asked) == 5, "genuine, and no erasure"
        assert json.loads(capsys.readouterr().out)["status"] == "genuine"
    assert one(tmp_path, "forget", number)["custody"] == "forgotten"
    assert run(tmp_path, "list")[:2] == (0, [])
    assert one(tmp_path, "list", "--all")["description"] is None


def test_ticket__for_people__says_what_it_is_in_words(tmp_path: Path) -> None:
    """Without ``--json`` a person reads where the device is and where the paper lies."""
    one(tmp_path, *ACCEPT, "--price", "199.00", "--identifier", "imei=49-015420-323751-8")
    done = CliRunner().invoke(app, ["ticket", "list", "--state", str(tmp_path)])
    assert "A phone, blue" in done.output
    shown = CliRunner().invoke(
        app, ["ticket", "show", done.output.split()[0], "--state", str(tmp_path)]
    )
    for said in ("imei 490154203237518", "199.00 CNY", "#1"):
        assert said in shown.output


def test_grade__measures_in_a_file__the_report_is_recomputed_by_wipe_grade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is given the report grades anew by what stands in it, and comes to the same."""
    number = one(tmp_path / "state", *ACCEPT)["number"]
    measures = tmp_path / "measures.json"
    measures.write_text('{"drive_kind": "nvme", "nvme_media_errors": 3}', "utf-8")
    asked = ("grade", number, "--staff", "7", "--measures")
    report = one(tmp_path / "state", *asked, str(measures))
    assert [each["kind"] for each in report["events"]] == ["custody-accepted", "grade"]
    assert one(tmp_path / "state", *asked, "-", stdin=measures.read_text("utf-8"))["repeated"]
    assert wipe_grade(["evaluate", report["document"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ruleset"]["name"] == "drive"
    for wrong in ('{"verified": true}', '{"a": 1, "a": 2}', "[]", " " * (64 << 10) + "{}"):
        measures.write_text(wrong, "utf-8")
        assert run(tmp_path / "state", *asked, str(measures))[0] == EXIT_USAGE
    assert run(tmp_path / "state", *asked, str(tmp_path / "absent"))[0] == EXIT_USAGE


def test_countersign__assessor_with_a_key_of_his_own__taken_in_and_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """He is sent a paper, signs what he says of it elsewhere, and the station logs what came."""
    shop, assessor = tmp_path / "shop", tmp_path / "assessor"
    taken, _ = one(shop, *ACCEPT), one(assessor, *ACCEPT)
    roots = [each / "keys" / "practice-root.pem" for each in (shop, assessor)]
    who = ("--organisation", "Example Assessors", "--number", "12", "--keys", assessor / "keys")
    trusted = ("--root", roots[0], "--allow-practice", "-o", tmp_path / "signed", "--json")
    asked = ("countersign", taken["document"], *who, *trusted, "--agrees")
    assert wipe_cert([*map(str, asked)]) == 0
    signed = json.loads(capsys.readouterr().out)["countersignature"]
    words = ("countersign", taken["number"], signed, "--staff", "7", "--assessor-root")
    came = one(shop, *words, str(roots[1]))
    assert [each["kind"] for each in came["events"]] == ["custody-accepted", "countersignature"]
    assert one(shop, *words, str(roots[1]))["repeated"]
    assert run(shop, *words, str(roots[0]))[0] == EXIT_REFUSED
    code, said = audited(capsys, shop / "log")
    assert (code, said["findings"], said["counts"]["countersignature"]) == (5, [], 1)


def test_countersign__no_countersignature__usage(tmp_path: Path) -> None:
    """A paper of the station's own is no assessor's word; what is not there is none, either."""
    taken = one(tmp_path, *ACCEPT)
    root = str(tmp_path / "keys" / "practice-root.pem")
    asked = ("countersign", taken["number"], "--staff", "7", "--assessor-root", root)
    for document in (taken["document"], str(tmp_path / "absent")):
        assert run(tmp_path, *asked, document)[0] == EXIT_USAGE
    assert run(tmp_path, "list")[1][0]["events"] == taken["events"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--staff", "Zhang"),
        ("--price", "1.234"),
        ("--price", "-1"),
        ("--price", "1", "--currency", "yuan"),
        ("--consent", "everything"),
        ("--identifier", "imei"),
        ("--identifier", "imei=490154203237519"),
        ("--description", " "),
        ("--description", "two\nlines"),
        ("--seller-file", "/nonexistent"),
        ("--alike", "0"),
    ],
    ids=lambda wrong: " ".join(wrong).replace("\n", " "),
)
def test_ticket__malformed__usage_and_nothing_written(
    tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    """What cannot be meant is refused before the station is touched."""
    assert run(tmp_path, *ACCEPT, *wrong)[0] == EXIT_USAGE
    assert not (tmp_path / "log").exists()


def test_ticket__flagged__held_for_the_supervisor_who_lets_it_go_on(tmp_path: Path) -> None:
    """The clerk is told what to say, the customer's paper and the listing say no more than that."""
    (tmp_path / "settings.toml").write_text('version = 1\nblock_list = "list.csv"\n', "utf-8")
    (tmp_path / "list.csv").write_text("imei\n490154203237518\n", "utf-8")
    asked = ("--kind", "phone", "--identifier", "imei=490154203237518")
    words = ["ticket", *ACCEPT, *asked, "--state", str(tmp_path)]
    said = CliRunner().invoke(app, words, env={"LC_ALL": "zh_CN.UTF-8"})
    assert said.exit_code == 0, said.output
    assert GATES[Gate.BLOCKED].en in said.output
    listed = one(tmp_path, "list")
    number = listed["number"]
    assert (listed["custody"], listed["open"]) == ("frozen", True)
    staff = ("--staff", "1")
    assert run(tmp_path, "consent", number, "erase", *staff)[0] == EXIT_REFUSED
    assert run(tmp_path, "return", number, *staff)[0] == EXIT_USAGE
    assert run(tmp_path, "thaw", number, *staff)[0] == EXIT_USAGE
    cleared = ("--reason", "The number was given free.")
    assert one(tmp_path, "thaw", number, *staff, *cleared)["custody"] == "held"
    assert one(tmp_path, "freeze", number, *staff)["custody"] == "frozen"
    shown = CliRunner().invoke(app, ["ticket", "show", number, "--state", str(tmp_path)]).output
    assert "taken off hold" in shown
    assert "given free" not in shown
    assert one(tmp_path, "return", number, *staff, *cleared)["custody"] == "returned"


def test_ticket__block_list_damaged__phone_refused_naming_the_line(tmp_path: Path) -> None:
    """A list that is half understood lets nobody pass."""
    (tmp_path / "settings.toml").write_text('version = 1\nblock_list = "list.csv"\n', "utf-8")
    (tmp_path / "list.csv").write_text("imei\n4.90154E+14\n", "utf-8")
    code, (line,), _ = run(tmp_path, *ACCEPT, "--kind", "phone")
    assert (code, line["error"]) == (EXIT_REFUSED, "BlockListError")
    assert "line 2" in line["message_en"]


def test_ticket__malformed_seller__is_not_quoted(tmp_path: Path) -> None:
    """An error about her name does not say it."""
    code, _, said = run(tmp_path, *ACCEPT, "--seller-file", "-", stdin=SELLER * 200)
    assert (code, "Zhang" in said) == (EXIT_USAGE, False)


def test_release__no_such_bundle_or_another_stations__refused(tmp_path: Path) -> None:
    """A path that holds no certificate of ours lets nothing go."""
    taken = one(tmp_path / "a", *ACCEPT, "--consent", "erase")
    release = ("release", taken["number"], "--staff", "7", "--certificate")
    assert run(tmp_path / "a", *release, "20260101T000000Z-00000000")[0] == EXIT_USAGE
    other = one(tmp_path / "b", *ACCEPT)["document"]
    code, (line,), _ = run(tmp_path / "a", *release, other)
    assert (code, line["error"]) == (EXIT_REFUSED, "CustodyError")
    assert "no document of this station" in line["message_en"]


def audited(
    capsys: pytest.CaptureFixture[str], folder: Path, *receipts: str
) -> tuple[int, dict[str, Any]]:
    """Audit a log with customers' receipts; return the exit code and what was said."""
    proofs = [word for receipt in receipts for word in ("--proof", receipt)]
    capsys.readouterr()
    code = wipe_cert(["log", "verify", str(folder), *proofs, "--json"])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, said


def test_log__custody_without_an_end__listed_and_told_of_ones_own_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The public log alone says which tickets are open; a receipt asks it about its own."""
    first, second = one(tmp_path, *ACCEPT), one(tmp_path, *ACCEPT, "--alike", "2")
    back = one(tmp_path, "return", first["number"], "--staff", "7")
    proof = Path(second["document"]) / "receipt.tlog-proof"
    _, said = audited(capsys, tmp_path / "log", first["document"], str(proof), back["document"])
    assert (said["open_custody"], said["findings"]) == ([second["number"]], [])
    assert [(each["ticket"], each["custody"]) for each in said["receipts"]] == [
        (first["number"], "return"),
        (second["number"], "open"),
        (first["number"], "return"),
    ]


def test_log__cut_back_to_before_the_customer__found_with_her_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever makes a custody unhappen is found by whoever holds its receipt."""
    one(tmp_path, *ACCEPT)
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "log", before)
    taken = one(tmp_path, *ACCEPT, "--alike", "2")
    code, said = audited(capsys, before)
    assert (code, said["findings"]) == (5, [])
    code, said = audited(capsys, before, taken["document"])
    assert code == 6
    assert "rolled-back" in {each["code"] for each in said["findings"]}
    assert said["receipts"][0]["custody"] == "unknown"


@pytest.mark.parametrize("name", ["receipt.json", "receipt.tlog-proof"])
def test_log__receipt_that_is_not_what_the_log_has__refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A receipt with another ticket's proof asks nothing of the log."""
    first, second = one(tmp_path, *ACCEPT), one(tmp_path, *ACCEPT, "--alike", "2")
    (Path(first["document"]) / name).write_bytes((Path(second["document"]) / name).read_bytes())
    code, said = audited(capsys, tmp_path / "log", first["document"])
    assert (code, said["status"]) == (6, "refused")


@pytest.mark.parametrize(
    ("amount", "currency", "units", "shown"),
    [
        ("199", "CNY", 19900, "199.00 CNY"),
        ("0.5", "CNY", 50, "0.50 CNY"),
        ("0", "CNY", 0, "0.00 CNY"),
        ("1200", "JPY", 1200, "1200 JPY"),
        ("1.005", "KWD", 1005, "1.005 KWD"),
    ],
)
def test_money__amount__as_whole_units_and_back(
    amount: str, currency: str, units: int, shown: str
) -> None:
    """An amount is a whole number of the smallest unit, and reads as it was meant."""
    decimals = len(shown.split(maxsplit=1)[0].partition(".")[2])
    assert minor_units(amount, currency) == units
    assert amount_text(units, decimals, currency) == shown
