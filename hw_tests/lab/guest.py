"""A virtual machine on this machine's own files: boots in seconds, ends with all it holds. I/O."""

import contextlib
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from hw_tests.lab.qmp import QemuError, Qmp, connect
from hw_tests.lab.setup import HERE, LAB, Lab, set_up

BOOT_S: Final = 180.0
"""Seven seconds on a quiet machine."""
CALL_S: Final = 180.0
END_S: Final = 5.0
MEMORY_MIB: Final = 1536
PROJECT: Final = LAB.parent
ROOT_PORTS: Final = 4
KERNEL_WORDS: Final = (
    "console=ttyS0 loglevel=6 panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check audit=0"
    " apparmor=0 random.trust_cpu=on cryptomgr.notests rcupdate.rcu_expedited=1"
    " modprobe.blacklist=psmouse,pcspkr,i2c_i801,iTCO_wdt,sdhci_pci,ahci"
)
# One processor: with two, QEMU 7.2 reads a memory map that the other one changes as an NVMe drive
# is pulled, and ends by a segmentation fault, once in some hundred pulls (``docs/lab.md``).
MACHINE: Final = (
    *("-accel", "tcg,tb-size=512", "-machine", "q35"),
    *("-cpu", "qemu64,+aes,+ssse3,+sse4.1,+sse4.2,+rdrand", "-smp", "1", "-m", str(MEMORY_MIB)),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
    # The host's files, which the guest can read and never change.
    *("-fsdev", "local,id=hostroot,path=/,security_model=none,readonly=on,multidevs=remap"),
    *("-device", "virtio-9p-pci,fsdev=hostroot,mount_tag=hostroot"),
    *("-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=lab.agent"),
    *("-device", "qemu-xhci,id=xhci,p2=15,p3=15"),
)
P = ParamSpec("P")
T = TypeVar("T")


class GuestError(Exception):
    """The guest did not start, died, or a call in it failed; the text holds its own words."""


