"""What ``wipe-cert keys`` tells people and programs."""

from collections.abc import Mapping, Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certs.command_line import ExitCode
from certs.formats.fields import shown
from certs.report import Report, both
from certs.station_keys import KeyRequest, StationKeys
from certs.text import Text

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
DAY: Final = "%Y-%m-%d"


def grouped(digest: str) -> tuple[str, str]:
    """Return a SHA-256 as two lines of eight groups of four digits, to be read aloud."""
    groups = [digest[at : at + 4].upper() for at in range(0, len(digest), 4)]
    return " ".join(groups[:8]), " ".join(groups[8:])


def digest_of(root_pem: bytes) -> str:
    """Return the SHA-256 of a root, as openssl shows it, in lower-case hex."""
    return x509.load_pem_x509_certificate(root_pem).fingerprint(hashes.SHA256()).hex()


def fingerprint_lines(zh: str, en: str, digest: str) -> tuple[Text, ...]:
    """Return a title and the two lines of a fingerprint."""
    rows = (f"    {row}" for row in grouped(digest))
    return (Text(zh=f"{zh}：", en=f"{en}:"), *(Text(zh=row, en=row) for row in rows))


def request_lines(name: str, key_id: str) -> tuple[Text, ...]:
    """Return who asks, and with which key."""
    return (
        line("工作站：", "Station: ", shown(name)),
        *fingerprint_lines("密钥指纹（SHA-256）", "Fingerprint of its key (SHA-256)", key_id),
    )


def station_lines(keys: StationKeys) -> tuple[Text, ...]:
    """Return who signs, until when, with which key and under which root."""
    ends = keys.chain.not_after.strftime(DAY)
    return (
        line("签名方：", "Signs as: ", keys.chain.signer_name),
        line("有效期到：", "Until: ", ends),
        line("密钥在：", "Its key is in ", _whereabouts(keys)),
        *fingerprint_lines("密钥指纹", "Fingerprint of its key", keys.chain.key_id),
        *fingerprint_lines("根证书指纹", "Fingerprint of the root", digest_of(keys.root_pem)),
    )


def _whereabouts(keys: StationKeys) -> Text:
    if keys.token is None:
        return Text(zh="文件里", en="a file")
    label, serial = shown(keys.token.place.token_label), shown(keys.token.token_serial)
    return Text(zh=f"令牌 {label}（序列号 {serial}）", en=f"the token {label} (serial {serial})")


def request_machine(request: KeyRequest) -> dict[str, object]:
    """Return a request for a program."""
    return {"request": str(request.path), "station": request.name, "key_id": request.key_id}


def station_machine(keys: StationKeys) -> dict[str, object]:
    """Return a station's keys for a program."""
    return {
        "signer": keys.chain.signer_name,
        "not_after": keys.chain.not_after.strftime(TIME),
        "key_id": keys.chain.key_id,
        "token": "" if keys.token is None else keys.token.place.token_label,
        "root_sha256": digest_of(keys.root_pem),
    }


def line(zh: str, en: str, value: str | Text) -> Text:
    """Return a title with its value."""
    one = Text(zh=value, en=value) if isinstance(value, str) else value
    return Text(zh=f"{zh}{one.zh}", en=f"{en}{one.en}")


def done(*lines: Text, **machine: object) -> Report:
    """Return that it was done."""
    return told(ExitCode.ERASED, "done", lines, machine)


def told(
    exit_code: ExitCode, status: str, lines: Sequence[Text], machine: Mapping[str, object]
) -> Report:
    """Return how something stands."""
    return Report(
        exit_code=exit_code,
        lines=tuple(lines),
        machine={"status": status, "exit_code": int(exit_code), **machine},
    )


def failed(error: OSError) -> Report:
    """Return that a file could not be read or written."""
    reason = shown(error.strerror or type(error).__name__)
    name = f" ({shown(str(error.filename), 400)})" if error.filename else ""
    message = Text(zh=f"没做完：{reason}{name}。", en=f"Not done: {reason}{name}.")
    return Report(
        exit_code=ExitCode.USAGE,
        lines=(
            message,
            Text(zh="排除原因后，重复同一条命令。", en="Repeat it once that is mended."),
        ),
        machine={"status": "failed", "exit_code": int(ExitCode.USAGE), "message": both(message)},
    )
