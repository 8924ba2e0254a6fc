"""Writing a call for engagement: a title, the words in each language, a picture, where the button leads.

The answers become a draft when the last one is given. Opened with a draft's number and a question (`12-text_fr`), that
question is asked anew and everything else stays.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from bot.chat.limits import LIMITS, units
from bot.flows import describe
from bot.flows.calls.draft import authorise, draft_of, known_of, review
from bot.flows.flow import Attach, Beginning, Ending, Flow, Misfit, Option, PickOne, Write
from bot.flows.turn import Turn
from bot.locales import LANGUAGES, Words
from bot.outreach import calls
from bot.outreach.call_words import problem_words
from storage import campaigns, files
from storage.campaigns import Draft

LONGEST_TITLE = 80
LONGEST_LABEL = LIMITS["telegram"].label
# What the button may lead to.
TARGETS = ("join", "round", "report", "command", "none")
WITH_CHOICE = ("join", "round", "command")
# The reader chooses what to join.
ANY = "any"


class Compose(BaseModel):
    """The answers. `leads` is the kind of target, `target` the one of its kind, `wording` whether the button says what
    is usual. Questions that are skipped are empty."""

    campaign: str = ""
    title: str | None = None
    text_en: str | None = None
    text_fr: str | None = None
    text_es: str | None = None
    picture: list[str] | None = None
    leads: str | None = None
    target: str | None = None
    wording: str | None = None
    label_en: str | None = None
    label_fr: str | None = None
    label_es: str | None = None

    @property
    def destination(self) -> str:
        """The button's target as a draft has it (`join global-4`); empty for no button."""
        if self.leads in (None, "", "none"):
            return ""
        return f"{self.leads} {self.target}" if self.target and self.target != ANY else str(self.leads)

    def label(self, language: str) -> str:
        """What was written for the button in a language."""
        return getattr(self, f"label_{language}") or ""

    def text(self, language: str) -> str:
        """The words in a language."""
        return getattr(self, f"text_{language}") or ""


# What is asked anew together: a button's words hang on where it leads.
TOGETHER = {"leads": ("leads", "target", "wording", "label_en", "label_fr", "label_es")}


async def _begin(turn: Turn, argument: str) -> Beginning:
    authorise(turn)
    if not argument:
        return Beginning({})
    number, _, question = argument.partition("-")
    campaign = await draft_of(turn, number)
    answers = _answers(number, campaign.draft)
    for id in TOGETHER.get(question, (question,)):
        if id in Compose.model_fields and id != "campaign":
            answers[id] = None
    return Beginning(answers, f"campaign {campaign.id}")


def _answers(number: str, draft: Draft) -> dict[str, Any]:
    """A draft as answers."""
    leads, _, target = str(draft.button.get("target", "none")).partition(" ")
    labels = draft.button.get("labels", {})
    return {
        "campaign": number,
        "title": draft.title,
        **{f"text_{language}": draft.texts.get(language, "") for language in LANGUAGES},
        "picture": [] if draft.picture is None else [str(draft.picture)],
        "leads": leads,
        "target": target or ANY,
        "wording": "own" if labels else "usual",
        **{f"label_{language}": labels.get(language, "") for language in LANGUAGES},
    }


async def _finish(turn: Turn, answers: Compose) -> Ending:
    authorise(turn)
    connection = await turn.connection()
    if not answers.campaign:
        id = await campaigns.create(connection, _draft(Draft(), answers), turn.person.id, turn.now)
    else:
        before = await draft_of(turn, answers.campaign)
        id = before.id
        await campaigns.change(connection, id, _draft(before.draft, answers))
        given = answers.picture or []
        if before.draft.picture is not None and str(before.draft.picture) not in given:
            await files.remove(connection, [before.draft.picture])
    await files.adopt(connection, [int(one) for one in answers.picture or ()], f"campaign {id}")
    campaign = await draft_of(turn, str(id))
    return await review(turn, campaign)


