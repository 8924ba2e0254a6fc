"""Memberships, pledges and facilities in words, as cards of `label: value`."""

from collections.abc import Sequence

from bot.catalogue.catalogue import Catalogue, Entry, Facility, Wording
from bot.chat.markup import Markup, join
from bot.flows import money
from bot.flows.joining import country
from bot.locales import Words
from storage.coalitions import Membership, Pledge

LONGEST_NOTE = 1000


def shortened(written: str) -> str:
    """Free text, no longer than a message can carry beside everything else."""
    return written if len(written) <= LONGEST_NOTE else written[: LONGEST_NOTE - 1].rstrip() + "…"


def line(words: Words, label: str, value: object) -> Markup:
    """`Label: value`, or nothing for a value that is empty."""
    return words("screen.line", label=words.plain(label), value=value) if value else ()


def membership(member: Membership, promised: Sequence[Pledge], catalogue: Catalogue, words: Words) -> Markup:
    """Who asks for what, as a card."""
    return join(
        [
            line(words, "join.organisation.label", member.organisation),
            line(
                words,
                "join.organisation_type.label",
                _option(words, "organisation_type", member.organisation_type),
            ),
            line(words, "join.country.label", member.country and country.name(member.country, words.language)),
            line(words, "join.status.label", _option(words, "status", member.status)),
            line(
                words,
                "join.capacity.label",
                "" if member.organisation else words.plain("join.capacity.alone"),
            ),
            line(words, "join.generation.label", _option(words, "generation", member.generation)),
            line(words, "join.engagement.label", _option(words, "engagement", member.engagement)),
            line(words, "join.facility.label", facility(catalogue.facility(member.facility), words)),
            line(words, "join.aim.label", member.aim),
            line(words, "join.role.label", _option(words, "role", member.role)),
            line(words, "join.contributions.label", pledges(promised, words)),
            line(words, "join.note.label", member.note),
        ]
    )


def pledges(promised: Sequence[Pledge], words: Words) -> str:
    """`staff, funds (5 000 EUR)`."""
    return ", ".join(
        words.plain(f"join.contributions.{pledge.kind}")
        + (f" ({money.shown(pledge.amount, pledge.currency, words.language)})" if pledge.amount is not None else "")
        for pledge in promised
    )


def decision(member: Membership, words: Words) -> Markup:
    """What became of a request, once something has."""
    if member.state == "pending":
        return ()
    said = words(f"request.{member.state}", decider=member.decider or words.plain("secretariat.name"))
    return join([said, line(words, "decline.reason.label", member.reason)])


def facility(entry: Facility, words: Words) -> str:
    """`Global Facility 4: Soil Regeneration`, with the language of the title when it is not the reader's."""
    return words.plain(
        f"facility.{entry.kind}", numeral=entry.numeral, title=wording(entry.title(words.language), words)
    )


def facility_in_list(entry: Facility, words: Words) -> str:
    """The same where many stand together, under one `original_wording` for all."""
    return words.plain(f"facility.{entry.kind}", numeral=entry.numeral, title=entry.title(words.language).text)


def original_wording(entries: Sequence[Entry], words: Words) -> Markup:
    """Says that names are given as the Initiative published them, when some are not in the reader's language."""
    titles = [title for entry in entries if (title := entry.title(words.language)) is not None]
    foreign = {title.language for title in titles if title.language != words.language}
    return words("wording.original", language=words.plain(f"wording.{min(foreign)}")) if foreign else ()


def wording(official: Wording, words: Words) -> str:
    """The Initiative's own words, with their language when it is not the reader's."""
    if official.language == words.language:
        return official.text
    return words.plain("wording.in", text=official.text, language=words.plain(f"wording.{official.language}"))


def _option(words: Words, question: str, value: str) -> str:
    return words.plain(f"join.{question}.{value}") if value else ""
