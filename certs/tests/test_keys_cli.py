"""``wipe-cert keys`` as the keepers of a root and of a station type it."""

import contextlib
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.chain import key_id_of
from certs.cli import main
from certs.command_line import HELP as PROGRAM_HELP
from certs.keys import ensure_log_key, next_log_key
from certs.keys_arguments import HELP
from certs.keys_command import COMMANDS
from certs.keys_words import grouped
from certs.log.writer import LogWriter
from certs.root_keys import ROOT_NAME
from certs.signers.reference import REFERENCE_NAME
from certs.station_keys import KeyRequest, install
from certs.tests.keys_samples import (
    ORGANISATION,
    PASSPHRASES,
    STATION,
    asked_in,
    issued,
    opened_root,
    root_in,
)
from certs.tests.log_samples import ORIGIN, log_signer
from certs.tests.revocation_samples import listing, other_entry
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    Authority,
    authority,
    certificate_statement,
    issue,
    names_in,
    signed_files,
)
from certs.tests.token_samples import LABEL, PIN, SoftToken, token

__all__ = ["token"]
Said = tuple[int, Any]


class Desk:
    """A folder, a clock, and the program."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.now = NOW
        self._capsys = capsys

    def says(self, *words: str | Path) -> tuple[int, str]:
        """Run the program; return its exit code and what it printed."""
        code = main(["keys", *map(str, words)])
        return code, self._capsys.readouterr().out

    def tells(self, *words: str | Path) -> Said:
        """Run it with --json."""
        code, text = self.says(*words, "--json")
        return code, json.loads(text)

    def both(self) -> tuple[str | Path, ...]:
        """Return the options with both passphrases."""
        options: list[str | Path] = []
        for letter, typed in (("a", PASSPHRASES.first), ("b", PASSPHRASES.second)):
            file = self.path / f"passphrase-{letter}"
            file.write_text(typed + "\n", "utf-8")
            file.chmod(0o600)
            options += [f"--passphrase-file-{letter}", file]
        return tuple(options)


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """Return an empty desk in December."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(tmp_path, capsys)

    class Clock:
        @staticmethod
        def now(_zone: object) -> datetime:
            return made.now

    monkeypatch.setattr(cli, "datetime", Clock)
    return made


@pytest.fixture
def station(desk: Desk) -> Path:
    """Return the folder of a station whose key is installed for 400 days."""
    folder, request = asked_in(desk.path)
    install(folder, issued(request), opened_root().pem, NOW)
    return folder


def test_root_new__made__fingerprint_to_read_aloud(desk: Desk) -> None:
    """The fingerprint is openssl's, in groups; a second root never replaces the first."""
    folder = desk.path / "root"
    words = ("root", "new", folder, "--name", ORGANISATION, *desk.both())
    code, text = desk.says(*words)
    assert code == 0
    asked = ["openssl", "x509", "-in", str(folder / ROOT_NAME), "-noout", "-fingerprint"]
    done = subprocess.run([*asked, "-sha256"], capture_output=True, text=True, check=True)
    digits = done.stdout.partition("=")[2].strip().replace(":", "")
    assert all(row in text for row in grouped(digits.lower()))
    assert PASSPHRASES.first not in text
    assert "wipe-cert keys request" in text
    before = (folder / ROOT_NAME).read_bytes()
    code, told = desk.tells(*words)
    assert (code, told["status"]) == (2, "refused")
    assert (folder / ROOT_NAME).read_bytes() == before


def test_root_new__weak_or_readable_passphrase__nothing_made(desk: Desk) -> None:
    """A short passphrase, or one that others can read, makes no root."""
    words = ("root", "new", desk.path / "root", "--name", ORGANISATION, *desk.both())
    (desk.path / "passphrase-b").chmod(0o644)
    assert desk.says(*words)[0] == 6
    (desk.path / "passphrase-b").chmod(0o600)
    (desk.path / "passphrase-b").write_text("short", "utf-8")
    assert desk.says(*words)[0] == 2
    (desk.path / "passphrase-b").write_bytes(b"\xff" * 20)
    assert desk.says(*words)[0] == 2
    (desk.path / "passphrase-b").unlink()
    assert desk.says(*words)[0] == 2
    assert not (desk.path / "root").exists()


def _asked_and_root(desk: Desk) -> tuple[Path, Path, str]:
    _, request = asked_in(desk.path)
    return request.path, root_in(desk.path), request.key_id


