"""Why a job did not end verified: code and both languages, in one place. Pure."""

from collections.abc import Sequence
from typing import Final

from certs.text import Text
from wipe_station.records import IoFailure, Json

INTERRUPTIONS: Final = {
    "device-gone": Text(
        zh="设备断开了，或者换成了另一台。插回去，会接着做。",
        en="The device went away or was exchanged. Plug it back in; the job continues.",
    ),
    "device-hangs": Text(
        zh="设备没有反应了。拔下重新插上，点“继续”；再这样就放进红盒，交给店长。",
        en="The device stopped answering. Plug it in anew and continue; if it happens again:"
        " red box, manager.",
    ),
    "worker-died": Text(
        zh="清除程序意外停止了。点“继续”，从停下的地方接着做。",
        en="The working process died. Resume to continue where it stopped.",
    ),
    "stopped-by-operator": Text(
        zh="操作员停下了任务。点“继续”，从停下的地方接着做。",
        en="The operator stopped the job. Resume to continue where it stopped.",
    ),
    "station-stopped": Text(
        zh="工作站中途停了（断电或程序被结束）。点“继续”，接着做。",
        en="The station stopped half-way (power or process). Resume to continue.",
    ),
    "replug-asked": Text(
        zh="已经写完，还没有核对。请把设备拔下，再插回来，会接着核对：这样读回来的不会是设备缓存里的。",
        en="Written, not yet verified. Pull the device and plug it back in; verification follows,"
        " and cannot be answered from the device's cache.",
    ),
    "device-absent": Text(
        zh="没有找到这台设备。插上它再点“继续”。",
        en="The device was not found. Plug it in and resume.",
    ),
}

ABANDONED: Final = Text(
    zh="操作员放弃了任务；设备没有清除完。",
    en="The operator gave the job up; the device is not erased.",
)


def reason(code: str, text: Text) -> dict[str, Json]:
    """Return a reason as journal and notices keep it."""
    return {"code": code, "zh": text.zh, "en": text.en}


def interruption(code: str) -> dict[str, Json]:
    """Return the reason for an interruption."""
    return reason(code, INTERRUPTIONS[code])


def io_failure(failures: Sequence[IoFailure]) -> dict[str, Json]:
    """Return the reason for a step that met I/O errors, naming the lowest."""
    first = min(failures, key=lambda failure: failure.start_byte)
    what, at = f"{first.operation} {first.errno_name}", first.start_byte
    return reason(
        f"{first.operation}-error",
        Text(
            zh=f"设备在第 {at} 字节处出错（{what}），没能清除完。不能出售。",
            en=f"The device failed at byte {at} ({what}); it is not erased. Not for sale.",
        ),
    )


def too_much(failure: IoFailure) -> dict[str, Json]:
    """Return the reason for a device that is worth no more time, naming where patience ended."""
    what, at = f"{failure.operation} {failure.errno_name}", failure.start_byte
    return reason(
        "too-many-errors",
        Text(
            zh=f"坏的地方太多，或者太慢，不再继续（到第 {at} 字节，{what}）。"
            "请放进红盒，交给店长，物理销毁。",
            en=f"Too many bad places, or too slow: given up at byte {at} ({what})."
            " Red box, manager; destroy it physically.",
        ),
    )


def exceptions(first: IoFailure, unwritten_bytes: int, unread_bytes: int) -> dict[str, Json]:
    """Return the reason for a job that is verified but for some places.

    Args:
        first: the first of them.
        unwritten_bytes: refused in some pass.
        unread_bytes: refused when they were read back.
    """
    what, at = f"{first.operation} {first.errno_name}", first.start_byte
    told = [
        Text(zh=f"{count} 字节{zh}", en=f"{count} bytes could not be {en}")
        for count, zh, en in (
            (unwritten_bytes, "写不进", "written"),
            (unread_bytes, "读不出", "read"),
        )
        if count
    ]
    return reason(
        "bad-sectors",
        Text(
            zh=f"有 {'，'.join(text.zh for text in told)}（先在第 {at} 字节处，{what}）；"
            "其余每个字节都核对过。不能出售，请放进红盒，交给店长。",
            en=f"{' and '.join(text.en for text in told)} (first at byte {at}, {what}); every"
            " other byte was checked. Not for sale. Red box, manager.",
        ),
    )


def probes_differ(at: int) -> dict[str, Json]:
    """Return the reason for probes that came back wrong, the first at offset ``at``."""
    return reason(
        "capacity-not-real",
        Text(
            zh=f"容量是假的，或者写入没有被接受：第 {at} 字节处的探针读回来不对。不能出售。",
            en=f"False capacity, or writes not accepted: the probe at byte {at} came back wrong."
            " Not for sale.",
        ),
    )


def difference(at: int) -> dict[str, Json]:
    """Return the reason for a verification that found other bytes, the first at offset ``at``."""
    return reason(
        "content-differs",
        Text(
            zh=f"核对失败：第 {at} 字节和写入的不一样。不能出售，请放进红盒，交给店长。",
            en=f"Verification failed: byte {at} differs from what was written."
            " Not for sale. Red box, manager.",
        ),
    )