def _draft(before: Draft, answers: Compose) -> Draft:
    """The draft with these answers; whom it goes to and when is another matter."""
    written = [language for language in LANGUAGES if answers.text(language)]
    labels = {language: answers.label(language) for language in written if answers.label(language)}
    button = {"target": answers.destination, "labels": labels if answers.wording == "own" else {}}
    return Draft(
        title=answers.title or "",
        texts={language: answers.text(language) for language in written},
        button=button if answers.destination else {},
        audience=before.audience,
        places=before.places,
        picture=int(answers.picture[0]) if answers.picture else None,
        begins_at=before.begins_at,
        local_time=before.local_time,
    )


def _title(_turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if len(tidy) > LONGEST_TITLE:
        raise Misfit("write.too_long", longest=LONGEST_TITLE, length=len(tidy))
    return tidy


def _text_in(language: str) -> Callable[[Turn, str], str]:
    """A reader of a call's words, which have to fit every platform."""

    def read(turn: Turn, written: str) -> str:
        for problem in calls.too_long(written, language):
            raise Misfit("compose.refused", why=problem_words(problem, turn.words))
        return written.strip()

    return read


def _label(_turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if units(tidy) > LONGEST_LABEL:
        raise Misfit("write.too_long", longest=LONGEST_LABEL, length=units(tidy))
    return tidy


async def _targets(turn: Turn, _answers: Compose) -> Sequence[Option]:
    """What there is to lead to: no round where no study is open."""
    known = await known_of(turn)
    return [
        Option(target, turn.words.plain(f"compose.leads.{target}"))
        for target in TARGETS
        if target != "round" or known.rounds
    ]


async def _which(turn: Turn, answers: Compose) -> Sequence[Option]:
    """The coalitions and then the facilities; the studies; the pages."""
    known = await known_of(turn)
    match answers.leads:
        case "join":
            coalitions = [Option(id, title) for id, title in known.coalitions.items()]
            facilities = [
                Option(entry.code, describe.facility_in_list(entry, turn.words), "facility")
                for entry in turn.house.catalogue.all_facilities
            ]
            return [Option(ANY, turn.words.plain("compose.target.any")), *coalitions, *facilities]
        case "round":
            studies = dict.fromkeys(one.rpartition(":")[0] for one in known.rounds)
            return [Option(code, code) for code in studies]
        case "command":
            return [Option(name, turn.words.plain(f"call.label.{name}")) for name in calls.COMMANDS]
    return []


async def _wordings(turn: Turn, answers: Compose) -> Sequence[Option]:
    """What is usual, in the words that it has; or words of one's own."""
    usual = calls.default_label(answers.destination, turn.words) if answers.destination else ""
    return [
        Option("usual", turn.words.plain("compose.wording.usual", label=usual)),
        Option("own", turn.words.plain("compose.wording.own")),
    ]


def _has_button(answers: Compose) -> bool:
    return answers.leads == "report" or (answers.leads in WITH_CHOICE and answers.target is not None)


def _own_label(language: str) -> Callable[[Compose], bool]:
    return lambda answers: (
        _has_button(answers) and answers.wording == "own" and bool(getattr(answers, f"text_{language}"))
    )


def _named(language: str) -> Callable[[Words], Mapping[str, object]]:
    """The words of a question that is asked for each language."""
    return lambda words: {"language": words.plain(f"wording.{language}")}


COMPOSE: Flow[Compose] = Flow(
    name="compose",
    version=1,
    answers=Compose,
    minutes=5,
    review=False,
    begin=_begin,
    finish=_finish,
    steps=(
        Write(id="title", page="words", read=_title),
        *(
            Write(
                id=f"text_{language}",
                page="words",
                texts="text",
                fills=_named(language),
                optional=True,
                long=True,
                read=_text_in(language),
            )
            for language in LANGUAGES
        ),
        Attach(id="picture", page="words", only_pictures=True),
        PickOne(
            id="leads",
            page="button",
            options=_targets,
            resets=("target", "wording", *(f"label_{language}" for language in LANGUAGES)),
        ),
        PickOne(id="target", page="button", when=lambda a: a.leads in WITH_CHOICE, options=_which, resets=("wording",)),
        PickOne(id="wording", page="button", when=_has_button, options=_wordings),
        *(
            Write(
                id=f"label_{language}",
                page="button",
                texts="label",
                fills=_named(language),
                when=_own_label(language),
                read=_label,
            )
            for language in LANGUAGES
        ),
    ),
)
