"""What a call for engagement says, and everything that is wrong with it. Pure.

A reader gets it in their language, else in English, else in the first language that it has; with the button that leads
on and a way to stop. In a channel or a group the button leads into the private conversation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.chat.events import Platform
from bot.chat.limits import LIMITS, units
from bot.chat.markup import Markup, parse, plain
from bot.chat.messages import Button, File, Rows, Say
from bot.chat.tokens import Standing
from bot.locales import DEFAULT, LANGUAGES, Words
from bot.outreach.audience import AudienceErrors, Known, Problem, read
from bot.outreach.recipients import TOPIC, Reach
from bot.outreach.schedule import at_wall
from storage.campaigns import Draft
from storage.places import Place

# What a button may open besides: views that anybody may see.
COMMANDS = ("coalitions", "objectives", "link", "help")
# What Slack counts of a message besides its words: the buttons below it, as JSON.
_SLACK_BUTTONS = 1000
_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Facts:
    """What a draft is held against. `reach` is None where its audience cannot be read; `picture` says whether the
    picture is there: `ready`, `coming` (not fetched yet), `gone`, or empty for none. `zone` is the author's."""

    known: Known
    reach: Reach | None
    places: Sequence[Place]
    picture: str
    zone: ZoneInfo
    now: datetime


def problems(draft: Draft, facts: Facts) -> list[Problem]:
    """Everything that is wrong with it, at once; and warnings of what will happen."""
    return [
        *_title_problems(draft),
        *_text_problems(draft, facts),
        *_button_problems(draft, facts.known),
        *_audience_problems(draft, facts),
        *_picture_problems(facts),
        *_time_problems(draft, facts),
    ]


def blocking(found: Sequence[Problem]) -> list[Problem]:
    """Those that hold it up."""
    return [problem for problem in found if not problem.warning]


def message(
    campaign_id: int,
    draft: Draft,
    language: str,
    words: Mapping[str, Words],
    picture: File | None = None,
    *,
    in_public: bool = False,
) -> Say:
    """The call as a reader of this language gets it."""
    said_in = language_for(draft, language)
    rows: Rows = ()
    if draft.button:
        label = draft.button.get("labels", {}).get(said_in) or default_label(draft.button["target"], words[said_in])
        token = token_of(draft.button["target"], campaign_id)
        rows = ((Button(label, start=token) if in_public else Button(label, token, "primary"),),)
    if not in_public:
        # How to stop is said in the reader's own language, whatever the call is in.
        rows += ((Button(words[language].plain("call.stop"), str(Standing("stoptopic", TOPIC))),),)
    return Say(_parsed(draft.texts[said_in]), rows, file=picture)


def language_for(draft: Draft, language: str) -> str:
    """The language in which a reader of this one gets the call. Raises StopIteration when it says nothing at all."""
    return next(one for one in (language, DEFAULT, *LANGUAGES) if draft.texts.get(one, "").strip())


def token_of(target: str, campaign_id: int | None = None) -> str:
    """Where a button with this target leads, as a token that is good for a deep link, too: `join`, `join global-4`,
    `join 7`, `round soil`, `report`, `command objectives`. Raises ValueError for anything else."""
    kind, _, what = target.strip().partition(" ")
    what = what.strip()
    match kind, what:
        case "join", _:
            return str(Standing("join", what, campaign_id))
        case "round", code if code:
            return str(Standing("study", code, campaign_id))
        case "report", "":
            return str(Standing("report", "", campaign_id))
        case "command", name if name in COMMANDS:
            return str(Standing(name, "", campaign_id))
    raise ValueError(target)


def default_label(target: str, words: Words) -> str:
    """What a button with this target says, unless the author says something else."""
    kind, _, what = target.partition(" ")
    return words.plain(f"call.label.{what}" if kind == "command" else f"call.label.{kind}")


def leads_to(target: str, words: Words, known: Known) -> str:
    """Where a button leads, in words for the author."""
    kind, _, what = target.partition(" ")
    if kind == "join" and what:
        title = known.coalitions.get(what) or known.facilities.get(what, {}).get(words.language) or what
        return words.plain("call.target.join_one", title=title)
    if kind == "command":
        return words.plain(f"call.label.{what}")
    return words.plain(f"call.target.{kind}", study=what) if kind == "round" else words.plain(f"call.target.{kind}")


@lru_cache(maxsize=64)
def _parsed(text: str) -> Markup:
    return parse(text.strip())


def _title_problems(draft: Draft) -> list[Problem]:
    if not draft.title.strip():
        return [Problem("title", "call.problem.no_title")]
    if len(draft.title) > _LONGEST_TITLE:
        return [Problem("title", "call.problem.title_long", {"length": len(draft.title), "most": _LONGEST_TITLE})]
    return []


