"""One human sentence in two languages; grading stands alone, so it brings its own. Pure."""

from dataclasses import dataclass
from enum import Enum


class Language(Enum):
    """Languages that every sentence exists in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A sentence in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the sentence in one language."""
        return self.zh if language is Language.ZH else self.en

    def both(self) -> dict[str, str]:
        """Return the sentence as reports keep it."""
        return {"zh": self.zh, "en": self.en}


def language_of(locale_name: str) -> Language:
    """Return Chinese for a POSIX locale name such as ``zh_CN.UTF-8``, English for any other."""
    return Language.ZH if locale_name.lower().startswith("zh") else Language.EN
