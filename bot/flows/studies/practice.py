"""A practice question for who has never taken part in a Delphi study: an answer, made-up feedback, a second thought.

Nothing of it is kept but that it was seen; the buttons carry where it stands.
"""

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows
from bot.delphi.scale import NINE_POINTS
from bot.flows.studies import panel
from bot.flows.studies.feedback import bars, crowd, number
from bot.flows.studies.item_screen import token
from bot.flows.turn import Turn

# Twenty people who do not exist, from 1 to 9; the middle half of them answered between 6 and 8.
HEADS = (0, 1, 0, 1, 1, 3, 5, 4, 5)
IN_ZONE = (1, 5, 14)
MEDIAN, Q1, Q3 = 7, 6, 8


async def practice(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The question; with an answer (`soil-6`) what others would have said; with a second one (`soil-6-8`) the end."""
    code, *given = argument.split("-")
    study = await panel.own_study(turn, code)
    ratings = [int(one) for one in given if one.isdecimal() and int(one) in NINE_POINTS.values]
    await panel.note_practised(turn, study)
    match ratings:
        case [first]:
            return _feedback(turn, code, first)
        case [_, _, *_]:
            card = (turn.button("rounds.card", token("rounds", code)),)
            return turn.words("practice.end"), await panel.onward(turn, study) or (card,)
    words = join([turn.words("practice.head"), turn.words("practice.item"), turn.words("practice.how")], "\n\n")
    return words, (*_digits(turn, code), (turn.button("practice.skip", token("rounds", code)),))


def _feedback(turn: Turn, code: str, own: int) -> tuple[Markup, Rows]:
    said = turn.words("feedback.own", answer=own)
    words = join(
        [
            turn.words("practice.answered", own=own),
            join([said, crowd(NINE_POINTS, IN_ZONE, own, turn.words)], " "),
            join(
                [
                    bars(HEADS, NINE_POINTS, own, turn.words),
                    turn.words(
                        "feedback.middle",
                        median=number(MEDIAN, turn.language),
                        low=number(Q1, turn.language),
                        high=number(Q3, turn.language),
                    ),
                ]
            ),
            turn.words("practice.reason"),
            turn.words("practice.again"),
        ],
        "\n\n",
    )
    keep = Button(turn.words.plain("rate.keep", answer=own), str(token("practice", code, own, own)), "primary")
    return words, ((keep,), *_digits(turn, code, own))


def _digits(turn: Turn, code: str, *given: int) -> Rows:
    digits = [Button(str(point), str(token("practice", code, *given, point))) for point in NINE_POINTS.values]
    width = turn.limits.digits_in_row
    return tuple(tuple(digits[start : start + width]) for start in range(0, len(digits), width))
