"""The desk for calls for engagement: `/calls`, the card of each, and everything that can be done with one.

A button of a call carries its number and an act (`call_12_pause`); it does what it says if that can still be done, and
shows where the call stands in any case.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, File, Rows
from bot.chat.tokens import Screen, Standing
from bot.flows.calls import approval as calls_approval
from bot.flows.calls import audience as calls_audience
from bot.flows.calls.approval import SENDBACK
from bot.flows.calls.audience import WHO
from bot.flows.calls.compose import COMPOSE
from bot.flows.calls.draft import (
    authorise,
    call,
    call_of,
    draft_of,
    facts_of,
    fingerprint,
    goes_to,
    review,
    titles_of,
    zone_of,
)
from bot.flows.calls.when import WHEN
from bot.flows.flow import Ending, Flow, Halt
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from bot.outreach import call_report, call_words, calls, campaigns, watching
from bot.outreach.audience import EVERYBODY
from bot.outreach.campaigns import Faulty, NotPossible
from bot.outreach.composing import picture_of
from storage import campaigns as stored
from storage import conversations, files
from storage.campaigns import Campaign

FLOWS: tuple[Flow[Any], ...] = (COMPOSE, WHO, WHEN, SENDBACK)
# How the list is ordered, and how many of each it shows.
LISTED: Mapping[str, tuple[tuple[str, ...], int]] = {
    "waiting": (("waiting",), 10),
    "under_way": (("sending", "paused", "scheduled"), 10),
    "drafts": (("draft",), 10),
    "past": (("done", "cancelled"), 5),
}
# Half a second's work.
MOST_IN_WORKBOOK = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What the questions about a draft ask for, one by one.
PARTS = ("title", *(f"text_{language}" for language in LANGUAGES), "picture", "leads")

Act = Callable[[Turn, Campaign, str], Awaitable[None]]


async def listed(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """`/calls`: those to approve, under way, being written, and the latest that are over."""
    authorise(turn)
    connection = await turn.connection()
    parts: list[Markup] = []
    buttons: list[Button] = []
    for group, (states, most) in LISTED.items():
        lines = []
        for campaign in await stored.listed(connection, states, most):
            buttons.append(Button(str(len(buttons) + 1), call(campaign)))
            title = campaign.draft.title or turn.words.plain("calls.untitled")
            state = turn.words.plain(f"call.is_{campaign.state}")
            lines.append(turn.words("calls.line", place=len(buttons), title=title, state=state))
        if lines:
            parts.append(join([turn.words(f"calls.{group}"), *lines]))
    width = turn.limits.digits_in_row
    rows = [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]
    begun = await conversations.of_person(connection, turn.person.id, COMPOSE.name, "")
    if begun is not None and begun.state == "open" and begun.history:
        parts.append(turn.words("calls.unfinished"))
        rows.append((turn.button("stopped.continue", Screen(begun.id, begun.rev, "g")),))
    rows.append((turn.button("calls.new", COMPOSE.name),))
    head = turn.words("calls.head") if parts else turn.words("calls.none")
    return join([head, *parts], "\n\n"), tuple(rows)


async def summary(turn: Turn) -> tuple[Markup, Rows]:
    """For the Home: how many wait, are under way, are being written."""
    connection = await turn.connection()
    lines = []
    for group, (states, most) in LISTED.items():
        if group != "past" and (found := await stored.listed(connection, states, most)):
            lines.append(turn.words.count(f"calls.count_{group}", len(found)))
    return join(lines) or turn.words("calls.none_now"), ((turn.button("start.calls", "calls"),),)


async def act(turn: Turn, argument: str) -> None:
    """Do what a button of a call says. What cannot be done (any more) is answered with why, and with the call."""
    number, _, rest = argument.partition("_")
    name, _, detail = rest.partition("-")
    campaign = await call_of(turn, number)
    # Of two taps the second one finds it done.
    done = campaign.state in _LEADS_TO.get(name, ())
    try:
        await (_show if done else _ACTS.get(name, _show))(turn, campaign, detail)
    except NotPossible as refusal:
        await _stand(turn, campaign.id, turn.words(refusal.text, **refusal.values))
    except Faulty as faulty:
        await _stand(turn, campaign.id, join([call_words.problem_words(one, turn.words) for one in faulty.problems]))


async def _show(turn: Turn, campaign: Campaign, _detail: str = "", lead: Markup = ()) -> None:
    """The call as it stands. One that was sent out goes on saying so by itself."""
    if campaign.state == "draft":
        _say(turn, await review(turn, campaign, lead))
    elif campaign.state == "waiting":
        words = join([lead, await calls_approval.request(turn, campaign, turn.person)], "\n\n")
        rows = calls_approval.decision_rows(turn, campaign, turn.person)
        rows += turn.onward((("calls.all", "calls"),))
        turn.say(words, rows, edits=turn.tapped, subject=calls_approval.subject(campaign))
    else:
        counts = await stored.counts(await turn.connection(), campaign.id)
        card = call_words.card(campaign, counts, turn.words, zone_of(turn.person))
        words = join([lead, card.text], "\n\n")
        turn.say(words, card.buttons, edits=turn.tapped, subject=watching.subject(campaign.id))


async def _stand(turn: Turn, id: int, lead: Markup = ()) -> None:
    await _show(turn, await call_of(turn, str(id)), lead=lead)


def _say(turn: Turn, ending: Ending) -> None:
    turn.say(ending.words, turn.onward(ending.onward), edits=turn.tapped)


async def _who(turn: Turn, campaign: Campaign, _detail: str) -> None:
    _say(turn, await calls_audience.who(turn, await draft_of(turn, str(campaign.id))))


async def _everybody(turn: Turn, campaign: Campaign, _detail: str) -> None:
    draft = await draft_of(turn, str(campaign.id))
    _say(turn, await calls_audience.who(turn, await calls_audience.change(turn, draft, EVERYBODY)))


async def _back(turn: Turn, campaign: Campaign, detail: str) -> None:
    draft = await draft_of(turn, str(campaign.id))
    _say(turn, await calls_audience.who(turn, await calls_audience.back(turn, draft, detail)))


async def _places(turn: Turn, campaign: Campaign, detail: str) -> None:
    words, rows = await calls_audience.choose_places(turn, await draft_of(turn, str(campaign.id)), detail)
    turn.say(words, rows, edits=turn.tapped)


async def _speak(turn: Turn, campaign: Campaign, detail: str) -> None:
    words, rows = await calls_audience.choose_language(turn, await draft_of(turn, str(campaign.id)), detail)
    turn.say(words, rows, edits=turn.tapped)


async def _parts(turn: Turn, campaign: Campaign, _detail: str) -> None:
    """Which part of what it says is to be changed."""
    draft = await draft_of(turn, str(campaign.id))
    ways: list[Button] = []
    for part in PARTS:
        step = COMPOSE.step(part)
        assert step is not None, "the questions are named after the parts"
        label = turn.words.plain(step.text(COMPOSE.name, "label"), **step.filled(turn.words))
        ways.append(Button(label, str(Standing(COMPOSE.name, f"{draft.id}-{part}"))))
    _say(turn, Ending(turn.words("calls.parts_ask"), (*ways, ("calls.to_call", call(draft)))))


async def _test(turn: Turn, campaign: Campaign, detail: str) -> None:
    """The call as its readers get it, to whoever asks: in their language, or in all that it has."""
    draft = campaign.draft
    written = [language for language in LANGUAGES if draft.texts.get(language)]
    if not written:
        await _show(turn, campaign)
        return
    picture = await picture_of(await turn.connection(), draft.picture)
    mine = [calls.language_for(draft, turn.language)]
    for language in written if detail == "all" else mine:
        # Under another language's text, stopping is said in that language, too.
        said = calls.message(campaign.id, draft, language, turn.house.words, picture)
        turn.tell(turn.person, said)
    ways: list[tuple[str, str]] = [("calls.stand", call(campaign))]
    if detail != "all" and len(written) > 1:
        ways.insert(0, ("calls.test_all", call(campaign, "test", "all")))
    turn.say(turn.words("calls.tested"), turn.onward(tuple(ways)))


async def _send(turn: Turn, campaign: Campaign, _detail: str, lead: Markup = ()) -> None:
    """Say once more whom it reaches and when, and ask."""
    campaign = await draft_of(turn, str(campaign.id))
    facts = await facts_of(turn, campaign.draft)
    if calls.blocking(calls.problems(campaign.draft, facts)):
        await _show(turn, campaign)
        return
    when = call_words.when_words(campaign.draft, turn.words, zone_of(turn.person))
    words = join(
        [
            lead,
            turn.words("calls.sure", title=campaign.draft.title),
            goes_to(campaign.draft, facts, turn.words),
            turn.words("call.card_when", when=when),
            turn.words(f"calls.then_{_what_then(turn, campaign)}"),
        ],
        "\n\n",
    )
    yes = "calls.yes_colleague" if turn.house.four_eyes else "calls.yes"
    go = Button(turn.words.plain(yes), call(campaign, "go", fingerprint(campaign)), "primary")
    turn.say(words, ((go,), (turn.button("calls.no", call(campaign)),)), edits=turn.tapped)


def _what_then(turn: Turn, campaign: Campaign) -> str:
    if turn.house.four_eyes:
        return "colleague"
    return "later" if campaign.draft.begins_at or campaign.draft.local_time else "minute"


async def _go(turn: Turn, campaign: Campaign, detail: str) -> None:
    """Confirmed: what was on the screen goes out, and nothing that was changed since."""
    if campaign.state == "draft" and detail != fingerprint(campaign):
        await _send(turn, campaign, "", turn.words("calls.changed"))
        return
    four_eyes = turn.house.four_eyes
    connection = await turn.connection()
    confirmed = await campaigns.confirm(
        connection, campaign.id, turn.person.id, titles_of(turn), turn.now, four_eyes=four_eyes
    )
    lead: Markup = ()
    if confirmed.state == "waiting":
        asked = await calls_approval.ask(turn, confirmed)
        lead = turn.words.count("calls.asked", asked) if asked else turn.words("calls.nobody_to_ask")
    await _show(turn, confirmed, lead=lead)


async def _approve(turn: Turn, campaign: Campaign, _detail: str) -> None:
    await _show(turn, await calls_approval.approve(turn, campaign))


async def _take_back(turn: Turn, campaign: Campaign, _detail: str) -> None:
    await _show(turn, await calls_approval.take_back(turn, campaign))


async def _undo(turn: Turn, campaign: Campaign, _detail: str) -> None:
    draft = await campaigns.undo(await turn.connection(), campaign.id, turn.person.id, turn.now)
    await _show(turn, draft, lead=turn.words("calls.undone"))


async def _pause(turn: Turn, campaign: Campaign, _detail: str) -> None:
    await _show(turn, await campaigns.pause(await turn.connection(), campaign.id, turn.person.id, turn.now))


async def _resume(turn: Turn, campaign: Campaign, _detail: str) -> None:
    await _show(turn, await campaigns.resume(await turn.connection(), campaign.id, turn.person.id, turn.now))


async def _cancel(turn: Turn, campaign: Campaign, detail: str) -> None:
    """Ask first: it cannot be taken up again."""
    if detail == "yes":
        ended = await campaigns.cancel(await turn.connection(), campaign.id, turn.person.id, turn.now)
        if campaign.state == "waiting":
            await calls_approval.update_copies(turn, ended, "cancelled")
        await _show(turn, ended)
        return
    if campaign.state not in (*stored.UNDER_WAY, "waiting"):
        raise NotPossible("call.not.now")
    counts = await stored.counts(await turn.connection(), campaign.id)
    yes = Button(turn.words.plain("calls.cancel_yes"), call(campaign, "cancel", "yes"), "danger")
    rows: Rows = ((yes,), (turn.button("calls.cancel_no", call(campaign)),))
    turn.say(turn.words.count("calls.cancel_ask", counts.waiting, title=campaign.draft.title), rows, edits=turn.tapped)


async def _retry(turn: Turn, campaign: Campaign, _detail: str) -> None:
    again = await campaigns.retry(await turn.connection(), campaign.id, turn.person.id, turn.now)
    await _stand(turn, campaign.id, turn.words.count("calls.retried", again))


async def _report(turn: Turn, campaign: Campaign, detail: str) -> None:
    """What came of it, as a spreadsheet or as a plain table (`csv`). Others wait for their answers meanwhile, so a very
    long one is always a table, which takes a tenth of the time."""
    connection = await turn.connection()
    counts = await stored.counts(connection, campaign.id)
    recipients = await stored.recipients(connection, campaign.id)
    plain = detail == "csv" or len(recipients) > MOST_IN_WORKBOOK
    zone = zone_of(turn.person)
    if plain:
        content = (await asyncio.to_thread(call_report.table, recipients, turn.words, zone)).encode()
    else:
        content = await asyncio.to_thread(call_report.workbook, campaign, counts, recipients, turn.words, zone)
    name = f"call-{campaign.id}.{'csv' if plain else 'xlsx'}"
    about = f"campaign {campaign.id} report {name}"
    await files.drop(connection, about)
    id = await files.keep(
        connection, name=name, media_type="text/csv" if plain else XLSX, content=content, subject=about, now=turn.now
    )
    said = turn.words("calls.report_long" if plain else "calls.report", title=campaign.draft.title)
    rows: Rows = () if plain else ((turn.button("calls.report_csv", call(campaign, "report", "csv")),),)
    turn.say(said, rows, file=File(id, name, "document"))


async def _delete(turn: Turn, campaign: Campaign, detail: str) -> None:
    """Throw a draft away, asking first."""
    campaign = await draft_of(turn, str(campaign.id))
    if detail != "yes":
        yes = Button(turn.words.plain("calls.delete_yes"), call(campaign, "delete", "yes"), "danger")
        rows: Rows = ((yes,), (turn.button("calls.delete_no", call(campaign)),))
        turn.say(turn.words("calls.delete_ask", title=campaign.draft.title), rows, edits=turn.tapped)
        return
    connection = await turn.connection()
    await stored.discard(connection, campaign.id)
    await files.drop(connection, f"campaign {campaign.id}")
    raise Halt(turn.words("calls.deleted", title=campaign.draft.title), (("calls.all", "calls"),))


_LEADS_TO: Mapping[str, tuple[str, ...]] = {
    "go": ("waiting", *stored.SENT_OUT),
    "approve": stored.SENT_OUT,
    "takeback": ("draft",),
    "undo": ("draft",),
    "pause": ("paused",),
    "resume": ("scheduled", "sending", "done"),
    "cancel": ("cancelled",),
}
_ACTS: Mapping[str, Act] = {
    "who": _who,
    "everybody": _everybody,
    "back": _back,
    "places": _places,
    "speak": _speak,
    "parts": _parts,
    "test": _test,
    "send": _send,
    "go": _go,
    "approve": _approve,
    "takeback": _take_back,
    "undo": _undo,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "retry": _retry,
    "report": _report,
    "delete": _delete,
}
