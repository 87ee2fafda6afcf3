"""What the commands of ``wipe-station`` share: language, options, errors. I/O."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from certs.errors import CertsError
from certs.text import Text, language_of
from wipe_station.errors import EXIT_NOT_TRUSTED, StationError, exit_code_of
from wipe_station.plan import DEFAULT_POLICY
from wipe_station.show import Screen

DEFAULT_STATE: Final = Path("/var/lib/wipe-station")
LANGUAGE: Final = language_of(
    os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
)


def say(zh: str, en: str) -> str:
    """Return a text in this run's language."""
    return Text(zh=zh, en=en).in_language(LANGUAGE)


JsonOption = Annotated[
    bool, typer.Option("--json", help=say("输出 JSON 行。", "Print JSON lines."))
]
StateOption = Annotated[
    Path,
    typer.Option(
        "--state",
        envvar="WIPE_STATION_STATE",
        help=say("工作站存放数据的目录。", "Directory that the station keeps its data in."),
    ),
]
DeviceArgument = Annotated[
    str, typer.Argument(metavar="DEVICE", help=say("设备节点或编号。", "Node or stable id."))
]
PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", help=say("按哪个标准。", f"Policy; {DEFAULT_POLICY} by default.")),
]
MethodOption = Annotated[
    str | None,
    typer.Option("--method", help=say("直接指定方法。", "Method by name, instead of a policy.")),
]
VerifyOption = Annotated[
    str,
    typer.Option(
        "--verify",
        help=say(
            "读回多少：full 全部；sample:10% 抽样，证明写明保证到什么程度。",
            "How much to read back: full, or sample:10%; the certificate states what that proves.",
        ),
    ),
]
ReplugOption = Annotated[
    bool,
    typer.Option(
        "--replug",
        help=say(
            "写完以后先拔下设备，再插回来核对（排除设备缓存）。",
            "Unplug the device before it is read back (excludes its cache).",
        ),
    ),
]
AcceptOption = Annotated[
    bool,
    typer.Option(
        "--accept-unestablished",
        help=say(
            "接受内容没有可靠来源证实的方法；文件上会写明。",
            "Take a method whose bytes no source establishes; the document says so.",
        ),
    ),
]


@contextmanager
def handled(screen: Screen) -> Iterator[None]:
    """Turn the station's errors into a sentence, a hint and an exit code."""
    try:
        yield
    except StationError as error:
        screen.error(error)
        raise typer.Exit(exit_code_of(error)) from error
    except CertsError as error:
        screen.distrust(error.message, error.hint)
        raise typer.Exit(EXIT_NOT_TRUSTED) from error
