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
