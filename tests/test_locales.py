"""The three catalogues say the same, each in good form for its language and for the screens that show it."""

import re
from collections import Counter
from functools import cache
from importlib.resources import files

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.chat.limits import LIMITS
from bot.chat.markup import parse, plain
from bot.flows.flow import PickOne, PickSeveral, Step
from bot.flows.router import COMMANDS, FLOWS
from bot.locales import DEFAULT, LANGUAGES

TRANSLATED = tuple(language for language in LANGUAGES if language != DEFAULT)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
COMMAND = re.compile(r"(?<!\S)/[a-z]+\b")
SIGNS = "✓✗‹·"

# Slack's "plain_text" of a view's title, submit and close.
LONGEST_TITLE = LIMITS["slack"].form_title
LONGEST_LABEL = LIMITS["telegram"].comfortable_label
# These become a numbered list, and the entries of a select in a form.
LONG_OPTIONS = {"join.organisation_type": 70}

# A button about a form carries the form's name, which is long already: on a phone its end is cut off.
LONG_BUTTONS = ("home.continue",)
BUTTONS = (
    *(f"start.{name}" for name in ("join", "coalitions", "objectives", "requests", "language", "privacy", "help")),
    *(f"screen.{name}" for name in ("back", "skip", "save", "done", "more", "form", "next", "close", "human")),
    *(f"screen.{name}" for name in ("change", "change_this", "to_review")),
    *(f"stopped.{name}" for name in ("continue", "again", "delete", "begin")),
    *(f"coalitions.{name}" for name in ("change", "leave_pending", "leave_approved", "all")),
    *(f"objectives.{name}" for name in ("core", "global", "start_partnership", "start_alliance", "to_plan")),
    *(f"objectives.{name}" for name in ("to_goal", "to_facility", "to_facilities")),
    *("leave.yes", "leave.no", "request.approve", "request.decline", "requests.all"),
    *("privacy.erase", "erase.yes", "erase.no", "group.continue", "join.coalition.new"),
    *(f"remind.{name}" for name in ("snooze", "not_now", "stop", "resume")),
    *(f"calls.{name}" for name in ("new", "all", "stand", "to_call", "to_who", "send", "who", "when", "parts", "test")),
    *(f"calls.who_{name}" for name in ("some", "only", "not", "plus", "last", "back", "everybody", "places")),
    *(f"calls.{name}" for name in ("test_all", "delete", "delete_yes", "delete_no", "cancel_yes", "cancel_no", "yes")),
    *(f"calls.{name}" for name in ("yes_colleague", "no", "take_back", "send_back")),
    *("start.calls", "compose.target.any", "compose.wording.own", "when.day.other"),
    *(f"report.{name}" for name in ("same", "is_reached", "open", "next", "change_it", "begin", "go_on", "to_reports")),
    *("screen.write_anew", "figure.is_right", "report.total.skip"),
    *(f"help_wanted.{name}" for name in ("take", "done", "all")),
    *(f"obligation.every_{name}" for name in ("monthly", "quarterly", "yearly")),
    *(f"obligation.change_{name}" for name in ("every", "due", "lead", "deputy", "about")),
    *(f"obligation.{name}" for name in ("use", "set_up", "report", "close", "reopen", "all", "back", "name_lead")),
    *("obligation.close_yes", "obligation.close_no", "obligation.nobody", "start.obligations"),
    *(f"indicators.{name}" for name in ("add", "stop", "resume", "change", "all")),
    *(f"panel.{name}" for name in ("take_part", "no_thanks", "after_all", "practise", "leave", "leave_yes")),
    *(f"rate.{name}" for name in ("unable", "comment", "comment_change", "comment_drop", "next", "skip", "grid")),
    *(f"rate.{name}" for name in ("form", "keep_mine", "picture", "go_on", "look", "outcome", "rank_again")),
    *(f"why.{name}" for name in ("new_argument", "others", "time", "mistake", "other", "go_on")),
    *("practice.skip", "panel.look", "propose.none", "propose.remove", "outcome.all", "rounds.all", "rounds.card"),
    *(f"agree.{point}" for point in range(1, 6)),
    *(f"language.{code}" for code in LANGUAGES),
    *(f"{flow.name}.send" for flow in FLOWS.values() if flow.review),
)
TITLES = ("screen.next", "screen.close", *(f"{name}.title" for name in FLOWS))
QUESTIONS = [
    pytest.param(f"{flow.name}.{step.id}", step, id=f"{flow.name}.{step.id}")
    for flow in FLOWS.values()
    for step in flow.steps
    if isinstance(step, PickOne | PickSeveral) and not callable(step.options)
]

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_translation = pytest.mark.parametrize("language", TRANSLATED)


