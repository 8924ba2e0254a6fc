"""A study that is being made: what it says so far, what it lacks, its questions, and throwing it away."""

from zlib import crc32

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing
from bot.delphi.checking import Weight, check
from bot.delphi.protocol import Item, Protocol, in_language, stored_item
from bot.flows.flow import Halt
from bot.flows.studies.access import Drawn, desk, digits, draft_of, language_name, shortly, title_of, wall
from bot.flows.turn import Turn
from storage import files, studies
from storage.studies import Study

PAGE = 15
# What can be asked anew, as the conversation that makes a study has it.
PARTS = ("words", "languages", "scale", "groups", "who", "rounds", "rule")


async def show(turn: Turn, study: Study, lead: Markup = ()) -> Drawn:
    """The draft as it stands, with everything that can be done."""
    words, protocol = turn.words, Protocol.model_validate(study.protocol)
    found = check(protocol, turn.now)
    blocking = sum(one.weight is not Weight.WARNING for one in found)
    lacks = words.count("draft.lacks", blocking) if blocking else words("draft.complete")
    body = [
        lead,
        words("desk.title", title=title_of(study, words), state=words.plain("desk.is_draft")),
        summary(turn, protocol),
        lacks,
    ]
    rows: Rows = ()
    if not blocking:
        publish = Button(words.plain("draft.publish"), desk(study, "publish"), "primary")
        rows += ((publish,),)
    rows += (
        (
            turn.button("draft.items", desk(study, "items")),
            turn.button("draft.add", Standing("draftitem", str(study.id))),
        ),
        (turn.button("draft.file", Standing("itemsfile", str(study.id))),),
        (
            turn.button("draft.change", desk(study, "parts")),
            turn.button("draft.seats", Standing("seats", str(study.id))),
        ),
    )
    if found:
        rows += (
            (turn.button("draft.check", desk(study, "check")), turn.button("draft.missing", desk(study, "missing"))),
        )
    rows += (
        (turn.button("desk.look", desk(study, "look")), turn.button("draft.delete", desk(study, "delete"))),
        (turn.button("desk.all", "studies"),),
    )
    return join(body, "\n\n"), rows


def summary(turn: Turn, protocol: Protocol) -> Markup:
    """What a protocol fixes, in a few lines."""
    words = turn.words
    lines = [
        words("draft.code", code=protocol.study),
        words("draft.languages", what=", ".join(language_name(code, words) for code in protocol.languages)),
        words("draft.questions", n=len(protocol.items), scale=protocol.scale),
        words("draft.groups", what=", ".join(in_language(one.name, words.language) for one in protocol.groups))
        if protocol.groups
        else (),
        words.count("draft.panel", len(protocol.panel)) if protocol.panel else (),
        words("draft.open_panel") if protocol.open_panel else (),
        *(
            words(
                "publish.round",
                number=number,
                opens=wall(each.opens, words, begins=True),
                closes=wall(each.closes, words),
            )
            for number, each in protocol.numbered()
        ),
        rule_words(turn, protocol),
        words("draft.stopping", least=protocol.stopping.least_rounds, most=protocol.stopping.most_rounds),
    ]
    return join(lines)


def rule_words(turn: Turn, protocol: Protocol) -> Markup:
    """The rule that decides; a share also in heads, for a panel of an ordinary size."""
    rule, threshold = protocol.consensus.rule, protocol.consensus.threshold
    if rule != "agreement_share":
        return turn.words("draft.rule", rule=turn.words.plain(f"making.rule.{rule}"))
    n = max(len(protocol.panel), 1) if protocol.panel else EXAMPLE
    return turn.words("draft.rule_share", percent=round(threshold * 100), n=n, heads=heads(n, round(threshold * 100)))


EXAMPLE = 23