def test_issue__fingerprint_compared__certificate(desk: Desk) -> None:
    """With the right fingerprint and both passphrases, and only then, there is a certificate."""
    request, root, key_id = _asked_and_root(desk)
    out = desk.path / "station.pem"
    words = ("issue", request, "--root-dir", root, "-o", out, *desk.both())
    spoken = " ".join(grouped(key_id))
    for wrong in ("", "yes", spoken[:-1], "0000 " + spoken[5:]):
        assert desk.says(*words, "--yes", wrong)[0] == 2
    swapped = [*words, "--yes", spoken]
    first, second = swapped.index("--passphrase-file-a"), swapped.index("--passphrase-file-b")
    swapped[first], swapped[second] = swapped[second], swapped[first]
    code, told = desk.tells(*swapped)
    assert (code, told["status"]) == (6, "refused")
    assert "passphrases" in told["message"]["en"]
    assert not out.exists()
    code, told = desk.tells(*words, "--yes", spoken)
    assert (code, told["key_id"]) == (0, key_id)
    assert told["not_after"] == "2028-01-05T00:00:00Z"
    before = out.read_bytes()
    assert desk.says(*words, "--yes", spoken)[0] == 2
    assert out.read_bytes() == before


def test_issue__asked_on_the_screen__yes_or_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --yes, name and fingerprint are shown and a person is asked, in Chinese too."""
    import io

    request, root, key_id = _asked_and_root(desk)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    words = ["keys", "issue", str(request), "--root-dir", str(root), *map(str, desk.both())]
    for answer, code in (("\n", 2), ("no\n", 2), ("", 2), ("是\n", 0)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert main([*words, "-o", str(desk.path / "station.pem")]) == code
        asked = capsys.readouterr().err
        assert f"工作站：{STATION}" in asked
        assert grouped(key_id)[0] in asked


def test_install_and_show__station__says_who_and_until_when(desk: Desk, station: Path) -> None:
    """A valid key is shown with everything that people compare."""
    code, text = desk.says("show", station)
    assert code == 0
    assert f"Signs as: CN={STATION},O={ORGANISATION}" in text
    assert "Until: 2028-01-05" in text
    code, told = desk.tells("show", station)
    assert (code, told["status"]) == (0, "valid")
    assert told["signer"] == f"CN={STATION},O={ORGANISATION}"


@pytest.mark.parametrize(
    ("days", "code", "status"),
    [(369, 0, "valid"), (370, 5, "attend"), (400, 5, "attend"), (401, 6, "refused")],
)
def test_show__a_month_before_the_end__warns_then_refuses(
    desk: Desk, station: Path, days: int, code: int, status: str
) -> None:
    """Thirty days ahead it warns; once it is over, nothing may be signed."""
    desk.now = NOW + timedelta(days=days)
    assert desk.tells("show", station)[0] == code
    assert desk.tells("show", station)[1]["status"] == status
    _, text = desk.says("show", station)
    assert ("wipe-cert keys renew" in text) == (code != 0)


def test_request_renew_install__as_typed__new_key_in_use(desk: Desk) -> None:
    """From the first request to a renewal, by the commands alone."""
    folder, root = desk.path / "keys", root_in(desk.path)
    code, told = desk.tells("request", folder, "--station", STATION)
    assert code == 0
    assert desk.says("request", folder, "--station", STATION)[0] == 2
    assert desk.says("renew", folder)[0] == 2
    code, waiting = desk.tells("show", folder)
    assert (code, waiting["waiting"]["key_id"]) == (5, told["key_id"])
    for number in (1, 2):
        out = desk.path / f"station-{number}.pem"
        asked = ("--root-dir", root, "-o", out, "--yes", told["key_id"], *desk.both())
        assert desk.says("issue", told["request"], *asked)[0] == 0
        assert desk.says("install", out, "--dir", folder, "--root", desk.path / "absent")[0] == 2
        code, shown = desk.tells("install", out, "--dir", folder, "--root", root / ROOT_NAME)
        assert (code, shown["key_id"]) == (0, told["key_id"])
        _, told = desk.tells("renew", folder)
    assert names_in(folder) == ["1", "2", "3"]


def test_install__another_root__refused(desk: Desk) -> None:
    """A root that did not issue the certificate is not taken over."""
    folder, request = asked_in(desk.path)
    (desk.path / "station.pem").write_bytes(issued(request))
    (desk.path / "root.pem").write_bytes(ROOT.pem)
    words = ("install", desk.path / "station.pem", "--dir", folder)
    assert desk.says(*words, "--root", desk.path / "root.pem")[0] == 6


def test_revoke__published_and_repeated__same_version(desk: Desk, station: Path) -> None:
    """A list is written with its signature; the same word again makes no new version."""
    root, out = root_in(desk.path), desk.path / "revoked.json"
    certificate = station / "1" / "station.pem"
    words = ("revoke", certificate, "--root-dir", root, "--reason", "key-stolen", *desk.both())
    (desk.path / "log.vkey").write_text(log_signer().key.text() + "\n", "ascii")
    size = ("--last-trusted-log-size", "6")
    assert desk.says(*words, "--list", out, *size)[0] == 2
    assert desk.says(*words, "--list", out, "--log-key", desk.path / "log.vkey")[0] == 2
    bounded = (*words, "--list", out, *size, "--log-key", desk.path / "log.vkey")
    for _ in range(2):
        code, told = desk.tells(*bounded)
        assert (code, told["version"]) == (0, 1)
        assert names_in(desk.path / "root" / "revoked") == ["1"]
        out.unlink()
    code, told = desk.tells(*words, "--list", out)
    assert (code, told["version"]) == (0, 2)
    stated = json.loads(out.read_bytes())["entries"][0]
    assert (stated["last_trusted_log_size"], stated["reason"]) == ("unknown", "key-stolen")
    assert desk.says(*bounded)[0] == 2
    assert desk.says(*words, "--list", certificate)[0] == 2


def test_revoke__log_that_changed_its_key__both_stand_in_the_list(
    desk: Desk, station: Path
) -> None:
    """Documents of before the change still count where the organisation says so."""
    root, out = root_in(desk.path), desk.path / "revoked.json"
    keys = [log_signer(seed).key.text() for seed in (2, 1)]
    for seed, key in enumerate(keys):
        (desk.path / f"{seed}.vkey").write_text(f"{key}\n", "ascii")
    words = ("revoke", station / "1" / "station.pem", "--root-dir", root, *desk.both())
    words += ("--reason", "key-stolen", "--list", out, "--last-trusted-log-size", "6")
    named = [each for seed in (0, 1) for each in ("--log-key", desk.path / f"{seed}.vkey")]
    assert desk.says(*words, *named, *named[:2])[0] == 2, "one of them twice"
    (desk.path / "other.vkey").write_text(log_signer(3, "log.example/other").key.text(), "ascii")
    other = ("--log-key", desk.path / "other.vkey")
    assert desk.says(*words, *named, *other)[0] == 2, "of another log"
    for _ in range(2):
        code, told = desk.tells(*words, *named)
        assert (code, told["version"]) == (0, 1)
    (stated,) = json.loads(out.read_bytes())["entries"]
    assert [stated["log_key"], *stated["earlier_log_keys"]] == keys
    code, told = desk.tells(*words, *named[:2])
    assert (code, told["version"]) == (0, 2), "the old one was lost after all"


def test_revoke__certificate_of_another_root__refused(desk: Desk) -> None:
    """A root revokes the keys that it issued for, and no others."""
    (desk.path / "foreign.pem").write_bytes(PRODUCTION_SIGNER.certificate_chain_pem)
    words = ("--root-dir", root_in(desk.path), "--reason", "key-lost", *desk.both())
    out = desk.path / "revoked.json"
    assert desk.says("revoke", desk.path / "foreign.pem", *words, "--list", out)[0] == 6
    assert not out.exists()


def test_revoke__issuer_below_the_root__listed(desk: Desk) -> None:
    """An issuer that the root made by other means can be revoked with all that it vouched for."""
    root, folder = opened_root(), root_in(desk.path)
    top = Authority(certificate=root.certificate, key=root.private_key)
    made = issue(authority("issuing", path_length=0), top)
    (desk.path / "issuing.pem").write_bytes(made.pem)
    words = ("--root-dir", folder, "--reason", "key-stolen", *desk.both())
    code, told = desk.tells(
        "revoke", desk.path / "issuing.pem", *words, "--list", desk.path / "revoked.json"
    )
    assert (code, told["key_id"]) == (0, key_id_of(made.key.public_key()))


def test_verify__with_a_list__refused_or_told(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is read with the signature beside it; an older one than known is refused."""
    bundle = desk.path / "bundle"
    bundle.mkdir()
    for name, data in signed_files(
        certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER
    ).items():
        (bundle / name).write_bytes(data)
    (desk.path / "root.pem").write_bytes(ROOT.pem)
    made = listing(other_entry())
    (desk.path / "revoked.json").write_bytes(made.document)
    words = ["verify", str(bundle), "--root", str(desk.path / "root.pem")]
    listed = [*words, "--revoked", str(desk.path / "revoked.json")]
    assert main(listed) == 2
    (desk.path / "revoked.sig").write_bytes(made.signature)
    assert main(listed) == 0
    assert "✓ 11. no key of the signer's chain is revoked" in capsys.readouterr().out
    assert main([*listed, "--revoked-version-at-least", "1"]) == 0
    capsys.readouterr()
    assert main([*listed, "--revoked-version-at-least", "2"]) == 6
    assert "✗ 11. " in capsys.readouterr().out
    assert main([*words, "--revoked-version-at-least", "2"]) == 2
    (desk.path / "revoked.sig").write_bytes(made.signature[:-1] + b"\x00")
    assert main([*listed, "--json"]) == 6
    capsys.readouterr()
    assert main(words) == 0
    assert "\N{EN DASH} 10. " in capsys.readouterr().out


