"""What panellists wrote and others are to read: proposals of round 0, comments that go with answers.

Nobody reads a comment that no moderator has read; names are looked for, and what would take them out is suggested. Who
wrote it is not shown to whoever decides.
"""

from collections.abc import Sequence
from zlib import crc32

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing, row_id
from bot.delphi import names
from bot.delphi.names import Found, Known
from bot.delphi.protocol import OpenItem, read_item
from bot.flows.flow import Halt
from bot.flows.studies.access import Drawn, desk, digits, shortly, study_of, title_of
from bot.flows.studies.round_data import BLANK
from bot.flows.turn import Turn
from storage import answers, panels, proposals, studies, study_items
from storage.answers import Comment
from storage.proposals import Proposal
from storage.studies import AHEAD, Study
from storage.study_items import Item

PAGE = 10
# What is shown of a proposal where several stand together.
SHORT = 140


async def waiting(turn: Turn, study: Study) -> Markup:
    """How many proposals and comments wait for a moderator, on the card of the study."""
    connection = await turn.connection()
    proposed = await proposals.of_study(connection, study.id, ("waiting",))
    said = await answers.comments(connection, study.id, ("waiting",))
    return join(
        [
            turn.words.count("moderation.proposals_wait", len(proposed)) if proposed else (),
            turn.words.count("moderation.comments_wait", len(said)) if said else (),
        ]
    )


async def rows(turn: Turn, study: Study) -> Rows:
    """Leads to the queues; nothing where nothing waits."""
    connection = await turn.connection()
    found: Rows = ()
    if await proposals.of_study(connection, study.id, ("waiting",)):
        found += ((turn.button("moderation.proposals", Standing("proposals", str(study.id))),),)
    if await answers.comments(connection, study.id, ("waiting",)):
        found += ((turn.button("moderation.comments", Standing("comments", str(study.id))),),)
    return found


async def proposed(turn: Turn, argument: str) -> Drawn:
    """`12`: the proposals that wait; `12_p-34`: one of them; `12_m-34`: which question says the same; `12_i-34-56`:
    that one does."""
    number, _, rest = argument.partition("_")
    study = await study_of(turn, number, lock=True)
    act, _, detail = rest.partition("-")
    of_proposal, _, of_item = detail.partition("-")
    if act in ("p", "m", "i"):
        one = await proposal_of(turn, study, of_proposal)
        if one.state != "waiting":
            return await queue(turn, study, turn.words("moderation.decided"))
        if act == "m":
            return await _choose_item(turn, study, one)
        if act == "i":
            return await _merge(turn, study, one, of_item)
        return await _one(turn, study, one)
    return await queue(turn, study)


async def queue(turn: Turn, study: Study, lead: Markup = ()) -> Drawn:
    """The proposals that wait, the oldest first."""
    found = await proposals.of_study(await turn.connection(), study.id, ("waiting",))
    back = ((turn.button("desk.card", desk(study)),),)
    if not found:
        return join([lead, turn.words("moderation.no_proposals")], "\n\n"), back
    lines = [
        turn.words("moderation.proposal_line", place=place, words=_short(one.words))
        for place, one in enumerate(found[:PAGE], 1)
    ]
    buttons = [Button(str(place), _of(study, "p", one.id)) for place, one in enumerate(found[:PAGE], 1)]
    head = turn.words.count("moderation.proposals_head", len(found), title=title_of(study, turn.words))
    return join([lead, head, join(lines)], "\n\n"), digits(turn, buttons) + back


async def proposal_of(turn: Turn, study: Study, argument: str) -> Proposal:
    """One proposal of this study. Raises Halt."""
    id = row_id(argument)
    found = None if id is None else await proposals.by_id(await turn.connection(), id)
    if found is None or all(
        found.round_id != each.id for each in await studies.rounds(await turn.connection(), study.id)
    ):
        raise Halt(turn.words("moderation.gone"), (("desk.card", desk(study)),))
    return found


