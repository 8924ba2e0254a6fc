"""What guidelines for Delphi reports ask for: the topics that a study's log can answer, and those that it cannot.

The topics are in our own words. ACCORD, DELPHISTAR and CREDES have their own lists and forms, which an author fills in.
"""

from collections.abc import Callable, Iterator, Mapping

from bot.delphi.report.blocks import Block, Grid, Heading, Paragraph
from bot.delphi.report.data import Published
from bot.delphi.report.names import Names, scale_words
from bot.delphi.report.wording import day, percent

FOR_A_PERSON = (
    "aim",
    "why_delphi",
    "registration",
    "evidence",
    "steering",
    "choice_of_panel",
    "pilot",
    "ethics",
    "funding",
    "conflicts",
    "deviations",
    "limits",
    "use",
    "affected",
)


def topics(published: Published, names: Names) -> Iterator[Block]:
    """A table of what the log says, and one of what is left to say."""
    yield Heading(names("guidelines"))
    yield Paragraph(names("guidelines.note"))
    answered = [(names(f"topic.{topic}"), answer(published, names)) for topic, answer in FROM_THE_LOG.items()]
    yield Grid((names("col.topic"), names("col.log")), answered, "guidelines")
    yield Heading(names("guidelines.person"), 2)
    yield Grid((names("col.topic"), names("col.person")), [(names(f"topic.{topic}"), "") for topic in FOR_A_PERSON])


def _dates(published: Published, names: Names) -> str:
    spans = [
        names("answer.round", round=each.number, opened=day(each.opened_at), closed=day(each.closed_at))
        for each in published.study.rounds
    ]
    return " ".join(spans) or names("none")


def _panel(published: Published, names: Names) -> str:
    return " ".join(
        names(
            "answer.response",
            round=outcome.round,
            invited=outcome.response.invited,
            answered=outcome.response.everything + outcome.response.part,
            rate=percent(outcome.response.rate, names.language),
        )
        for outcome in published.outcomes
    )


def _consensus(published: Published, names: Names) -> str:
    rule = published.study.protocol.consensus
    share = percent(rule.threshold, names.language)
    return names("answer.consensus", rule=names(f"rule.{rule.rule}"), threshold=share, date=_frozen(published))


def _stopping(published: Published, names: Names) -> str:
    stopping = published.study.protocol.stopping
    change = percent(stopping.net_change, names.language)
    return names("answer.stopping", least=stopping.least_rounds, most=stopping.most_rounds, change=change)


def _items(published: Published, names: Names) -> str:
    versions = published.study.items
    added = sum(item.origin == "panel" for item in versions)
    changed = sum(bool(item.lineage) for item in versions)
    return names("answer.items", n=len(versions), added=added, changed=changed)


def _feedback(published: Published, names: Names) -> str:
    shown = published.study.protocol.feedback
    kinds = [names(f"feedback.{name}") for name in ("groups", "reasons", "picture") if getattr(shown, name)]
    return names("answer.feedback", kinds=names.listed(kinds))


def _dissent(published: Published, names: Names) -> str:
    flagged = [
        item.code
        for _, outcome in published.rated_rounds[-1:]
        for item in outcome.items
        if item.rated and item.rated.flags
    ]
    return names("answer.dissent", items=names.listed(flagged))


def _attrition(published: Published, names: Names) -> str:
    smallest = published.study.protocol.smallest_group
    told = [names.leavers(each, smallest) for each in published.outcomes]
    return " ".join(filter(None, told)) or names("none")


def _frozen(published: Published) -> str:
    return day(published.study.published_at)


FROM_THE_LOG: Mapping[str, Callable[[Published, Names], str]] = {
    "protocol": lambda it, names: names("answer.protocol", date=_frozen(it), hash=it.study.published.hash()),
    "amendments": lambda it, names: names("answer.amendments", n=len(it.study.amendments)),
    "dates": _dates,
    "response": _panel,
    "attrition": _attrition,
    "scale": lambda it, names: scale_words(it.study.protocol, names.language),
    "consensus": _consensus,
    "stopping": _stopping,
    "items": _items,
    "feedback": _feedback,
    "anonymity": lambda it, names: names("answer.anonymity", smallest=it.study.protocol.smallest_group),
    "comments": lambda it, names: names("answer.comments", n=len(it.study.comments)),
    "results": lambda _, names: names("answer.results"),
    "stability": lambda _, names: names("answer.stability"),
    "dissent": _dissent,
    "sensitivity": lambda _, names: names("answer.sensitivity"),
    "data": lambda _, names: names("answer.data"),
}
