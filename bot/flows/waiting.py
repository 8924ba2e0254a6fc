"""What waits for a person besides forms they began: decisions, reports, rounds. And the part they play, which says what
they are shown first."""

from dataclasses import dataclass

from bot.chat.markup import Markup
from bot.chat.messages import Button
from bot.flows.progress.figures import day, period_name
from bot.flows.progress.report_owed import Asked, asked_of_person
from bot.flows.studies import panel
from bot.flows.turn import Turn
from storage import coalitions, obligations, panels

Waiting = tuple[list[Markup], list[tuple[Button, ...]]]

# So many reports are named, the oldest ones.
MOST_REPORTS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is: in a coalition, or waiting to be; who writes its reports; on a panel."""

    belongs: bool
    reports: bool
    panellist: bool

    @property
    def known(self) -> bool:
        """Whether they have anything to do with it yet."""
        return self.belongs or self.panellist


async def part_of(turn: Turn) -> Part:
    """The part that the person whose turn it is plays."""
    connection, id = await turn.connection(), turn.person.id
    belongs = bool(await coalitions.of_participant(connection, id))
    reports = belongs and any(one.may_report(id) for one in await obligations.obligations_of(connection, [id]))
    return Part(belongs, reports, bool(await panels.of_participants(connection, [id])))


async def waiting(turn: Turn, part: Part) -> Waiting:
    """A line and a button for each thing that is asked of this person."""
    lines: list[Markup] = []
    rows: list[tuple[Button, ...]] = []
    if turn.is_secretariat and (requests := await coalitions.pending(await turn.connection())):
        lines.append(turn.words.count("requests.waiting", len(requests)))
        rows.append((turn.button("start.requests", "requests"),))
    if part.reports and (owed := await asked_of_person(turn)):
        lines += [_report(turn, one) for one in owed[:MOST_REPORTS]]
        # Where several are owed, the command lists them all.
        rows.append((turn.button("report.begin", owed[0].token if len(owed) == 1 else "report"),))
    if part.panellist:
        of_studies, to_studies = await panel.asked(turn)
        lines += of_studies
        rows += to_studies
    return lines, rows


def _report(turn: Turn, one: Asked) -> Markup:
    late = one.due < turn.now.date()
    return turn.words(
        "waiting.report",
        title=one.obligation.title,
        period=period_name(one.period, turn.language),
        when=turn.words.plain("report.late" if late else "report.due", date=day(one.due, turn.language)),
    )
