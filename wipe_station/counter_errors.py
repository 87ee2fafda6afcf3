"""What is said of jobs on the counter, of drives and of phones alike. Pure."""

from certs.text import Text
from wipe_station.errors import BusyError, InvalidInputError


def unknown_job(job_id: str) -> InvalidInputError:
    """Return the error for a job that does not stand on the counter."""
    return InvalidInputError(
        Text(zh=f"柜台上没有任务 {job_id}。", en=f"No job {job_id} on the counter."),
        hint=Text(zh="已经取走的任务由店长查。", en="Ask the manager for closed jobs."),
    )


def not_over() -> BusyError:
    """Return the error for a job that still wants its device."""
    return BusyError(
        Text(zh="任务还没有完。", en="The job is not over."),
        hint=Text(zh="让它做完，或者先放弃它。", en="Let it end, or give it up first."),
    )


def nothing_signed() -> InvalidInputError:
    """Return the error for a job that has no document yet."""
    return InvalidInputError(
        Text(zh="还没有签发文件。", en="Nothing was signed yet."),
        hint=Text(zh="等任务做完。", en="Wait for the job to end."),
    )


def shutting_down() -> BusyError:
    """Return the error for a station that begins nothing any more."""
    return BusyError(
        Text(zh="工作站正在关闭。", en="The station is shutting down."),
        hint=Text(zh="等它重新启动。", en="Wait until it is back."),
    )


def not_overwritten_now() -> InvalidInputError:
    """Return the error for a phone whose free space is not to be filled now."""
    return InvalidInputError(
        Text(zh="现在不能覆写空闲空间。", en="Nothing is overwritten now."),
        hint=Text(
            zh="第一次重置以后、第二次重置以前才行，而且只要一次。",
            en="Only between the first reset and the second, and once.",
        ),
    )


def no_photograph() -> InvalidInputError:
    """Return the error for what is no picture of the camera here."""
    return InvalidInputError(
        Text(zh="这不是 JPEG 照片。", en="This is no JPEG photograph."),
        hint=Text(zh="用本机的相机再拍一次。", en="Take it again with the camera here."),
    )


def no_photograph_now() -> InvalidInputError:
    """Return the error for a photograph that nobody waits for."""
    return InvalidInputError(
        Text(zh="现在不需要照片。", en="No photograph is wanted now."),
        hint=Text(
            zh="等手机重新启动，看到欢迎画面再拍。",
            en="Wait until the phone is back and shows its welcome screen.",
        ),
    )
