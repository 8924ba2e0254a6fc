"""Deciding on what panellists wrote, where that takes words: accepting a proposal as a question, declining it with a
reason, showing a comment in other words."""

from collections.abc import Callable

from pydantic import BaseModel

from bot.chat.markup import Markup
from bot.chat.tokens import Standing, row_id
from bot.delphi.checking import LONGEST
from bot.delphi.protocol import AgreeItem, OpenItem, Protocol, ScaleItem, read_item, stored_item
from bot.flows import describe
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, PickOne, Write
from bot.flows.studies.access import desk, study_of
from bot.flows.studies.item_changes import free_code
from bot.flows.studies.moderation import comment_of, described, described_comment, next_of_ratings, proposal_of
from bot.flows.studies.rounds import choose_items
from bot.flows.studies.spoken import Spoken, in_language, named, spoken
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from storage import answers, proposals, studies, study_items
from storage.proposals import Proposal
from storage.studies import Study


class Accepting(Spoken):
    """A proposal that becomes a question. `language` is the one that it is written in; its own words are taken there
    when `wording` says so."""

    proposal: str
    language: str = ""
    kind: str | None = None
    wording: str | None = None
    text_en: str | None = None
    text_fr: str | None = None
    text_es: str | None = None


async def _waiting(turn: Turn, argument: str) -> tuple[Study, Proposal]:
    """A proposal that waits, for its study's moderators. Raises Halt."""
    connection = await turn.connection()
    id = row_id(argument)
    found = None if id is None else await proposals.by_id(connection, id)
    each = None if found is None else await studies.round_by_id(connection, found.round_id)
    study = await study_of(turn, str(each.study_id) if each is not None else "", lock=True)
    one = await proposal_of(turn, study, argument)
    if one.state != "waiting":
        raise Halt(turn.words("moderation.decided"), _ways(study), drop=True)
    return study, one


def _ways(study: Study) -> tuple[tuple[str, str], ...]:
    return ("moderation.all", str(Standing("proposals", str(study.id)))), ("desk.card", desk(study))


async def _begin_accepting(turn: Turn, argument: str) -> Beginning:
    study, one = await _waiting(turn, argument)
    languages = list(Protocol.model_validate(study.protocol).languages)
    language = one.language if one.language in languages else languages[0]
    return Beginning(
        {"proposal": argument, "language": language, **spoken(languages)}, f"study {study.code} proposal {one.id}"
    )


async def _what(turn: Turn, answers_: Accepting) -> Markup:
    study, one = await _waiting(turn, answers_.proposal)
    return await described(turn, study, one)


def _read(_turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if len(tidy) > LONGEST["text"]:
        raise Misfit("write.too_long", longest=LONGEST["text"], length=len(tidy))
    return tidy


def _asks(language: str) -> Callable[[Accepting], bool]:
    """Its own words are not asked for where they are kept."""
    return lambda answers_: (
        in_language(language)(answers_)
        and answers_.wording is not None
        and (answers_.wording == "own" or language != answers_.language)
    )


async def _finish_accepting(turn: Turn, answers_: Accepting) -> Ending:
    study, one = await _waiting(turn, answers_.proposal)
    connection = await turn.connection()
    texts = answers_.texts("text")
    if answers_.wording == "as_is":
        texts[answers_.language] = " ".join(one.words.split())
    known = await study_items.all_of(connection, study.id)
    if not texts:
        raise Halt(turn.words("accept.no_words"), _ways(study), drop=True)
    rated = [item.code for item in known if not _is_open(item.item)]
    code = free_code([item.code for item in known], rated[-1] if rated else "A1")
    kind = AgreeItem if answers_.kind == "agree" else ScaleItem
    item = kind.model_validate({"id": code, "text": texts})
    id = await study_items.add(connection, study.id, code, stored_item(item), origin="panel")
    await proposals.decide(connection, one.id, "accepted", turn.now, became_id=id)
    await studies.note(connection, study.id, "proposal.accepted", {"item": code}, turn.now)
    ahead = await next_of_ratings(turn, study)
    if ahead is not None and (each := await studies.round_by_id(connection, ahead)) is not None:
        asked = [item.id for item in await study_items.of_round(connection, ahead)]
        await choose_items(connection, each, [*asked, id])
    return Ending(turn.words("accept.done", code=code), _ways(study))


def _is_open(stored: object) -> bool:
    item = read_item(stored)
    return isinstance(item, OpenItem) and item.proposals


ACCEPT: Flow[Accepting] = Flow(
    name="accept",
    version=1,
    answers=Accepting,
    begin=_begin_accepting,
    finish=_finish_accepting,
    steps=(
        PickOne(id="kind", options=("scale", "agree"), lead=_what),
        PickOne(id="wording", options=("as_is", "own"), resets=tuple(f"text_{language}" for language in LANGUAGES)),
        *(
            Write(
                id=f"text_{language}",
                texts="text",
                fills=named(language),
                when=_asks(language),
                optional=True,
                long=True,
                read=_read,
            )
            for language in LANGUAGES
        ),
    ),
)


class Rejecting(BaseModel):
    """Why a proposal does not become a question."""

    proposal: str
    reason: str | None = None


async def _begin_rejecting(turn: Turn, argument: str) -> Beginning:
    study, one = await _waiting(turn, argument)
    return Beginning({"proposal": argument}, f"study {study.code} proposal {one.id}")


async def _which(turn: Turn, answers_: Rejecting) -> Markup:
    study, one = await _waiting(turn, answers_.proposal)
    return await described(turn, study, one)


async def _finish_rejecting(turn: Turn, answers_: Rejecting) -> Ending:
    study, one = await _waiting(turn, answers_.proposal)
    connection = await turn.connection()
    await proposals.decide(connection, one.id, "declined", turn.now, reason=answers_.reason or "")
    await studies.note(connection, study.id, "proposal.declined", {}, turn.now)
    return Ending(turn.words("reject.done"), _ways(study))


REJECT: Flow[Rejecting] = Flow(
    name="reject",
    version=1,
    answers=Rejecting,
    review=False,
    begin=_begin_rejecting,
    finish=_finish_rejecting,
    steps=(Write(id="reason", long=True, lead=_which, read=lambda _turn, written: describe.shortened(written)),),
)


class Editing(BaseModel):
    """What others read of a comment. `seen` are the words that it had when the moderator began."""

    comment: str
    seen: str
    words: str | None = None


async def _begin_editing(turn: Turn, argument: str) -> Beginning:
    study, one = await comment_of(turn, argument)
    return Beginning({"comment": argument, "seen": one.words}, f"study {study.code} comment {one.id}")


async def _what_it_says(turn: Turn, answers_: Editing) -> Markup:
    study, one = await comment_of(turn, answers_.comment)
    return await described_comment(turn, study, one)


async def _finish_editing(turn: Turn, answers_: Editing) -> Ending:
    study, one = await comment_of(turn, answers_.comment)
    connection = await turn.connection()
    done = await answers.moderate(connection, one.id, answers_.seen, "shown", answers_.words or "")
    onward = (("moderation.comments", str(Standing("comments", f"{study.id}_n-{one.id}"))), ("desk.card", desk(study)))
    return Ending(turn.words("moderation.is_shown" if done else "moderation.comment_changed"), onward)


EDIT: Flow[Editing] = Flow(
    name="editcomment",
    version=1,
    answers=Editing,
    review=False,
    begin=_begin_editing,
    finish=_finish_editing,
    steps=(Write(id="words", long=True, lead=_what_it_says, read=lambda _turn, written: describe.shortened(written)),),
)
FLOWS = (ACCEPT, REJECT, EDIT)