@cache
def catalogue(language: str) -> Catalog:
    source = files("bot.locales") / language / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as opened:
        return read_po(opened, locale=language, abort_invalid=True)


@cache
def texts(language: str) -> dict[str, tuple[str, ...]]:
    """The texts by id; more than one where they are counted."""
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue(language):
        if message.id:
            id = message.id if isinstance(message.id, str) else message.id[0]
            found[id] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


def where(language: str, wrong: "re.Pattern[str]") -> dict[str, str]:
    """The texts in which the pattern is found."""
    return {id: text for id, several in texts(language).items() for text in several if wrong.search(text)}


def label(language: str, id: str) -> str:
    """The words of a button, without what is filled in."""
    (text,) = texts(language)[id]
    return PLACEHOLDER.sub("", plain(parse(text))) if id in LONG_BUTTONS else plain(parse(text))


def aliases(language: str, command: str) -> list[str]:
    (listed,) = texts(language)[f"command.{command}.aliases"]
    return [alias.strip() for alias in listed.split(",")]


def bare(words: str) -> str:
    """As the bot compares the words of a button with what a person wrote."""
    return "".join(character for character in words.casefold() if character.isalnum())


@every_translation
def test_a_language_has_every_text_and_no_other(language: str) -> None:
    assert list(texts(language)) == list(texts(DEFAULT))


@every_language
def test_no_text_is_empty_or_unsure(language: str) -> None:
    assert not {id for id, several in texts(language).items() if not all(text.strip() for text in several)}
    assert not [message.id for message in catalogue(language) if message.id and message.fuzzy]


@every_language
def test_counted_texts_have_every_plural_form_of_the_language(language: str) -> None:
    counted = {id: several for id, several in texts(language).items() if isinstance(_id(language, id), tuple)}
    assert counted
    assert {id: len(several) for id, several in counted.items()} == dict.fromkeys(
        counted, catalogue(language).num_plurals
    )
    if language != DEFAULT:
        assert counted.keys() == {id for id in texts(DEFAULT) if isinstance(_id(DEFAULT, id), tuple)}


def _id(language: str, id: str) -> object:
    message = catalogue(language).get(id)
    return message.id if message else None


@every_translation
def test_what_is_filled_in_or_typed_is_the_same_in_every_language(language: str) -> None:
    for id, original in texts(DEFAULT).items():
        for text in texts(language)[id]:
            for what in (PLACEHOLDER, COMMAND):
                assert Counter(what.findall(text)) == Counter(what.findall(original[0])), id


@every_translation
def test_lines_and_signs_are_the_same_in_every_language(language: str) -> None:
    for id, original in texts(DEFAULT).items():
        for text in texts(language)[id]:
            for sign in ("\n", *SIGNS):
                assert text.count(sign) == original[0].count(sign), (id, sign)


@every_language
def test_no_mark_of_the_markup_is_left_over(language: str) -> None:
    for id, several in texts(language).items():
        for text in several:
            words = PLACEHOLDER.sub("", plain(parse(text)))
            assert not set("*_`[]{}") & set(words), f"{id}: {words}"
            assert all(run.text.strip() == run.text for run in parse(text) if run.style != "plain"), id


@every_language
def test_texts_have_no_stray_spaces(language: str) -> None:
    assert not where(language, re.compile(r"^\s|\s$|  | \n|\n "))


