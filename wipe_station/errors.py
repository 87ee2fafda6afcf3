"""What can go wrong, typed, with the next step for the person at the counter. Pure.

A failed wipe is a value (``records.Outcome``), never one of these. Each class maps to one exit
code in ``EXIT_CODE_OF``; library code never exits the process itself.
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


class DeviceError(StationError):
    """The device said no."""


class DeviceGoneError(DeviceError):
    """The device vanished, or another one stands where it stood."""


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


EXIT_VERIFIED = 0
EXIT_USAGE = 2
EXIT_NOT_ERASED = 3
EXIT_REFUSED = 4
EXIT_INCONCLUSIVE = 5
EXIT_NOT_TRUSTED = 6

# Order matters: the first class that fits decides.
EXIT_CODE_OF: tuple[tuple[type[StationError], int], ...] = (
    (InvalidInputError, EXIT_USAGE),
    (RequestError, EXIT_REFUSED),
    (DeviceError, EXIT_INCONCLUSIVE),
    (MalformedReplyError, EXIT_INCONCLUSIVE),
    (EvidenceError, EXIT_NOT_TRUSTED),
    (StationError, EXIT_INCONCLUSIVE),
)


def exit_code_of(error: StationError) -> int:
    """Return the process exit code for an error class."""
    return next(code for kind, code in EXIT_CODE_OF if isinstance(error, kind))