def heads(n: int, percent: int) -> int:
    """How many of n are that many per cent, or more."""
    return -(-n * percent // 100)


async def items(turn: Turn, study: Study, detail: str) -> Drawn:
    """The questions of a draft; `3`: the one at this place; `x3-abc`: take it out, if it is still the same."""
    study, protocol = await draft_of(turn, str(study.id))
    first, _, seen = detail.partition("-")
    if first.startswith("p"):
        return _listing(turn, study, protocol, _number(first[1:]))
    place = _number(first.removeprefix("x"))
    if not 0 < place <= len(protocol.items):
        return _listing(turn, study, protocol, 0)
    item = protocol.items[place - 1]
    if not first.startswith("x") or seen != _fingerprint(item):
        return _item(turn, study, item, place)
    kept = [one for one in protocol.items if one is not item]
    await keep(turn, study, protocol.model_copy(update={"items": kept}))
    study, protocol = await draft_of(turn, str(study.id))
    return _listing(turn, study, protocol, 0, turn.words("draft.item_gone", code=item.id))


async def keep(turn: Turn, study: Study, protocol: Protocol) -> None:
    """Put a changed protocol in the draft's place. Raises Halt when it was published in this moment."""
    raw = protocol.model_dump(mode="json")
    if not await studies.change_draft(await turn.connection(), study.id, protocol.study, raw):
        raise Halt(turn.words("desk.no_draft", title=title_of(study, turn.words)), (("desk.card", desk(study)),))


async def parts(turn: Turn, study: Study, _detail: str) -> Drawn:
    """What is to be asked anew."""
    await draft_of(turn, str(study.id))
    ways = tuple((f"draft.part_{part}", str(Standing("making", f"{study.id}-{part}"))) for part in PARTS)
    return turn.words("draft.parts_ask"), turn.onward((*ways, ("desk.card", desk(study))))


async def delete(turn: Turn, study: Study, detail: str) -> Drawn:
    """Throw a draft away, asking first."""
    study, _ = await draft_of(turn, str(study.id))
    title = title_of(study, turn.words)
    if detail != "yes":
        yes = Button(turn.words.plain("draft.delete_yes"), desk(study, "delete", "yes"), "danger")
        return turn.words("draft.delete_ask", title=title), ((yes,), (turn.button("draft.delete_no", desk(study)),))
    await studies.discard(await turn.connection(), study.id)
    await files.drop(await turn.connection(), file_subject(study))
    return turn.words("draft.deleted", title=title), turn.onward((("desk.all", "studies"),))


def file_subject(study: Study) -> str:
    """What files with questions are about, until they are read."""
    return f"study {study.code} items"


def _listing(turn: Turn, study: Study, protocol: Protocol, first: int, lead: Markup = ()) -> Drawn:
    shown = list(enumerate(protocol.items, 1))[first : first + PAGE]
    lines = [
        turn.words("nextround.line", place=place, code=item.id, text=shortly(item.text, turn.words))
        for place, item in shown
    ]
    buttons = [Button(str(place), desk(study, "items", place)) for place, _ in shown]
    turning = []
    if first:
        turning.append(turn.button("nextround.before", desk(study, "items", f"p{max(0, first - PAGE)}")))
    if first + PAGE < len(protocol.items):
        turning.append(turn.button("nextround.more", desk(study, "items", f"p{first + PAGE}")))
    head = turn.words.count("draft.items_head", len(protocol.items)) if protocol.items else turn.words("draft.no_items")
    rows = (*digits(turn, buttons), tuple(turning), (turn.button("draft.add", Standing("draftitem", str(study.id))),))
    back = (turn.button("desk.card", desk(study)),)
    return join([lead, head, join(lines)], "\n\n"), tuple(row for row in (*rows, back) if row)


def _item(turn: Turn, study: Study, item: Item, place: int) -> Drawn:
    wordings = [
        turn.words("nextround.text", language=language_name(language, turn.words), text=said)
        for language, said in item.text.items()
    ]
    kind = turn.words("draft.kind", code=item.id, kind=turn.words.plain(f"draftitem.kind.{item.kind}"))
    out = Button(turn.words.plain("draft.item_out"), desk(study, "items", f"x{place}", _fingerprint(item)), "danger")
    return join([kind, *wordings]), ((out,), (turn.button("draft.items", desk(study, "items")),))


def _fingerprint(item: Item) -> str:
    return f"{crc32(repr(stored_item(item)).encode()):x}"


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 6 else 0
