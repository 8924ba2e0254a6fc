"""Help that a coalition asks for in its report: put before the secretariat at once, taken by one, answered."""

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import Standing, row_id
from bot.flows import describe
from bot.flows.colleagues import authorise, colleagues, refresh
from bot.flows.flow import Halt
from bot.flows.progress.figures import period_name
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.period import Period
from storage import coalitions, people, progress
from storage.progress import Report

MOST_LISTED = 20


async def announce(turn: Turn, report_id: int) -> None:
    """Put a new request before everybody who may answer it."""
    report = await _report(turn, str(report_id))
    for colleague in await colleagues(turn):
        words = turn.words_for(colleague)
        said = Say(await _request(turn, report, words), _rows(report, words))
        turn.tell(colleague, said, subject=_subject(report))


async def requests(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Every request that has not been answered, or with a report's number that one."""
    authorise(turn)
    if argument:
        return await _shown(turn, await _report(turn, argument))
    wanted = await progress.help_wanted(await turn.connection())
    if not wanted:
        return turn.words("help_wanted.none"), ()
    here = wanted[:MOST_LISTED]
    lines = [await _line(turn, place, one) for place, one in enumerate(here, 1)]
    buttons = [Button(str(place), str(Standing("helping", str(one.id)))) for place, one in enumerate(here, 1)]
    width = turn.limits.digits_in_row
    rows = tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
    return join([turn.words.count("help_wanted.head", len(wanted)), join(lines)], "\n\n"), rows


async def take(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """See to a request; who comes second learns who has taken it."""
    authorise(turn)
    report = await _report(turn, argument)
    if await progress.take_help(await turn.connection(), report.id, turn.person.id):
        await _changed(turn, report, "help_taken")
    else:
        turn.toast = turn.words.plain("help_wanted.already")
    return await _shown(turn, await _report(turn, argument))


async def answered(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The request is answered."""
    authorise(turn)
    report = await _report(turn, argument)
    if await progress.answer_help(await turn.connection(), report.id, turn.person.id):
        await _changed(turn, report, "help_answered")
    else:
        turn.toast = turn.words.plain("help_wanted.already")
    return await _shown(turn, await _report(turn, argument))


async def _changed(turn: Turn, report: Report, action: str) -> None:
    """Every copy of the request says what became of it; whoever asked learns who sees to it."""
    connection = await turn.connection()
    await coalitions.note_action(
        connection, actor_id=turn.person.id, action=action, subject=f"report {report.id}", now=turn.now
    )
    now = await _report(turn, str(report.id))

    async def copy(words: Words) -> Say:
        return Say(await _request(turn, now, words), _rows(now, words))

    await refresh(turn, _subject(report), copy)
    asked_by = report.corrected_by or report.submitted_by
    account = await people.account_to_write(connection, asked_by) if asked_by else None
    asker = await people.by_account_id(connection, account) if account else None
    if asker is not None and asker.id != turn.person.id and action == "help_taken":
        words = turn.words_for(asker)
        who = turn.person.name or words.plain("secretariat.name")
        turn.tell(asker, Say(words("help_wanted.told", who=who, help=describe.shortened(report.help))))


async def _shown(turn: Turn, report: Report) -> tuple[Markup, Rows]:
    back = ((turn.button("help_wanted.all", "helping"),),)
    return await _request(turn, report, turn.words), _rows(report, turn.words) + back


async def _request(turn: Turn, report: Report, words: Words) -> Markup:
    """A request as the secretariat reads it."""
    coalition = await coalitions.coalition(await turn.connection(), report.coalition_id)
    title = coalition.title if coalition else ""
    period = period_name(Period.parse(report.period), words.language)
    state = words(f"help_wanted.{report.help_state}", who=report.helper or words.plain("secretariat.name"))
    return join(
        [
            words("help_wanted.asks", title=title),
            text(describe.shortened(report.help)),
            join(
                [
                    describe.line(words, "help_wanted.report", period),
                    describe.line(words, "report.status.label", words.plain(f"report.status.{report.status}")),
                    describe.line(words, "report.why.label", describe.shortened(report.why)),
                    describe.line(words, "help_wanted.by", report.corrector or report.submitter),
                ]
            ),
            state,
        ],
        "\n\n",
    )


def _rows(report: Report, words: Words) -> Rows:
    done = Button(words.plain("help_wanted.done"), str(Standing("helpdone", str(report.id))))
    if report.help_state == "open":
        return ((Button(words.plain("help_wanted.take"), str(Standing("helptake", str(report.id))), "primary"), done),)
    return ((done,),) if report.help_state == "taken" else ()


async def _line(turn: Turn, place: int, report: Report) -> Markup:
    coalition = await coalitions.coalition(await turn.connection(), report.coalition_id)
    state = turn.words.plain(f"help_wanted.{report.help_state}", who=report.helper)
    return turn.words("help_wanted.item", place=place, title=coalition.title if coalition else "", state=state)


async def _report(turn: Turn, argument: str) -> Report:
    id = row_id(argument)
    found = None if id is None else await progress.report_by_id(await turn.connection(), id)
    if found is None or not found.help_state:
        raise Halt(turn.words("help_wanted.gone"))
    return found


def _subject(report: Report) -> str:
    return f"help {report.id}"
