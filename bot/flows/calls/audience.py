"""Whom a call for engagement goes to, put together by taps: some people, only those of them who, others, but not.

Each step applies to all that was chosen so far, so that what it did can be read in the sentence and in the count.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing, row_id
from bot.flows.calls.draft import call, draft_of, facts_of, goes_to, known_of, tree_of
from bot.flows.flow import Beginning, Ending, Flow, Halt, Option, PickOne, PickSeveral
from bot.flows.turn import Turn
from bot.locales import DEFAULT, LANGUAGES
from bot.outreach import audience
from bot.outreach.audience import EVERYBODY, KINDS, All, AnyOf, Audience, AudienceErrors, Filter, Not
from bot.outreach.call_words import problem_words
from storage import campaigns, places
from storage.campaigns import Campaign, Draft
from storage.places import Place

# How a condition is joined to what was chosen before; `last` narrows only what was added last.
HOW = ("some", "only", "not", "plus", "last")
# Buttons on one screen; whoever is in more places writes a file.
MOST_PLACES = 40


def joined(before: Audience | None, how: str, new: Audience) -> Audience:
    """The audience after one more step."""
    if how == "not":
        new = Not(new)
    match before:
        case None:
            return new
        case All(parts=()):
            return All((new,))
        case AnyOf(parts=(*others, last)) if how == "last":
            return AnyOf((*others, joined(last, "only", new)))
        case AnyOf(parts=parts) if how == "plus":
            return AnyOf((*parts, new))
        case All(parts=parts) if how != "plus":
            return All((*parts, new))
    return AnyOf((before, new)) if how == "plus" else All((before, new))


def without_last(tree: Audience) -> Audience | None:
    """The audience before its last step."""
    match tree:
        case AnyOf(parts=(*others, All(parts=(*kept, _)))) if kept:
            return AnyOf((*others, kept[0] if len(kept) == 1 else All(tuple(kept))))
        case All(parts=(_,)):
            return EVERYBODY
        case All(parts=(only, _)) | AnyOf(parts=(only, _)):
            return only
        case All(parts=(*kept, _)) if kept:
            return All(tuple(kept))
        case AnyOf(parts=(*kept, _)) if kept:
            return AnyOf(tuple(kept))
    return None


async def who(turn: Turn, campaign: Campaign) -> Ending:
    """The audience of a draft, and how it can be changed."""
    draft = campaign.draft
    facts = await facts_of(turn, draft)
    tree = tree_of(draft, facts.known)
    steps: tuple[str, ...] = ("some",)
    if tree is not None:
        steps = ("only", "not") if tree == EVERYBODY else HOW[1:] if isinstance(tree, AnyOf) else HOW[1:4]
    ways = [(f"calls.who_{how}", str(Standing("who", f"{campaign.id}-{how}"))) for how in steps]
    if tree is not None:
        # It names what it takes back, so that a second tap takes back nothing more.
        ways.append(("calls.who_back", call(campaign, "back", _size(tree))))
    if tree != EVERYBODY:
        ways.append(("calls.who_everybody", call(campaign, "everybody")))
    if facts.places:
        ways.append(("calls.who_places", call(campaign, "places")))
    ways.append(("calls.to_call", call(campaign)))
    return Ending(join([turn.words("calls.who_ask"), goes_to(draft, facts, turn.words)], "\n\n"), tuple(ways))


async def back(turn: Turn, campaign: Campaign, size: str) -> Campaign:
    """Without the last step, if the audience is still the one that was on the screen."""
    tree = tree_of(campaign.draft, await known_of(turn))
    if tree is None or _size(tree) != size:
        return campaign
    return await change(turn, campaign, without_last(tree))


async def change(turn: Turn, campaign: Campaign, tree: Audience | None) -> Campaign:
    """Put another audience in the place of the draft's own."""
    return await _keep(turn, campaign, _with(campaign.draft, tree))


