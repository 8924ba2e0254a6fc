"""Conversations that ask for the same words in each language of a study."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from bot.locales import LANGUAGES, Words


class Spoken(BaseModel):
    """Answers with words in several languages; a question `text` is answered as `text_en`, `text_fr`, `text_es`. The
    study is in those languages whose `in_…` is true."""

    in_en: bool = False
    in_fr: bool = False
    in_es: bool = False

    def texts(self, name: str) -> dict[str, str]:
        """The words that were written, by language."""
        found = {language: getattr(self, f"{name}_{language}") for language in LANGUAGES}
        return {language: said for language, said in found.items() if said and getattr(self, f"in_{language}")}


def spoken(languages: Iterable[str]) -> dict[str, bool]:
    """These languages, as answers that are known from the start."""
    known = set(languages)
    return {f"in_{language}": language in known for language in LANGUAGES}


def in_language(language: str) -> Callable[[Any], bool]:
    """The guard of a question for the words in a language."""
    return lambda answers: bool(getattr(answers, f"in_{language}"))


def named(language: str) -> Callable[[Words], Mapping[str, object]]:
    """What the words of such a question are filled with."""
    return lambda words: {"language": words.plain(f"wording.{language}")}
