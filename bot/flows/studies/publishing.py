"""Publishing a study: what stands in the way, whom it reaches and when, and a minute in which it can be taken back."""

from zlib import crc32

import orjson

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.delphi.checking import Weight, check
from bot.delphi.protocol import Protocol
from bot.flows.studies.access import Drawn, bullets, desk, problem_words, title_of, wall
from bot.flows.studies.acts import publish as publish_study
from bot.flows.studies.panel_duties import UNDO
from bot.flows.turn import Turn
from storage import reminders, studies
from storage.studies import Study


async def publish(turn: Turn, study: Study, detail: str) -> Drawn | None:
    """Ask first, with everything that follows from it; do it when what was on the screen is confirmed. None when it is
    done."""
    protocol = Protocol.model_validate(study.protocol)
    if detail != fingerprint(study):
        return await _preview(turn, study, protocol, turn.words("publish.changed") if detail else ())
    problems = await publish_study(await turn.connection(), study.id, turn.now)
    return await _preview(turn, study, protocol) if problems else None


async def undo(turn: Turn, study: Study) -> Markup:
    """Make a draft of it again, as long as nobody has been invited. What is to be said above the card."""
    in_time = study.published_at is not None and turn.now < study.published_at + UNDO
    if study.state != "published" or not in_time or not await studies.unpublish(await turn.connection(), study.id):
        return turn.words("publish.too_late")
    return turn.words("publish.undone")


def undo_row(turn: Turn, study: Study) -> Rows:
    """The button that takes it back, while it can be."""
    if study.state != "published" or study.published_at is None or turn.now >= study.published_at + UNDO:
        return ()
    return ((turn.button("publish.undo", desk(study, "undo")),),)


def fingerprint(study: Study) -> str:
    """Tells this draft from the same one after a change: what was looked at and confirmed is what is frozen."""
    return f"{crc32(orjson.dumps(study.protocol, option=orjson.OPT_SORT_KEYS)):x}"


async def _preview(turn: Turn, study: Study, protocol: Protocol, lead: Markup = ()) -> Drawn:
    words, title = turn.words, title_of(study, turn.words)
    found = check(protocol, turn.now)
    faults = [problem_words(one, protocol, words) for one in found if one.weight is not Weight.WARNING]
    if faults:
        back = turn.onward((("desk.card", desk(study)),))
        return join([lead, words.count("publish.faults", len(faults), title=title), *bullets(turn, faults)]), back
    remarks = [problem_words(one, protocol, words) for one in found]
    parts = [
        lead,
        words("publish.sure", title=title),
        join([await _reach(turn, protocol), words("publish.frozen")]),
        join(
            [
                words(
                    "publish.round",
                    number=number,
                    opens=wall(each.opens, words, begins=True),
                    closes=wall(each.closes, words),
                )
                for number, each in protocol.numbered()
            ]
        ),
        join([words("publish.remarks"), *bullets(turn, remarks)]) if remarks else (),
        words("publish.then", seconds=int(UNDO.total_seconds())),
    ]
    yes = Button(words.plain("publish.yes"), desk(study, "publish", fingerprint(study)), "primary")
    look = turn.button("desk.look", desk(study, "look"))
    return join(parts, "\n\n"), ((yes,), (look,), (turn.button("publish.no", desk(study)),))


async def _reach(turn: Turn, protocol: Protocol) -> Markup:
    """How many people are invited, how many of them the bot can reach, and who else may come."""
    accounts = sorted(seat.account for seat in protocol.panel)
    known = await reminders.participants_by_account(await turn.connection(), accounts) if accounts else {}
    lines = []
    if accounts:
        lines.append(turn.words.count("publish.invited", len(accounts), known=len(known)))
    if unknown := len(accounts) - len(known):
        lines.append(turn.words.count("publish.unknown", unknown))
    if protocol.open_panel:
        lines.append(turn.words("publish.open"))
    return join(lines)
