"""What a conversation looks like: a question, the review, the list of answers to change.

A screen is drawn from the conversation and drawn again the same way. Drawing notes in the conversation which values
stand behind its numbered buttons.
"""

from collections.abc import Sequence
from typing import Any

from bot.chat.limits import Limits, fitting, units
from bot.chat.markup import Markup, join, plain, text
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Screen
from bot.flows import attaching
from bot.flows.conversation import answers_of, doubted, position, shares_form
from bot.flows.doubts import unsure_of
from bot.flows.flow import Attach, Flow, Option, PickSeveral, Step, Unsure, Value, Write
from bot.flows.turn import Turn
from storage.conversations import Conversation

Drawn = tuple[Markup, Rows]


async def draw(turn: Turn, flow: Flow[Any], conversation: Conversation, page: int = 0) -> Drawn:
    """The screen that this conversation is at."""
    match conversation.step:
        case "review":
            return await _review(turn, flow, conversation)
        case "change":
            return await _change(turn, flow, conversation)
        case id:
            step = flow.step(id)
            assert step is not None, "a conversation is settled before it is drawn"
            return await _question(turn, flow, conversation, step, page)


async def options_of(turn: Turn, flow: Flow[Any], step: Step, answers: Any) -> Sequence[Option]:
    """What can be chosen, in the reader's words."""
    if isinstance(step, Attach):
        return ()
    if callable(step.options):
        return await step.options(turn, answers)
    return [Option(value, turn.words.plain(step.text(flow.name, value))) for value in step.options]


async def shown(turn: Turn, flow: Flow[Any], step: Step, answers: Any, value: Value) -> str:
    """An answer as its reader knows it."""
    if not value:
        own = step.text(flow.name, "skipped")
        return turn.words.plain(own if turn.words.has(own) else "screen.skipped")
    if isinstance(step, Write):
        return step.show(turn, str(value)) if step.show else str(value)
    if isinstance(step, Attach):
        return await attaching.names(turn, list(value))
    labels = {option.value: option.label for option in await options_of(turn, flow, step, answers)}
    chosen = [value] if isinstance(value, str) else value
    return ", ".join(labels.get(item, item) for item in chosen)


async def answered(turn: Turn, flow: Flow[Any], step: Step, answers: Any) -> Markup:
    """The line that an answered question turns into."""
    return turn.words("screen.answered", answer=await shown(turn, flow, step, answers, getattr(answers, step.id)))


def asking(turn: Turn, flow: Flow[Any], step: Step) -> Markup:
    """The question with its explanation, when it has one."""
    about = step.filled(turn.words)
    ask = turn.words(step.text(flow.name, "ask"), **about)
    hint = step.text(flow.name, "hint")
    return join([ask, turn.words(hint, **about)]) if turn.words.has(hint) else ask


def label_of(turn: Turn, flow: Flow[Any], step: Step) -> str:
    """The question's short name."""
    return turn.words.plain(step.text(flow.name, "label"), **step.filled(turn.words))


def skip_of(turn: Turn, flow: Flow[Any], step: Step) -> str:
    """The catalogue entry for skipping this question: its own, where skipping it says something."""
    own = step.text(flow.name, "skip")
    return own if turn.words.has(own) else "screen.skip"


def move(turn: Turn, conversation: Conversation, text: str, to: str) -> Button:
    """A button of this screen."""
    return turn.button(text, Screen(conversation.id, conversation.rev, to))


async def _question(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, page: int) -> Drawn:
    answers = answers_of(flow, conversation)
    if unsure := unsure_of(turn, conversation, step):
        return _doubtful(turn, conversation, step, answers, unsure)
    options = await options_of(turn, flow, step, answers)
    conversation.drawn = [option.value for option in options]
    if isinstance(step, Attach):
        listing, rows = await _attached(turn, conversation, step)
    else:
        listing, rows = _options(turn, conversation, step, answers, options, page)
    place, total = position(flow, answers, step)
    footer = turn.words(
        "screen.footer",
        place=place,
        total=total,
        minutes=_minutes_left(flow, place, total),
        cancel=turn.command("cancel"),
    )
    lead = await step.lead(turn, answers) if step.lead else ()
    words = join([lead, asking(turn, flow, step), listing, footer], "\n\n")
    return words, (*rows, *_controls(turn, flow, conversation, step, answers))


def _doubtful(turn: Turn, conversation: Conversation, step: Step, answers: Any, unsure: Unsure) -> Drawn:
    """What was written may mean several things, or surprises: which is meant, or something else?"""
    conversation.drawn = [reading.value for reading in unsure.readings]
    listing, rows = _options(turn, conversation, step, answers, unsure.readings, 0)
    ask = turn.words(unsure.text, **{"written": doubted(conversation, step), **unsure.values})
    else_ = move(turn, conversation, "screen.write_anew", "w")
    return join([ask, listing], "\n\n"), (*rows, (else_, move(turn, conversation, "screen.save", "v")))


async def _attached(turn: Turn, conversation: Conversation, step: Attach[Any]) -> Drawn:
    """What was sent so far, to be done with or taken back."""
    listing = await attaching.received(turn, conversation, step)
    if not listing:
        return (), ()
    row = (move(turn, conversation, "screen.done", "d"), move(turn, conversation, "screen.remove", "e"))
    return listing, (row,)


