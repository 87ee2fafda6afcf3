"""Durable writes: faults at every system call, and the order of the calls."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from certs.durable import NewFile, write_file, write_folder
from certs.tests.samples import names_in

_CALLS = ("mkdir", "open", "write", "fsync", "replace")
_FILES = {"a": NewFile(data=b"first"), "b": NewFile(data=b"second", mode=0o600)}


class PowerCutError(BaseException):
    """The machine went dark; no handler of the program runs."""


@dataclass(slots=True)
class Injection:
    """Counts the calls of durable writes and strikes at one of them."""

    strike_at: int
    strike: Callable[[Callable[[], Any]], Any]
    calls: list[tuple[str, str]] = field(default_factory=list)
    hit: bool = False

    def call(self, name: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Stand in for one function of `os`."""
        self.calls.append((name, _path_of(name, args[0])))
        if len(self.calls) - 1 == self.strike_at:
            self.hit = True
            return self.strike(lambda: function(*args, **options))
        return function(*args, **options)


def _path_of(name: str, target: Any) -> str:
    if name in {"write", "fsync"}:
        return Path(f"/proc/self/fd/{target}").readlink().name
    return Path(target).name


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a system call goes wrong."""

    name: str
    strike: Callable[[Callable[[], Any]], Any]

    @contextmanager
    def injected(self, strike_at: int) -> Iterator[Injection]:
        """Let the call with this number go wrong, counted from 0."""
        injection = Injection(strike_at, self.strike)
        with pytest.MonkeyPatch.context() as patch:
            for name in _CALLS:
                patch.setattr(os, name, _stand_in(injection, name, getattr(os, name)))
            yield injection


def _stand_in(injection: Injection, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: injection.call(name, real, *args, **options)


def _fail_undone(_call: Callable[[], Any]) -> Any:
    raise OSError(errno.ENOSPC, "injected")


def _fail_done(call: Callable[[], Any]) -> Any:
    call()
    raise OSError(errno.EIO, "injected")


def _cut_before(_call: Callable[[], Any]) -> Any:
    raise PowerCutError


def _cut_after(call: Callable[[], Any]) -> Any:
    call()
    raise PowerCutError


FAULTS = [
    pytest.param(fault, id=fault.name)
    for fault in (
        Fault("refused", _fail_undone),
        Fault("done-but-reported-as-failed", _fail_done),
        Fault("power-cut-before", _cut_before),
        Fault("power-cut-after", _cut_after),
    )
]


@pytest.mark.parametrize("fault", FAULTS)
def test_write_folder__fault_at_any_call__whole_or_absent(tmp_path: Path, fault: Fault) -> None:
    """After a fault at any call the folder is whole or absent, and a repetition succeeds."""
    step, hit = 0, True
    while hit:
        target = tmp_path / f"run-{step}" / "target"
        target.parent.mkdir()
        with fault.injected(step) as injection:
            try:
                write_folder(target, _FILES)
            except (OSError, PowerCutError):
                assert injection.hit
        if target.exists():
            assert (target / "b").read_bytes() == b"second"
        else:
            write_folder(target, _FILES)
        assert names_in(target) == ["a", "b"]
        step, hit = step + 1, injection.hit
    assert step > 9


@pytest.mark.parametrize("fault", FAULTS)
def test_write_file__fault_at_any_call__old_or_new(tmp_path: Path, fault: Fault) -> None:
    """After a fault at any call the file holds its old or its new content, never a mixture."""
    target = tmp_path / "file"
    step, hit = 0, True
    while hit:
        write_file(target, NewFile(data=b"old"))
        with fault.injected(step) as injection:
            try:
                write_file(target, NewFile(data=b"new content"))
            except (OSError, PowerCutError):
                assert injection.hit
        assert target.read_bytes() in {b"old", b"new content"}
        step, hit = step + 1, injection.hit
    assert names_in(tmp_path) == ["file"]
    assert target.read_bytes() == b"new content"


def test_write_folder__order_of_calls__content_and_names_before_the_rename(tmp_path: Path) -> None:
    """Every file and the folder are synced before the rename, the parent after it."""
    with Fault("none", _fail_undone).injected(-1) as injection:
        write_folder(tmp_path / "target", _FILES)
    partial, parent = ".target.partial", tmp_path.name
    assert injection.calls == [
        ("mkdir", partial),
        *(("open", "a"), ("write", "a"), ("fsync", "a")),
        *(("open", "b"), ("write", "b"), ("fsync", "b")),
        *(("open", partial), ("fsync", partial)),
        ("replace", partial),
        *(("open", parent), ("fsync", parent)),
    ]


def test_write_file__short_writes__completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that takes one byte at a time still ends with all of them."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:1]))
    write_file(tmp_path / "file", NewFile(data=b"content", mode=0o600))
    assert (tmp_path / "file").read_bytes() == b"content"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_write_folder__target_holds_files__refused_and_untouched(tmp_path: Path) -> None:
    """A folder that holds something is never replaced."""
    write_folder(tmp_path / "target", _FILES)
    with pytest.raises(OSError, match="not empty"):
        write_folder(tmp_path / "target", {})
    assert names_in(tmp_path / "target") == ["a", "b"]