async def described(turn: Turn, study: Study, one: Proposal) -> Markup:
    """A proposal with the question that it answers, and what looks like a name in it."""
    asked = await study_items.by_id(await turn.connection(), one.item_id)
    question = shortly(read_item(asked.item).text, turn.words, SHORT) if asked is not None else "–"
    return join(
        [
            turn.words("moderation.proposal", words=one.words),
            turn.words("moderation.answers", question=question),
            found_words(turn, one.words, await _found(turn, study, one.words)),
        ],
        "\n\n",
    )


async def _one(turn: Turn, study: Study, one: Proposal) -> Drawn:
    id = str(one.id)
    return await described(turn, study, one), (
        (Button(turn.words.plain("moderation.accept"), str(Standing("accept", id)), "primary"),),
        (turn.button("moderation.merge", _of(study, "m", one.id)),),
        (Button(turn.words.plain("moderation.decline"), str(Standing("reject", id)), "danger"),),
        (turn.button("moderation.all", Standing("proposals", str(study.id))),),
    )


async def _choose_item(turn: Turn, study: Study, one: Proposal) -> Drawn:
    """The questions that say the same already."""
    items = await _rated(turn, study)
    if not items:
        return join([turn.words("moderation.no_item"), await described(turn, study, one)], "\n\n"), (
            (turn.button("moderation.back", _of(study, "p", one.id)),),
        )
    lines = [
        turn.words("nextround.line", place=place, code=item.code, text=shortly(read_item(item.item).text, turn.words))
        for place, item in enumerate(items, 1)
    ]
    buttons = [Button(item.code, _of(study, "i", f"{one.id}-{item.id}")) for item in items]
    head = turn.words("moderation.which", words=_short(one.words))
    back = ((turn.button("moderation.back", _of(study, "p", one.id)),),)
    return join([head, join(lines)], "\n\n"), digits(turn, buttons) + back


async def _merge(turn: Turn, study: Study, one: Proposal, of_item: str) -> Drawn:
    item = next((each for each in await _rated(turn, study) if str(each.id) == of_item), None)
    if item is None:
        return await _choose_item(turn, study, one)
    connection = await turn.connection()
    await proposals.decide(connection, one.id, "merged", turn.now, became_id=item.id)
    await studies.note(connection, study.id, "proposal.merged", {"item": item.code}, turn.now)
    return await queue(turn, study, turn.words("moderation.merged", code=item.code))


async def _rated(turn: Turn, study: Study) -> list[Item]:
    """The questions that are or may be rated."""
    found = []
    for item in await study_items.all_of(await turn.connection(), study.id):
        written = read_item(item.item)
        if item.state == "active" and not (isinstance(written, OpenItem) and written.proposals):
            found.append(item)
    return found


async def comments(turn: Turn, argument: str) -> Drawn:
    """`12`: the first comment that waits; `12_n-34`: the one after this; `12_s-34-abc`: show it as it is (`b` without
    the names, `h` hide it), if its words are still those that were read."""
    number, _, rest = argument.partition("_")
    study = await study_of(turn, number)
    act, _, detail = rest.partition("-")
    of_comment, _, seen = detail.partition("-")
    lead: Markup = ()
    after = 0
    if act in ("s", "b", "h"):
        lead, after = await _decide(turn, study, act, of_comment, seen)
    elif act == "n":
        after = row_id(of_comment) or 0
    return await next_comment(turn, study, after, lead)


async def next_comment(turn: Turn, study: Study, after: int, lead: Markup = ()) -> Drawn:
    """The comment that comes after this one, round and round."""
    found = sorted(await answers.comments(await turn.connection(), study.id, ("waiting",)), key=lambda one: one.id)
    if not found:
        said = join([lead, turn.words("moderation.no_comments")], "\n\n")
        return said, ((turn.button("desk.card", desk(study)),),)
    one = next((each for each in found if each.id > after), found[0])
    about = await described_comment(turn, study, one)
    left = turn.words.count("moderation.comments_left", len(found), title=title_of(study, turn.words))
    seen = f"{one.id}-{fingerprint(one.words)}"
    buttons: Rows = ((turn.button("moderation.show", _comment(study, "s", seen)),),)
    if await _found(turn, study, one.words):
        buttons = ((turn.button("moderation.show_blank", _comment(study, "b", seen)),), *buttons)
    buttons += (
        (turn.button("moderation.edit", Standing("editcomment", str(one.id))),),
        (turn.button("moderation.hide", _comment(study, "h", seen)),),
    )
    further = [turn.button("desk.card", desk(study))]
    if len(found) > 1:
        further.insert(0, turn.button("moderation.later", _comment(study, "n", str(one.id))))
    return join([lead, left, about], "\n\n"), (*buttons, tuple(further))