def _options(
    turn: Turn, conversation: Conversation, step: Step, answers: Any, options: Sequence[Option], page: int
) -> tuple[Markup, Rows]:
    """The options as buttons with their words, or as a numbered list with buttons `1 2 3` when they are too long for
    a phone; those of another group, and those past the first ten, on further pages."""
    pages = _pages(options, turn.limits)
    page %= max(len(pages), 1)
    here = pages[page] if pages else []
    chosen = getattr(answers, step.id) or () if isinstance(step, PickSeveral) else ()

    def button(place: int, label: str) -> Button:
        sign = ("-" if options[place].value in chosen else "+") if isinstance(step, PickSeveral) else ""
        return Button(label, str(Screen(conversation.id, conversation.rev, f"{sign}{place + 1}")))

    def tick(place: int, label: str) -> str:
        return f"✓ {label}" if options[place].value in chosen else label

    long = any(len(tick(place, options[place].label)) > turn.limits.comfortable_label for place in here)
    numbered = long or len(pages) > 1
    if numbered:
        listing = text("\n".join(f"{place + 1}. {tick(place, options[place].label)}" for place in here))
        rows = _rows([button(place, tick(place, str(place + 1))) for place in here], turn.limits.digits_in_row)
    else:
        listing = ()
        rows = _rows([button(place, tick(place, options[place].label)) for place in here], turn.limits.words_in_row)
    if isinstance(step, PickSeveral) and chosen:
        rows += ((move(turn, conversation, "screen.done", "d"),),)
    if len(pages) > 1:
        rest = len(options) - len(here)
        more = Screen(conversation.id, conversation.rev, f"p{(page + 1) % len(pages)}")
        rows += ((turn.button("screen.more", more, n=rest),),)
    return listing, rows


def _controls(turn: Turn, flow: Flow[Any], conversation: Conversation, step: Step, answers: Any) -> Rows:
    """Open as a form; back, skip, save for later; after three answers that did not fit, a person to ask."""
    rows: Rows = ()
    if turn.limits.forms and shares_form(flow, step):
        rows += ((move(turn, conversation, "screen.form", "f"),),)
    if conversation.misses >= 3:
        rows += ((move(turn, conversation, "screen.human", "h"),),)
    row = []
    if conversation.history and conversation.history[0] != step.id:
        row.append(move(turn, conversation, "screen.back", "b"))
    if step.optional and not getattr(answers, step.id):
        row.append(move(turn, conversation, skip_of(turn, flow, step), "s"))
    row.append(move(turn, conversation, "screen.save", "v"))
    return (*rows, tuple(row))


async def _review(turn: Turn, flow: Flow[Any], conversation: Conversation) -> Drawn:
    answers = answers_of(flow, conversation)
    frame = (turn.words(f"{flow.name}.review"), turn.words("screen.review_hint"))
    lines = await _lines(turn, flow, answers, _answered(flow, answers), "screen.line", frame)
    return join([frame[0], lines, frame[1]], "\n\n"), (
        (
            Button(
                turn.words.plain(f"{flow.name}.send"),
                str(Screen(conversation.id, conversation.rev, "y")),
                "primary",
            ),
        ),
        (move(turn, conversation, "screen.change", "c"), move(turn, conversation, "screen.save", "v")),
    )


async def _change(turn: Turn, flow: Flow[Any], conversation: Conversation) -> Drawn:
    answers = answers_of(flow, conversation)
    steps = _answered(flow, answers)
    conversation.drawn = [step.id for step in steps]
    ask = turn.words("screen.change_ask")
    lines = await _lines(turn, flow, answers, steps, "screen.item", (ask,))
    numbers = [
        Button(str(place), str(Screen(conversation.id, conversation.rev, str(place))))
        for place, _ in enumerate(steps, 1)
    ]
    return join([ask, lines], "\n\n"), (
        *_rows(numbers, turn.limits.digits_in_row),
        (move(turn, conversation, "screen.to_review", "r"),),
    )


def _answered(flow: Flow[Any], answers: Any) -> list[Step]:
    return [step for step in flow.asked(answers) if getattr(answers, step.id) is not None]


async def _lines(
    turn: Turn, flow: Flow[Any], answers: Any, steps: Sequence[Step], line: str, frame: Sequence[Markup]
) -> Markup:
    """Every answer on a line with its label. The longest are shortened where a message would not hold them all beside
    the `frame` around them; they are kept in full."""
    labels = [label_of(turn, flow, step) for step in steps]
    values = [await shown(turn, flow, step, answers, getattr(answers, step.id)) for step in steps]

    def written(shown_values: Sequence[str]) -> Markup:
        pairs = enumerate(zip(labels, shown_values, strict=True), 1)
        return join([turn.words(line, place=place, label=label, value=value) for place, (label, value) in pairs])

    around = join([*frame, written([""] * len(steps))], "\n\n")
    return written(fitting(values, turn.limits.text - units(plain(around)) - len("\n\n")))


def _pages(options: Sequence[Option], limits: Limits) -> list[list[int]]:
    """The places of the options on each page."""
    pages: list[list[int]] = []
    for place, option in enumerate(options):
        if not pages or len(pages[-1]) == limits.listed or options[pages[-1][-1]].group != option.group:
            pages.append([])
        pages[-1].append(place)
    return pages


def _rows(buttons: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def _minutes_left(flow: Flow[Any], place: int, total: int) -> int:
    return max(1, round(flow.minutes * (total - place + 1) / total))
