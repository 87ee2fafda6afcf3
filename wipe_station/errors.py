"""What can go wrong, typed, with the next step for the person at the counter. Pure.

A failed wipe is a value (``records.Outcome``), never one of these. Each class maps to one exit
code and one HTTP status in ``HANDLING``; library code never exits the process itself.
"""

from certs.text import Text


class StationError(Exception):
    """Base of every error that the station raises on purpose."""

    def __init__(self, message: Text, *, hint: Text, device_id: str | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint
        self.device_id = device_id

    def diagnostics(self) -> dict[str, str]:
        """Return the fields that screens and ``--json`` show."""
        shown = {
            "error": type(self).__name__,
            "message_zh": self.message.zh,
            "message_en": self.message.en,
            "hint_zh": self.hint.zh,
            "hint_en": self.hint.en,
        }
        return shown if self.device_id is None else shown | {"device": self.device_id}


class RequestError(StationError):
    """The operator or the caller must change something."""


class InvalidInputError(RequestError):
    """The request names something that does not exist or has the wrong form."""


class BusyError(RequestError):
    """Another station process owns the state directory or the device."""


class NotConfirmedError(RequestError):
    """The confirmation is missing or does not fit the device and the plan."""


class RefusedByPolicyError(RequestError):
    """Safety rules forbid wiping this device; ``reasons`` holds every one of them."""

    def __init__(
        self, message: Text, *, hint: Text, reasons: tuple[Text, ...], device_id: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, device_id=device_id)
        self.reasons = reasons


class CustodyError(RequestError):
    """The ticket does not allow it: its device is not here any more, or may not leave like this."""


class BlockListError(RequestError):
    """The list of phones that must not be taken in cannot be used; ``line`` tells where, if known.

    Without it nothing is known of any phone, so none is taken in.
    """

    def __init__(
        self, message: Text, *, hint: Text, line: int | None = None, device_id: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, device_id=device_id)
        self.line = line

    def again(self) -> "BlockListError":
        """Return the same error for somebody else who asked."""
        return BlockListError(
            self.message, hint=self.hint, line=self.line, device_id=self.device_id
        )


class DeviceError(StationError):
    """The device said no."""


class DeviceGoneError(DeviceError):
    """The device vanished, or another one stands where it stood."""


class CommandRejectedError(DeviceError):
    """The device, or the program that speaks to it, does not do what it was asked."""


class CommandTimeoutError(DeviceError):
    """The device did not answer in time; what it did meanwhile is not known."""


class MalformedReplyError(StationError):
    """Bytes from outside did not parse; keeps what was read and where it broke."""

    def __init__(self, what: str, *, offset: int, field: str) -> None:
        super().__init__(
            Text(
                zh=f"设备的回复看不懂（{what}，{field}，第 {offset} 字节）。",
                en=f"Malformed reply: {what}, field {field}, byte {offset}.",
            ),
            hint=Text(zh="换一根线或换一个口再试。", en="Try another cable or another bay."),
        )
        self.offset = offset
        self.field = field


class EvidenceError(StationError):
    """Journal or key store cannot be trusted: stop the line, sign nothing."""


class SelfTestError(StationError):
    """The station did not find what it had changed itself: nothing that it says would count."""


EXIT_VERIFIED = 0
EXIT_USAGE = 2
EXIT_NOT_ERASED = 3
EXIT_REFUSED = 4
EXIT_INCONCLUSIVE = 5
EXIT_NOT_TRUSTED = 6

# Order matters: the first class that fits decides. Exit code, then HTTP status.
HANDLING: tuple[tuple[type[StationError], int, int], ...] = (
    (InvalidInputError, EXIT_USAGE, 422),
    (BusyError, EXIT_REFUSED, 409),
    (NotConfirmedError, EXIT_REFUSED, 403),
    (CustodyError, EXIT_REFUSED, 409),
    (BlockListError, EXIT_REFUSED, 409),
    (RequestError, EXIT_REFUSED, 409),
    (DeviceError, EXIT_INCONCLUSIVE, 502),
    (EvidenceError, EXIT_NOT_TRUSTED, 503),
    (SelfTestError, EXIT_NOT_TRUSTED, 503),
    (StationError, EXIT_INCONCLUSIVE, 500),
)


def exit_code_of(error: StationError) -> int:
    """Return the process exit code for an error class."""
    return next(code for kind, code, _ in HANDLING if isinstance(error, kind))


def http_status_of(error: StationError) -> int:
    """Return the HTTP status for an error class."""
    return next(status for kind, _, status in HANDLING if isinstance(error, kind))


def error_named(
    name: str, message: Text, *, hint: Text, reasons: tuple[Text, ...], device_id: str | None
) -> StationError:
    """Return the error of a class name that crossed the socket; an unknown name is the base."""
    if name == RefusedByPolicyError.__name__:
        return RefusedByPolicyError(message, hint=hint, reasons=reasons, device_id=device_id)
    known = {kind.__name__: kind for kind, _, _ in HANDLING} | {
        kind.__name__: kind for kind in (CommandRejectedError, CommandTimeoutError, DeviceGoneError)
    }
    return known.get(name, StationError)(message, hint=hint, device_id=device_id)