@every_language
@pytest.mark.parametrize("id", TITLES)
def test_a_form_shows_its_title_and_buttons_whole(language: str, id: str) -> None:
    assert len(label(language, id)) <= LONGEST_TITLE


@every_language
@pytest.mark.parametrize("id", [*BUTTONS, *LONG_BUTTONS])
def test_a_phone_shows_a_button_whole(language: str, id: str) -> None:
    assert len(label(language, id)) <= LONGEST_LABEL


@every_language
@pytest.mark.parametrize(("question", "step"), QUESTIONS)
def test_a_phone_shows_an_answer_whole(language: str, question: str, step: Step) -> None:
    for option in _options(step):
        words = label(language, f"{question}.{option}")
        assert len(words) <= LONG_OPTIONS.get(question, LONGEST_LABEL), words


@every_language
@pytest.mark.parametrize(("question", "step"), QUESTIONS)
def test_the_answers_to_a_question_can_be_told_apart_when_typed(language: str, question: str, step: Step) -> None:
    answers = [label(language, f"{question}.{option}") for option in _options(step)]
    controls = [label(language, f"screen.{name}") for name in ("back", "skip", "save", "done", "human")]
    typed = Counter(bare(words) for words in (*answers, *controls))
    assert max(typed.values()) == 1, typed
    if isinstance(step, PickSeveral):
        # Several are typed with commas between them.
        assert not [answer for answer in answers if set(",;") & set(answer)]


def _options(step: Step) -> tuple[str, ...]:
    assert isinstance(step, PickOne | PickSeveral)
    assert not callable(step.options)
    return step.options


@every_language
def test_a_word_stands_for_one_command(language: str) -> None:
    stands_for: dict[str, str] = {command: command for command in COMMANDS}
    for command in COMMANDS:
        for alias in aliases(language, command):
            assert alias
            assert alias == alias.casefold(), "it is compared with what was written in lower case"
            assert stands_for.setdefault(alias, command) == command, alias


@every_language
def test_the_home_names_a_word_that_opens_the_help(language: str) -> None:
    (text,) = texts(language)["home.ways_text"]
    quoted = re.search(r'["“«]\s*(\w+)\s*["”»]', text)
    assert quoted
    assert quoted[1] in aliases(language, "help")


@every_language
def test_languages_are_called_by_their_own_names(language: str) -> None:
    own = {"en": "English", "fr": "Français", "es": "Español"}
    for prefix in ("language", "join.language"):
        assert {code: label(language, f"{prefix}.{code}") for code in LANGUAGES} == own


def test_french_has_narrow_spaces_before_its_tall_signs() -> None:
    assert not where("fr", re.compile(r"(?<![\u202f\u00a0])[;!?»]|«(?![\u202f\u00a0])"))
    # A colon stands without one in addresses and times only.
    assert not where("fr", re.compile(r"(?<![\u202f\u00a0\d]):(?!//)"))


def test_french_has_typographic_apostrophes_and_quotation_marks() -> None:
    assert not where("fr", re.compile(r"['\"“”]"))


def test_french_addresses_everybody() -> None:
    """No middle dot or brackets inside a word."""
    assert not where("fr", re.compile(r"\w[·(]e\b|\b(?:tu|ton|tes|toi)\b", re.IGNORECASE))


def test_spanish_opens_its_questions_and_exclamations() -> None:
    for opening, closing in ("¿?", "¡!"):
        pair = re.compile(rf"\{opening}[^{opening}{closing}]*\{closing}")
        assert not {
            id: text
            for id, several in texts("es").items()
            for text in several
            if set(opening + closing) & set(pair.sub("", text))
        }


def test_spanish_has_its_own_quotation_marks_and_addresses_politely() -> None:
    assert not where("es", re.compile(r"['\"“”]|«\s|\s»"))
    assert not where("es", re.compile(r"\b(?:tú|tus?|ti|vosotr[oa]s|vuestr[oa]s?)\b", re.IGNORECASE))
