"""Debian's programs, which the lab is made with and of. I/O."""

import os
import subprocess
from pathlib import Path


class SetupError(Exception):
    """The lab cannot be set up here; the text says what is missing."""


def run(*command: str | Path, where: Path | None = None) -> str:
    """Run a program and return what it said.

    Raises:
        SetupError: it failed; the text holds its last words.
    """
    done = subprocess.run(
        list(map(str, command)),
        cwd=where,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        raise SetupError(f"{command[0]} {command[1]}: {done.stdout[-500:]}")
    return done.stdout