def _text_problems(draft: Draft, facts: Facts) -> list[Problem]:
    found = [
        Problem(f"texts.{language}", "call.problem.unknown_language", {"written": language})
        for language in draft.texts
        if language not in LANGUAGES
    ]
    written = [language for language in LANGUAGES if draft.texts.get(language, "").strip()]
    if not written:
        return [*found, Problem("texts", "call.problem.no_text")]
    for language in written:
        found += too_long(draft.texts[language], language)
    for language in LANGUAGES:
        if language not in written:
            values: dict[str, object] = {"language": language, "instead": language_for(draft, language)}
            text = "call.problem.missing_language"
            if facts.reach is not None:
                values["n"] = facts.reach.by_language.get(language, 0)
                text += "_of" if values["n"] else "_of_nobody"
            found.append(Problem(f"texts.{language}", text, values, warning=True))
    return found


def too_long(text: str, language: str) -> list[Problem]:
    """Whether it does not fit a message of one of the platforms, as it is there after rendering. With a picture as much
    fits: what is too long for a caption comes after it."""
    words = plain(parse(text.strip()))
    # Slack counts three characters by what they are escaped to, and the signs of the markup.
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lengths: tuple[tuple[Platform, int, int], ...] = (
        ("telegram", units(words), LIMITS["telegram"].text),
        ("slack", units(escaped), LIMITS["slack"].text - _SLACK_BUTTONS),
    )
    return [
        Problem(
            f"texts.{language}",
            "call.problem.text_long",
            {"language": language, "platform": platform, "length": length, "most": most},
        )
        for platform, length, most in lengths
        if length > most
    ]


def _button_problems(draft: Draft, known: Known) -> list[Problem]:
    if not draft.button:
        return []
    target = str(draft.button.get("target", ""))
    found = []
    if wrong := target_problem(target, known):
        found.append(wrong)
    most = LIMITS["telegram"].label
    for language, label in draft.button.get("labels", {}).items():
        place = f"button.labels.{language}"
        if language not in LANGUAGES:
            found.append(Problem(place, "call.problem.unknown_language", {"written": language}))
        elif units(str(label)) > most:
            values = {"language": language, "length": units(str(label)), "most": most}
            found.append(Problem(place, "call.problem.label_long", values))
    return found


def target_problem(target: str, known: Known) -> Problem | None:
    """What is wrong with where a button leads."""
    kind, _, what = target.partition(" ")
    try:
        token_of(target)
    except ValueError:
        values = {"written": target, "known": f"join, join global-4, join 7, round CODE, report, {_commands()}"}
        return Problem("button.target", "call.problem.unknown_target", values)
    if kind == "join" and what and what not in (*known.facilities, *known.coalitions):
        return Problem("button.target", "call.problem.unknown_coalition", {"written": what})
    if kind == "round" and what not in {one.rpartition(":")[0] for one in known.rounds}:
        return Problem("button.target", "call.problem.unknown_study", {"written": what})
    return None


def _commands() -> str:
    return ", ".join(f"command {name}" for name in COMMANDS)


def _audience_problems(draft: Draft, facts: Facts) -> list[Problem]:
    found: list[Problem] = []
    there = {place.id for place in facts.places if place.active}
    for id in draft.places:
        if id not in there:
            found.append(Problem("places", "call.problem.unknown_place", {"written": id}))
    if draft.audience is None:
        return found if draft.places else [*found, Problem("audience", "call.problem.no_audience")]
    try:
        read(draft.audience, facts.known)
    except AudienceErrors as errors:
        return [*found, *errors.problems]
    if facts.reach is not None and not facts.reach.total:
        # With places it goes out all the same.
        found.append(Problem("audience", "call.problem.empty_audience", warning=bool(draft.places)))
    return found


def _picture_problems(facts: Facts) -> list[Problem]:
    if facts.picture in ("coming", "gone"):
        return [Problem("picture", f"call.problem.picture_{facts.picture}")]
    return []


def _time_problems(draft: Draft, facts: Facts) -> list[Problem]:
    if not draft.local_time:
        past = draft.begins_at is not None and draft.begins_at <= facts.now
        return [Problem("when", "call.problem.past")] if past else []
    try:
        wall = datetime.fromisoformat(draft.local_time)
    except ValueError:
        return [Problem("when", "call.problem.no_time", {"written": draft.local_time})]
    if at_wall(wall, facts.zone) <= facts.now:
        return [Problem("when", "call.problem.past")]
    if at_wall(wall, ZoneInfo("Pacific/Kiritimati")) <= facts.now.astimezone(UTC):
        # Where the day begins first, it has come already: those are written to as soon as it is day there again.
        return [Problem("when", "call.problem.past_somewhere", warning=True)]
    return []