async def comment_of(turn: Turn, argument: str) -> tuple[Study, Comment]:
    """One comment and its study, for the study's moderators. Raises Halt."""
    id = row_id(argument)
    connection = await turn.connection()
    found = None if id is None else await answers.comment_by_id(connection, id)
    each = None if found is None else await studies.round_by_id(connection, found.round_id)
    study = await study_of(turn, str(each.study_id) if each is not None else "")
    assert found is not None, "there is no study of no comment"
    return study, found


async def described_comment(turn: Turn, study: Study, one: Comment) -> Markup:
    """A comment with the question that it goes with, what looks like a name in it, and how it reads without."""
    item = await study_items.by_id(await turn.connection(), one.item_id)
    question = shortly(read_item(item.item).text, turn.words, SHORT) if item is not None else ""
    found = await _found(turn, study, one.words)
    blank = turn.words("moderation.blank", words=names.scrub(one.words, found, BLANK)) if found else ()
    return join(
        [
            turn.words("moderation.comment", words=one.words),
            turn.words("moderation.about", code=one.item_code, text=question, number=one.round_number),
            join([found_words(turn, one.words, found), blank]),
        ],
        "\n\n",
    )


def found_words(turn: Turn, said: str, found: Sequence[Found]) -> Markup:
    """What looks like a name, each with why."""
    if not found:
        return turn.words("moderation.no_names")
    each = [
        turn.words.plain(f"moderation.{one.why}" if one.sure else "moderation.perhaps", what=said[one.start : one.end])
        for one in found
    ]
    return turn.words("moderation.names", what=", ".join(each))


def fingerprint(words: str) -> str:
    """Tells whether a comment is still the one that was read."""
    return f"{crc32(words.encode()):x}"


async def _decide(turn: Turn, study: Study, act: str, of_comment: str, seen: str) -> tuple[Markup, int]:
    """What is to be said of it, and after which comment to go on: with the same one when it has changed."""
    of_study, one = await comment_of(turn, of_comment)
    if of_study.id != study.id or one.state != "waiting":
        return turn.words("moderation.comment_decided"), one.id
    if fingerprint(one.words) != seen:
        return turn.words("moderation.comment_changed"), one.id - 1
    shown = names.scrub(one.words, await _found(turn, study, one.words), BLANK) if act == "b" else one.words
    state = "hidden" if act == "h" else "shown"
    await answers.moderate(await turn.connection(), one.id, one.words, "hidden" if act == "h" else "shown", shown)
    return turn.words(f"moderation.is_{state}"), one.id


async def _found(turn: Turn, study: Study, said: str) -> tuple[Found, ...]:
    return names.find(said, Known.of(await panels.names(await turn.connection(), study.id)))


async def next_of_ratings(turn: Turn, study: Study) -> int | None:
    """The id of the round of ratings that comes next, once its questions are chosen."""
    rounds = await studies.rounds(await turn.connection(), study.id)
    ahead = next((each for each in rounds if each.state in AHEAD and each.number > 0), None)
    return ahead.id if ahead is not None and ahead.state == "proposed" else None


def _of(study: Study, act: str, detail: object) -> str:
    return str(Standing("proposals", f"{study.id}_{act}-{detail}"))


def _comment(study: Study, act: str, detail: str) -> str:
    return str(Standing("comments", f"{study.id}_{act}-{detail}"))


def _short(words: str) -> str:
    tidy = " ".join(words.split())
    return tidy if len(tidy) <= SHORT else tidy[: SHORT - 1].rstrip() + "…"