class Guest:
    """One running guest, with a folder of its own on the host."""

    def __init__(self, *arguments: str, lab: Lab | None = None, folder: Path | None = None) -> None:
        """Prepare a guest; nothing runs before ``with``.

        Args:
            arguments: more of QEMU's, for devices that cannot be plugged later.
            lab: what to boot from; made if it is not there.
            folder: holds sockets and logs; None makes one that goes with the guest.
        """
        self._lab = lab or set_up()
        self._arguments = arguments
        self._given = folder
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._asked = 0
        self._lock = Lock()
        self.also = contextlib.ExitStack()
        """What ends with the guest, while QEMU still answers."""

    def __enter__(self) -> Self:
        """Boot, and wait until the agent answers.

        Raises:
            GuestError: it does not, with the end of the console's text.
        """
        self.folder = self._given or Path(tempfile.mkdtemp(prefix="wipe-lab-"))
        self.folder.mkdir(exist_ok=True)
        self._log = (self.folder / "qemu.log").open("wb")
        self._process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._boot()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _command(self) -> list[str]:
        kernel = f"{KERNEL_WORDS} lab.modules={self._lab.modules} lab.init={HERE / 'guest.sh'}"
        kernel += f" lab.project={PROJECT} lab.python={sys.executable}"
        ports = [f"pcie-root-port,id=rp{n},slot={n + 1},chassis={n + 1}" for n in range(ROOT_PORTS)]
        return [
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", *MACHINE),
            *("-kernel", str(self._lab.kernel), "-initrd", str(self._lab.initramfs)),
            *("-append", kernel, "-serial", f"file:{self.folder / 'console'}"),
            *("-qmp", f"unix:{self.folder / 'qmp'},server,nowait"),
            *("-chardev", f"socket,id=agent,path={self.folder / 'agent'},server=on,wait=off"),
            *(word for port in ports for word in ("-device", port)),
            *self._arguments,
        ]

    def _boot(self) -> None:
        ends = time.monotonic() + BOOT_S
        self.qmp = self._eventually(lambda: Qmp(self.folder / "qmp", self.epitaph), ends)
        self._agent = self._eventually(lambda: connect(self.folder / "agent"), ends)
        ready: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers[0] = ready
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        while True:
            with contextlib.suppress(queue.Empty, KeyError):
                self.booted_after_s = float(ready.get(timeout=0.5)["ready"])
                return
            if self._process.poll() is not None or time.monotonic() > ends:
                raise GuestError(f"the guest did not start\n{self.console()[-3000:]}{self.words()}")

    def _eventually(self, attempt: Callable[[], T], ends: float) -> T:
        while True:
            try:
                return attempt()
            except OSError as error:
                if self._process.poll() is not None or time.monotonic() > ends:
                    raise GuestError(f"QEMU did not start: {self.words()}") from error
                time.sleep(0.02)

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._agent.makefile("rb") as lines:
            for line in lines:
                said = json.loads(line)
                self._answers[said.get("id", 0)].put(said)
        for waiting in list(self._answers.values()):
            waiting.put({"error": self.epitaph()})

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have a function of ``inside`` done in the guest and return what it returned.

        Raises:
            GuestError: it failed there, or the guest is gone, or does not answer.
        """
        waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        with self._lock:
            self._asked += 1
            number = self._asked
            self._answers[number] = waiting
            name = f"{function.__module__}:{function.__qualname__}"
            asked = {"id": number, "call": name, "args": args, "kwargs": kwargs}
            try:
                self._agent.sendall(json.dumps(asked).encode() + b"\n")
            except OSError as error:
                raise GuestError(self.epitaph()) from error
        try:
            answer = waiting.get(timeout=float(cast("float", kwargs.get("timeout_s", 0))) + CALL_S)
        except queue.Empty as error:
            raise GuestError(f"{name} does not answer\n{self.console()[-2000:]}") from error
        finally:
            del self._answers[number]
        if "error" in answer:
            raise GuestError(f"{name}: {answer['error']}")
        return cast("T", answer["value"])

    @property
    def pid(self) -> int:
        """QEMU's process id."""
        return self._process.pid

    def plug(self, driver: str, name: str, **properties: object) -> None:
        """Plug a device in. ``_`` in names of properties stands for ``-``."""
        self.qmp.ask("device_add", driver=driver, id=name, **properties)

    def pull(self, name: str) -> None:
        """Pull a device out and wait until it is gone for QEMU, too."""
        self.qmp.ask("device_del", id=name)
        self.qmp.wait_for("DEVICE_DELETED", device=name)

    def cut_power(self) -> None:
        """End the guest as a power cut does: at once, with nothing said to anybody inside."""
        self._process.kill()
        self._process.wait()

    def console(self) -> str:
        """Return what the guest's kernel has said."""
        console = self.folder / "console"
        return console.read_text("utf-8", "replace") if console.exists() else ""

    def epitaph(self) -> str:
        """Return how QEMU ended, as far as it has, and the last words of it and of the kernel."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        how = f"the guest is gone: QEMU ended with {self._process.returncode}"
        return f"{how}\n{self.words()[-1000:]}\n{self.console()[-1000:]}"

    def words(self) -> str:
        """Return what QEMU has said."""
        return (self.folder / "qemu.log").read_text("utf-8", "replace")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End this very process, and remove the folder that was made for it."""
        try:
            self.also.close()
        finally:
            self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(QemuError, AttributeError, subprocess.TimeoutExpired):
                self.qmp.ask("quit")
                self._process.wait(END_S)
        self._process.kill()
        self._process.wait()
        for opened in ("qmp", "_agent"):
            with contextlib.suppress(AttributeError):
                getattr(self, opened).close()
        with contextlib.suppress(AttributeError):
            self._listener.join()
        self._log.close()
        if self._given is None:
            shutil.rmtree(self.folder)
