"""A call for engagement that is being written, as the secretariat reads it: what it says, to whom, when, what it lacks.

Authority is checked here, on every act on a call, whatever button it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32
from zoneinfo import ZoneInfo

from bot.chat.markup import Markup, join, parse, text
from bot.chat.tokens import Standing, row_id
from bot.flows.flow import Ending, Halt
from bot.flows.turn import Turn
from bot.locales import LANGUAGES, Words
from bot.outreach import audience, campaigns
from bot.outreach.audience import Audience, AudienceErrors, Known
from bot.outreach.call_words import problem_words, reach_words, when_words
from bot.outreach.calls import Facts, blocking, default_label, leads_to, problems
from bot.outreach.recipients import load_known
from bot.outreach.schedule import zone_named
from storage import campaigns as stored
from storage import files
from storage.campaigns import Campaign, Draft
from storage.people import Person

# So much of each language's text is shown beside everything else; sent to oneself, it is shown whole.
LONGEST_EXCERPT = 600


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reads a draft: in which language, in which zone."""

    words: Words
    zone: ZoneInfo


def authorise(turn: Turn) -> None:
    """Raises Halt for everybody but the secretariat."""
    if not turn.is_secretariat:
        raise Halt(turn.words("requests.not_yours"))


async def call_of(turn: Turn, argument: str) -> Campaign:
    """The call with this number, for the secretariat only. Raises Halt."""
    authorise(turn)
    id = row_id(argument)
    found = None if id is None else await stored.get(await turn.connection(), id)
    if found is None:
        raise Halt(turn.words("call.not.there"), (("calls.all", "calls"),))
    return found


async def draft_of(turn: Turn, argument: str) -> Campaign:
    """The same, as long as it can be changed. Raises Halt."""
    campaign = await call_of(turn, argument)
    if campaign.state != "draft":
        raise Halt(turn.words("calls.no_draft", title=campaign.draft.title), (("calls.stand", call(campaign)),))
    return campaign


def call(campaign: Campaign, act: str = "", detail: str = "") -> str:
    """The token of an act on a call; of the call itself without one."""
    return str(Standing("call", "-".join(filter(None, (f"{campaign.id}_{act}".rstrip("_"), detail)))))


def zone_of(person: Person) -> ZoneInfo:
    """Where a person lives, or their platform says so; else UTC."""
    return zone_named(person.zone) or zone_named(person.zone_hint) or ZoneInfo("UTC")


def titles_of(turn: Turn) -> Mapping[str, Mapping[str, str]]:
    """Facilities' titles by code and language."""
    return {
        entry.code: {language: entry.title(language).text for language in LANGUAGES}
        for entry in turn.house.catalogue.all_facilities
    }


async def known_of(turn: Turn) -> Known:
    """What there is to choose by."""
    return await load_known(await turn.connection(), titles_of(turn))


async def facts_of(turn: Turn, draft: Draft) -> Facts:
    """What a draft is held against; its times are read in the zone of whoever looks at it."""
    return await campaigns.gather(await turn.connection(), draft, titles_of(turn), zone_of(turn.person), turn.now)


def tree_of(draft: Draft, known: Known) -> Audience | None:
    """Whom it goes to; None for nobody, or for people who are chosen by what there is no longer."""
    try:
        return None if draft.audience is None else audience.read(draft.audience, known)
    except AudienceErrors:
        return None


def sentence(tree: Audience | None, words: Words, known: Known) -> str:
    """Whom it goes to, in words."""
    return words.plain("calls.nobody") if tree is None else audience.describe(tree, words, known)


async def review(turn: Turn, campaign: Campaign, lead: Markup = ()) -> Ending:
    """The draft with everything that is missing, and what can be done with it."""
    facts = await facts_of(turn, campaign.draft)
    found = problems(campaign.draft, facts)
    faults = [problem_words(one, turn.words) for one in blocking(found)]
    notes = [problem_words(one, turn.words) for one in found if one.warning]
    words = join(
        [
            lead,
            turn.words("calls.draft", title=campaign.draft.title or turn.words.plain("calls.untitled")),
            await described(turn, campaign.draft, facts, Reviewer(turn.words, zone_of(turn.person))),
            join(notes),
            join([turn.words.count("calls.faults", len(faults)), *faults]) if faults else (),
        ],
        "\n\n",
    )
    ways = (
        *(() if faults else (("calls.send", call(campaign, "send")),)),
        ("calls.who", call(campaign, "who")),
        ("calls.when", str(Standing("when", str(campaign.id)))),
        ("calls.parts", call(campaign, "parts")),
        *((("calls.test", call(campaign, "test")),) if campaign.draft.texts else ()),
        ("calls.delete", call(campaign, "delete")),
        ("calls.all", "calls"),
    )
    return Ending(words, ways)


async def described(turn: Turn, draft: Draft, facts: Facts, reader: Reviewer) -> Markup:
    """What it says in each language, where its button leads, to whom it goes and when: a line each."""
    words = reader.words
    return join(
        [
            *(_text(draft, language, words) for language in LANGUAGES if language in draft.texts),
            join(
                [
                    await _picture(turn, draft, words),
                    _button(draft, words, facts.known),
                    goes_to(draft, facts, words),
                    _line(words, "when", when_words(draft, words, reader.zone)),
                ]
            ),
        ],
        "\n\n",
    )


def goes_to(draft: Draft, facts: Facts, words: Words) -> Markup:
    """The audience as a sentence and as a count."""
    tree = tree_of(draft, facts.known)
    chosen = [place.title or place.chat for place in facts.places if place.id in draft.places]
    people = _line(words, "goes_to", sentence(tree, words, facts.known)) if tree or not chosen else ()
    also = _line(words, "places", ", ".join(chosen)) if chosen else ()
    return join([people, also, reach_words(facts.reach, words, len(chosen)) if tree and facts.reach else ()])


def fingerprint(campaign: Campaign) -> str:
    """Tells this draft from the same one after a change: what was counted and confirmed is what is sent."""
    return f"{crc32(repr(campaign.draft).encode()):x}"


def _text(draft: Draft, language: str, words: Words) -> Markup:
    written = draft.texts[language].strip()
    shown = written if len(written) <= LONGEST_EXCERPT else written[: LONGEST_EXCERPT - 1].rstrip() + "…"
    return join([words("calls.text", language=words.plain(f"wording.{language}")), parse(shown)])


async def _picture(turn: Turn, draft: Draft, words: Words) -> Markup:
    file = None if draft.picture is None else await files.get(await turn.connection(), draft.picture)
    return _line(words, "picture", file.name) if file else ()


def _button(draft: Draft, words: Words, known: Known) -> Markup:
    if not draft.button:
        return _line(words, "button", words.plain("calls.no_button"))
    target, labels = str(draft.button["target"]), draft.button.get("labels", {})
    label = labels.get(words.language) or next(iter(labels.values()), default_label(target, words))
    to = leads_to(target, words, known)
    return words("calls.button", label=label, target=to) if to != label else _line(words, "button", label)


def _line(words: Words, label: str, value: str) -> Markup:
    return words("screen.line", label=words.plain(f"calls.label.{label}"), value=text(value))