async def choose_places(turn: Turn, campaign: Campaign, detail: str) -> tuple[Markup, Rows]:
    """Channels and groups to turn on (`7-on`) and off (`7-off`)."""
    known = (await places.active(await turn.connection()))[:MOST_PLACES]
    number, _, wish = detail.partition("-")
    id = row_id(number)
    if any(place.id == id for place in known):
        others = [one for one in campaign.draft.places if one != id]
        chosen = sorted([*others, id]) if wish == "on" and id is not None else others
        campaign = await _keep(turn, campaign, replace(campaign.draft, places=tuple(chosen)))
    rows: list[tuple[Button, ...]] = []
    for place in known:
        is_on = place.id in campaign.draft.places
        sign = "settings.topic_on" if is_on else "settings.topic_off"
        label = turn.words.plain(sign, topic=_named(place))
        spoken = turn.words.plain(f"language.{place.language or DEFAULT}")
        rows.append(
            (
                Button(label, call(campaign, "places", f"{place.id}-{'off' if is_on else 'on'}")),
                Button(spoken, call(campaign, "speak", str(place.id))),
            )
        )
    rows.append((turn.button("calls.to_who", call(campaign, "who")),))
    return turn.words("calls.places_ask"), tuple(rows)


async def choose_language(turn: Turn, campaign: Campaign, detail: str) -> tuple[Markup, Rows]:
    """In which language a channel or a group is written to: asked (`7`), or chosen (`7-fr`), which leads back."""
    number, _, language = detail.partition("-")
    known = {place.id: place for place in await places.active(await turn.connection())}
    place = known.get(row_id(number) or 0)
    if place is not None and language in LANGUAGES:
        await places.speak(await turn.connection(), place.id, language)
    if place is None or language in LANGUAGES:
        return await choose_places(turn, campaign, "")
    rows = tuple((turn.button(f"language.{one}", call(campaign, "speak", f"{place.id}-{one}")),) for one in LANGUAGES)
    return turn.words("calls.speak_ask", place=_named(place)), rows


def _named(place: Place) -> str:
    return place.title or place.chat


def _with(draft: Draft, tree: Audience | None) -> Draft:
    return replace(draft, audience=None if tree is None else audience.as_json(tree))


async def _keep(turn: Turn, campaign: Campaign, draft: Draft) -> Campaign:
    await campaigns.change(await turn.connection(), campaign.id, draft)
    return replace(campaign, draft=draft)


def _size(tree: Audience) -> str:
    return str(sum(1 for _ in audience.filters(tree)))


class Who(BaseModel):
    """One more step: how it is joined to the others, by what people are chosen, which."""

    campaign: str
    how: str
    kind: str | None = None
    values: list[str] | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    number, _, how = argument.partition("-")
    campaign = await draft_of(turn, number)
    return Beginning({"campaign": number, "how": how if how in HOW else "only"}, f"campaign {campaign.id}")


async def _kinds(turn: Turn, _answers: Who) -> Sequence[Option]:
    """By what people can be chosen at present."""
    known = await known_of(turn)
    return [Option(kind, turn.words.plain(f"audience.kind.{kind}")) for kind in KINDS if known.options(kind)]


async def _values(turn: Turn, answers: Who) -> Sequence[Option]:
    kind = answers.kind or ""
    known = await known_of(turn)
    if kind not in KINDS:
        return []
    return [Option(value, audience.label(kind, value, turn.words, known)) for value in known.options(kind)]


async def _so_far(turn: Turn, answers: Who) -> Markup:
    """The sentence and the count with what is ticked now."""
    campaign = await draft_of(turn, answers.campaign)
    known = await known_of(turn)
    tree = tree_of(campaign.draft, known)
    if answers.kind and answers.values:
        tree = joined(tree, answers.how, Filter(answers.kind, tuple(answers.values)))
    draft = replace(_with(campaign.draft, tree), places=())
    return join([turn.words(f"who.how_{answers.how}"), goes_to(draft, await facts_of(turn, draft), turn.words)])


async def _finish(turn: Turn, answers: Who) -> Ending:
    campaign = await draft_of(turn, answers.campaign)
    known = await known_of(turn)
    new = Filter(answers.kind or "", tuple(answers.values or ()))
    tree = joined(tree_of(campaign.draft, known), answers.how, new)
    try:
        audience.read(audience.as_json(tree), known)
    except AudienceErrors as errors:
        problem = errors.problems[0]
        said = problem_words(problem, turn.words)
        raise Halt(said, (("calls.who", call(campaign, "who")),), drop=True) from None
    return await who(turn, await change(turn, campaign, tree))


WHO: Flow[Who] = Flow(
    name="who",
    version=1,
    answers=Who,
    review=False,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="kind", options=_kinds, lead=_so_far, resets=("values",)),
        PickSeveral(id="values", options=_values, lead=_so_far),
    ),
)