def test_disk_full__said_and_repeatable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails is told as such, and the same command works afterwards."""
    import errno

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    words = ("request", desk.path / "keys", "--station", STATION)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        code, told = desk.tells(*words)
    assert (code, told["status"]) == (2, "failed")
    assert "No space left" in told["message"]["en"]
    assert desk.says(*words)[0] == 0


# --- the log's own key ---------------------------------------------------------------------------


def test_rotate_log__key_waits__told_and_asked_again_the_same(desk: Desk) -> None:
    """Whoever asks gets the public key to hand around; nothing else changes before a restart."""
    state = desk.path / "state"
    state.mkdir()
    signer = ensure_log_key(state / "log-key", ORIGIN)
    LogWriter(state / "log", signer)
    before = (state / "log-key" / "log-key.pem").read_bytes()
    told = [desk.tells("rotate-log", state) for _ in range(2)]
    assert told[0] == told[1]
    code, said = told[0]
    assert (code, said["earlier_log_key"]) == (0, signer.key.text())
    waiting = next_log_key(state / "log-key", ORIGIN)
    assert waiting is not None
    assert said["log_key"] == waiting.key.text()
    assert (state / "log-key" / "next-log-key.pem").stat().st_mode & 0o777 == 0o600
    assert (state / "log-key" / "log-key.pem").read_bytes() == before


def test_rotate_log__no_log_or_another_ones__refused(desk: Desk) -> None:
    """A wrong folder is a wrong folder, and a key that others can read is not trusted."""
    state = desk.path / "state"
    assert desk.says("rotate-log", state)[0] == 2
    LogWriter(desk.path / "log", log_signer())
    state.mkdir()
    (desk.path / "log").rename(state / "log")
    assert desk.says("rotate-log", state)[0] == 6, "no key beside it"
    ensure_log_key(state / "log-key", ORIGIN)
    (state / "log-key" / "log-key.pem").chmod(0o644)
    assert desk.says("rotate-log", state)[0] == 6


# --- on a terminal -----------------------------------------------------------------------------


def _on_terminal(words: list[str], typed: list[str]) -> tuple[int, str]:
    """Run the program on a terminal of its own and type a line at each prompt."""
    ours, theirs = os.openpty()
    command = ["setsid", "--ctty", "--wait", sys.executable, "-m", "certs", *words]
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as p:
        os.close(theirs)
        shown, waiting = "", list(typed)
        # A terminal whose other side hung up cannot be read.
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4096):
                shown += piece.decode("utf-8", "replace")
                if waiting and shown.endswith(": "):
                    os.write(ours, f"{waiting.pop(0)}\n".encode())
        os.close(ours)
        return p.wait(60), shown


def test_passphrases__typed__never_shown(tmp_path: Path) -> None:
    """Two people type on a terminal; it shows nothing of it; a slip of the finger makes no root."""
    words = ["keys", "root", "new", str(tmp_path / "root"), "--name", ORGANISATION]
    first, second = PASSPHRASES.first, PASSPHRASES.second
    code, shown = _on_terminal(words, [first, first, second, second + "x"])
    assert (code, "The two differ" in shown) == (2, True)
    assert not (tmp_path / "root").exists()
    code, shown = _on_terminal(words, [first, first, second, second])
    assert code == 0, shown
    assert "First person, your passphrase" in shown
    assert first not in shown
    assert second not in shown
    assert ROOT_NAME in names_in(tmp_path / "root")


def test_passphrases__ctrl_c__stopped_without_a_trace(tmp_path: Path) -> None:
    """Whoever stops at a prompt has made nothing and sees no traceback."""
    words = ["keys", "root", "new", str(tmp_path / "root"), "--name", ORGANISATION]
    code, shown = _on_terminal(words, [PASSPHRASES.first, "\x03"])
    assert (code, "Stopped" in shown, "Traceback" in shown) == (2, True, False)
    assert names_in(tmp_path) == []


def test_passphrases__no_terminal__never_read_from_elsewhere(tmp_path: Path) -> None:
    """Where nothing can keep it from being shown, nothing is typed."""
    words = ["keys", "root", "new", str(tmp_path / "root"), "--name", ORGANISATION]
    done = subprocess.run(
        [sys.executable, "-m", "certs", *words],
        input=f"{PASSPHRASES.first}\n" * 4,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=60,
    )
    assert (done.returncode, (tmp_path / "root").exists()) == (6, False)
    assert "Traceback" not in done.stderr
    assert PASSPHRASES.first not in done.stdout + done.stderr


# --- help --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*COMMANDS, "keys", "keys root"])
def test_help__each_command__in_both_languages(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command explains itself and every argument, in Chinese and in English."""
    described = HELP[name]
    for locale, said, usage in (
        ("zh_CN.UTF-8", described.zh, PROGRAM_HELP["usage"].zh),
        ("C.UTF-8", described.en, PROGRAM_HELP["usage"].en),
    ):
        monkeypatch.setenv("LC_ALL", locale)
        monkeypatch.setenv("COLUMNS", "300")
        with pytest.raises(SystemExit) as ended:
            main([*name.split(), "--help"])
        text = capsys.readouterr().out
        assert ended.value.code == 0
        assert text.startswith(f"{usage}wipe-cert {name}")
        assert said in text
        assert ("options" in text) == (locale == "C.UTF-8")


