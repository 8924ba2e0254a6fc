"""The words for people, in their languages: gettext catalogues with one id per text.

The code holds ids (`join.country.ask`), the catalogues hold every word, English included. A text may carry inline
markup and `{placeholders}`; counted texts follow each language's plural rules.
"""

import io
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.chat.markup import Markup, fill, parse, plain

LANGUAGES = ("en", "fr", "es")
DEFAULT = "en"


class Words:
    """One language's texts."""

    def __init__(self, language: str, texts: GNUTranslations) -> None:
        self.language = language
        self._texts = texts
        # A screen says some twenty texts, and looking one up anew takes ten times as long.
        self._parsed: dict[str, Markup] = {}
        self._plain: dict[str, str] = {}

    def __call__(self, text: str, /, **values: object) -> Markup:
        """The text with this id. Raises KeyError when no catalogue has it."""
        parsed = self._parsed.get(text)
        if parsed is None:
            parsed = self._parsed[text] = parse(self._source(text))
        return fill(parsed, values) if values else parsed

    def plain(self, text: str, /, **values: object) -> str:
        """The text with this id, without markup: for labels and titles."""
        if values:
            return plain(self(text, **values))
        words = self._plain.get(text)
        if words is None:
            words = self._plain[text] = plain(self(text))
        return words

    def count(self, text: str, n: int, /, **values: object) -> Markup:
        """The text for `n` of something."""
        source = self._texts.ngettext(text, text, n)
        if source == text:
            raise KeyError(text)
        return fill(parse(source), {"n": n, **values})

    def has(self, text: str) -> bool:
        """Whether there is such a text."""
        return self._texts.gettext(text) != text

    def _source(self, text: str) -> str:
        source = self._texts.gettext(text)
        if source == text:
            raise KeyError(text)
        return source


def read(language: str) -> GNUTranslations:
    """The catalogue as written, with the translator's .po file as its only source."""
    source = files(__package__) / language / "LC_MESSAGES" / "messages.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def load() -> Mapping[str, Words]:
    """Words by language; what a language lacks is said in English. Read once, since it takes a tenth of a second."""
    english = read(DEFAULT)
    words = {}
    for language in LANGUAGES:
        texts = english if language == DEFAULT else read(language)
        if texts is not english:
            texts.add_fallback(english)
        words[language] = Words(language, texts)
    return words


def closest(hint: str) -> str:
    """The language of ours that a platform's hint (`fr-CA`, `it`, empty) comes to, or empty."""
    language = hint.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else ""
