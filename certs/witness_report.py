"""``wipe-cert witness`` and ``wipe-cert log cosign``: makes, serves and asks witnesses. I/O."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from certs.command_line import ExitCode
from certs.errors import CertsError, WitnessError
from certs.log.cosign import cosign
from certs.log.witness_server import Witness, new_witness, server
from certs.log_report import read_key
from certs.report import Report, both, missing, refused
from certs.text import Text

_MOST_PORT = 65535


def new_report(folder: Path, name: str) -> Report:
    """Make a witness's key, and show what others need of it."""
    try:
        key = new_witness(folder, name)
    except CertsError as error:
        return _refused(error)
    except OSError as error:
        return missing(error)
    return _done(Text(zh=key.text(), en=key.text()), {"key": key.text()})


def serve_report(folder: Path, name: str, logs: Sequence[Path], listen: str) -> Report:
    """Answer for a witness until somebody presses Ctrl-C."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > _MOST_PORT:
        return _usage(Text(zh=f"地址不对：{listen}", en=f"Not HOST:PORT: {listen}"))
    try:
        witness = Witness(folder, name, [read_key(path) for path in logs])
        with server(witness, host, int(port)) as listening:
            address = f"http://{host}:{listening.server_address[1]}"
            sys.stdout.write(f"{address}\n{witness.signer.key.text()}\n")
            sys.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                listening.serve_forever()
    except CertsError as error:
        return _refused(error)
    except OSError as error:
        return missing(error)
    return _done(Text(zh="已停止。", en="Stopped."), {})


def cosign_report(folder: Path, key: Path, witness: Path, url: str) -> Report:
    """Ask a witness for its signature."""
    try:
        cosign(folder, read_key(key), read_key(witness), url)
    except CertsError as error:
        return _refused(error)
    except OSError as error:
        return missing(error)
    return _done(Text(zh="见证方签了。", en="The witness signed."), {})


def _done(line: Text, more: dict[str, str]) -> Report:
    machine = {"status": "done", "exit_code": int(ExitCode.ERASED), **more}
    return Report(exit_code=ExitCode.ERASED, lines=(line,), machine=machine)


def _usage(message: Text) -> Report:
    machine = {"status": "usage", "exit_code": int(ExitCode.USAGE), "message": both(message)}
    return Report(exit_code=ExitCode.USAGE, lines=(message,), machine=machine)


def _refused(error: CertsError) -> Report:
    away = isinstance(error, WitnessError)
    return refused(ExitCode.INCONCLUSIVE if away else ExitCode.NOT_TRUSTED, error)