def test_request__in_a_token__installed_shown_and_renewed(desk: Desk, token: SoftToken) -> None:
    """The same commands serve a key that lies in no file."""
    folder = desk.path / "keys"
    words = ("--pkcs11", token.place.module, "--token", LABEL, "--key", "counter-7")
    pin = ("--pin-file", token.pin_file)
    code, told = desk.tells("request", folder, "--station", STATION, *words, *pin)
    assert code == 0
    waiting = KeyRequest(path=Path(told["request"]), name=STATION, key_id=told["key_id"])
    (desk.path / "station.pem").write_bytes(issued(waiting))
    (desk.path / "root.pem").write_bytes(opened_root().pem)
    install_words = ("install", desk.path / "station.pem", "--dir", folder)
    assert desk.says(*install_words, "--root", desk.path / "root.pem")[0] == 0
    code, text = desk.says("show", folder)
    assert (code, f"in the token {LABEL}" in text) == (0, True)
    token.with_pin("0")
    code, told = desk.tells("show", folder)
    assert (code, "tried once" in told["message"]["en"]) == (6, True)
    token.with_pin(PIN)
    assert desk.tells("show", folder)[1]["token"] == LABEL
    assert desk.says("renew", folder)[0] == 0
    assert (folder / "2" / REFERENCE_NAME).exists()


def test_request__half_a_token__wrong_usage_and_nothing_made(desk: Desk) -> None:
    """What is missing or can be no such name is said before anything is asked of a token."""
    module, label = ("--pkcs11", "/m.so"), ("--token", "counter")
    file, name = ("--pin-file", "/pin"), ("--pin-credential", "pin")
    for words in (
        module,
        label,
        file,
        ("--key", "k"),
        ("--run-as", "tss"),
        (*module, *label),
        (*module, *file),
        (*label, *file),
        (*module, *label, *file, *name),
        (*module, "--token", "x" * 33, *file),
        (*module, *label, *file, "--key", ""),
        (*module, *label, *file, "--run-as", "No User"),
        (*module, *label, "--pin-credential", "../pin"),
    ):
        assert desk.says("request", desk.path / "keys", "--station", STATION, *words)[0] == 2, words
    assert not (desk.path / "keys").exists()
