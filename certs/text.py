"""One human sentence in the station's two languages. Pure."""

from dataclasses import dataclass
from enum import Enum


class Language(Enum):
    """Languages that every sentence of the product exists in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in Chinese and in English; neither may be missing."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        assert self.zh, "every sentence exists in Chinese"
        assert self.en, "every sentence exists in English"

    def in_language(self, language: Language) -> str:
        """Return the sentence in one language."""
        return self.zh if language is Language.ZH else self.en


def language_of(locale_name: str) -> Language:
    """Choose the language for a POSIX locale name.

    Args:
        locale_name: the first non-empty value of LC_ALL, LC_MESSAGES and LANG, such as
            ``zh_CN.UTF-8``; may be empty.

    Returns:
        Chinese for any ``zh`` locale, English for everything else.
    """
    return Language.ZH if locale_name.lower().startswith("zh") else Language.EN
