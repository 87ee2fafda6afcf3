"""The one way in which grading refuses: the input is at fault; a hint says what to do. Pure."""

from grading.text import Text


class GradingError(Exception):
    """Measures or request cannot be graded.

    Attributes:
        message: what is wrong.
        hint: what to do next.
    """

    def __init__(self, message: Text, *, hint: Text) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint
