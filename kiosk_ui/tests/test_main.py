"""The start of the kiosk's process."""

import json
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from kiosk_ui import main


def test_start__page_is_announced__takes_connections_before_it_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A browser that opens the address as soon as it is said waits, and sees no error."""
    taken = []

    async def serve(_: uvicorn.Server, sockets: list[socket.socket]) -> None:
        said = urlsplit(json.loads(capsys.readouterr().out)["url"])
        with socket.create_connection((said.hostname, said.port)) as line:
            taken.append(line.getpeername() == sockets[0].getsockname())

    words = ["kiosk-ui", "--socket", str(tmp_path / "none"), "--port", "0"]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(main, "become", lambda *_: None)
    monkeypatch.setattr(uvicorn.Server, "serve", serve)
    main.main()
    assert taken == [True]


def test_start__port_is_taken__said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Another program has it: its number, and how to take another one."""
    with socket.create_server((main.LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        words = ["kiosk-ui", "--socket", str(tmp_path / "none"), "--port", str(port)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as caught:
            main.main()
    assert caught.value.code == main.EXIT_USAGE
    said = capsys.readouterr().err
    assert str(port) in said
    assert "--port" in said
