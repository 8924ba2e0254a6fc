"""A call for engagement in words for the secretariat: whom it reaches, what is wrong with it, how far it has come."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import Standing
from bot.locales import Words
from bot.outreach.audience import Problem
from bot.outreach.recipients import Reach
from storage.campaigns import Campaign, Counts, Draft

# Parts of the bar: so many fit the narrowest phone in one line.
_BAR = 16
_EASTWARDS = str.maketrans("+-", "-+")
# In this order, and those that are nobody's are left out.
_STATES = ("sent", "waiting", "failed", "blocked", "cancelled")


def reach_words(reach: Reach, words: Words, places: int = 0) -> Markup:
    """`This reaches 412 people: 300 in Slack, 112 on Telegram.` And who of the audience is left out, and why."""
    on = [
        words.plain(f"call.reach_{platform}", n=number(n, words))
        for platform, n in sorted(reach.by_platform.items(), key=lambda item: -item[1])
    ]
    head = words.count("call.reach", reach.total, total=number(reach.total, words), platforms=", ".join(on))
    if not reach.total:
        head = words("call.reach_nobody")
    lines = [head]
    if places:
        lines.append(words.count("call.reach_places", places))
    lines += [
        words.count(f"call.left_{why}", n)
        for why in ("unreachable", "stopped", "paused", "not_agreed")
        if (n := getattr(reach, why))
    ]
    return join(lines)


def problem_words(problem: Problem, words: Words) -> Markup:
    """What is wrong, and what to do."""
    shown = dict(problem.values)
    for name in ("language", "instead"):
        if name in shown:
            shown[name] = words.plain(f"wording.{shown[name]}")
    if "platform" in shown:
        shown["platform"] = words.plain(f"audience.platform.{shown['platform']}")
    n = shown.pop("n", None)
    return words.count(problem.text, n, **shown) if isinstance(n, int) and n else words(problem.text, **shown)


def when_words(draft: Draft, words: Words, zone: ZoneInfo) -> str:
    """When it goes out; an instant is shown in the zone of who reads this."""
    if draft.local_time:
        wall = datetime.fromisoformat(draft.local_time)
        day, time = _said(wall, words)
        return words.plain("call.when_local", day=day, time=time)
    if draft.begins_at is None:
        return words.plain("call.when_now")
    day, time = _said(draft.begins_at.astimezone(zone), words)
    return words.plain("call.when_instant", day=day, time=time, zone=city(zone, words))


def city(zone: ZoneInfo, words: Words) -> str:
    """What a time zone is called by in a language: a city, or UTC."""
    if zone.key == "UTC" or zone.key.startswith("Etc/"):
        # These are counted westwards, unlike anybody expects.
        west = zone.key.removeprefix("Etc/GMT")
        return f"UTC{west.translate(_EASTWARDS)}" if west[0] in "+-" else "UTC"
    return str(get_timezone_location(zone, locale=words.language, return_city=True)).rpartition("/")[2]


def _said(wall: datetime, words: Words) -> tuple[str, str]:
    """The day and the time of it, by a clock of 24 hours."""
    return str(format_date(wall, "full", locale=words.language)), f"{wall.hour}:{wall.minute:02}"


def bar(done: int, total: int) -> str:
    """How far it has come, in blocks: `▓▓▓▓░░░░░░░░░░░░`. Full only when nothing is left."""
    full = _BAR if done >= total else _BAR * done // max(total, 1)
    return "▓" * full + "░" * (_BAR - full)


def card(campaign: Campaign, counts: Counts, words: Words, zone: ZoneInfo) -> Say:
    """A call that was sent out as it stands now, with what can be done about it."""
    done = counts.total - counts.waiting
    head = words(f"call.card_{campaign.state}", title=campaign.draft.title)
    if campaign.state == "scheduled":
        head = join([head, words("call.card_when", when=when_words(campaign.draft, words, zone))])
    parts = [
        head,
        words("call.bar", bar=bar(done, counts.total), done=number(done, words), total=number(counts.total, words)),
        join([words(f"call.state_{state}", n=number(counts.of(state), words)) for state in _shown(counts)]),
        join(
            [
                words(f"call.mark_{mark}", n=number(n, words))
                for mark, n in (("opened", counts.opened), ("completed", counts.completed))
            ]
        ),
        _platforms(counts, words),
    ]
    return Say(join(parts, "\n\n"), _rows(campaign, counts, words))


def number(n: int, words: Words) -> str:
    """`12,345` as the language writes it."""
    return str(format_decimal(n, locale=words.language))


def _shown(counts: Counts) -> list[str]:
    return [state for state in _STATES if state == "sent" or counts.of(state)]


def _platforms(counts: Counts, words: Words) -> Markup:
    """Where there are several, how far each has come."""
    if len(counts.by_platform) < 2:
        return ()
    return join([_platform(name, states, words) for name, states in sorted(counts.by_platform.items())])


def _platform(name: str, states: Mapping[str, int], words: Words) -> Markup:
    return words(
        "call.platform",
        platform=words.plain(f"audience.platform.{name}"),
        sent=number(states.get("sent", 0), words),
        total=number(sum(states.values()), words),
    )


def _rows(campaign: Campaign, counts: Counts, words: Words) -> Rows:
    acts = {
        "scheduled": ("undo", "pause", "cancel"),
        "sending": ("pause", "cancel"),
        "paused": ("resume", "cancel"),
    }.get(campaign.state, ())
    later = [*(("retry",) if counts.failed and campaign.state != "cancelled" else ()), "report"]
    rows = [tuple(_button(campaign, act, words) for act in acts)] if acts else []
    to_list = Button(words.plain("calls.all"), "calls")
    return (*rows, tuple(_button(campaign, act, words) for act in later), (to_list,))


def _button(campaign: Campaign, act: str, words: Words) -> Button:
    tone = {"cancel": "danger", "resume": "primary"}.get(act, "plain")
    token = str(Standing("call", f"{campaign.id}_{act}"))
    return Button(words.plain(f"call.act_{act}"), token, tone)  # type: ignore[arg-type]  # the dict's values are the literals
