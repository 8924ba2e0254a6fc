"""Joining a Partnership or an Alliance: who you are, what you join, how you can help."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel

from bot.catalogue.catalogue import Facility
from bot.chat.markup import Markup, join
from bot.chat.tokens import row_id
from bot.flows import describe, money
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, Option, PickOne, PickSeveral, Write
from bot.flows.joining import country, secretariat
from bot.flows.turn import Turn
from storage import coalitions, people
from storage.coalitions import Coalition, Pledge

# Raised when what is stored, or who sees it, changes: everybody is then asked again.
CONSENT_VERSION = 1

ORGANISATION_TYPES = (
    "government",
    "international",
    "donor",
    "producers",
    "research",
    "civil_society",
    "company",
)
# Partnerships are formed with governmental and international organisations; everybody else is proposed an Alliance.
PARTNERSHIP_TYPES = ("government", "international")
ROLES = ("member", "leader", "regional")
CONTRIBUTIONS = ("knowledge", "network", "communication", "staff", "hosting", "office", "land", "funds")
KINDS = {"core": "partnership", "global": "alliance"}


class Join(BaseModel):
    """The answers. `known_language` and `known_consent` are set from the start when they were given before."""

    known_language: bool = False
    known_consent: bool = False
    language: str | None = None
    agreement: str | None = None
    capacity: str | None = None
    organisation: str | None = None
    organisation_type: str | None = None
    country: str | None = None
    status: str | None = None
    generation: str | None = None
    engagement: str | None = None
    facility: str | None = None
    coalition: str | None = None
    title: str | None = None
    aim: str | None = None
    objectives: list[str] | None = None
    role: str | None = None
    contributions: list[str] | None = None
    amount: str | None = None
    note: str | None = None


def _for_organisation(answers: Join) -> bool:
    return answers.capacity == "organisation"


def _from_partner(answers: Join) -> bool:
    """The Task Forces take leaders and regional representatives only from partner organisations."""
    return _for_organisation(answers) and answers.status == "partner"


def _proposes(answers: Join) -> bool:
    return answers.coalition == "new"


async def _remember_language(turn: Turn, answers: Join) -> None:
    turn.person.language = answers.language or turn.person.language


async def _remember_agreement(turn: Turn, answers: Join) -> None:
    if answers.agreement != "yes":
        raise Halt(turn.words("join.not_agreed"), (("start.join", "join"), ("start.privacy", "privacy")), drop=True)
    turn.person.consent_version = CONSENT_VERSION
    turn.person.consented_at = turn.now


async def _what_is_stored(turn: Turn, _answers: Join) -> Markup:
    return turn.words(
        "join.what_i_am",
        contact=turn.house.contact or turn.words.plain("secretariat.name"),
        coalitions=turn.command("coalitions"),
        privacy=turn.command("privacy"),
    )


async def _facilities(turn: Turn, answers: Join) -> Sequence[Option]:
    """What suits this kind of participant first, everything else one tap away."""
    core, others = turn.house.catalogue.facilities("core"), turn.house.catalogue.facilities("global")
    partnership = _for_organisation(answers) and answers.organisation_type in PARTNERSHIP_TYPES
    ordered: tuple[Facility, ...] = (*core, *others) if partnership else (*others, *core)
    return [Option(entry.code, describe.facility_in_list(entry, turn.words), entry.kind) for entry in ordered]


async def _proposal(turn: Turn, answers: Join) -> Markup:
    partnership = _for_organisation(answers) and answers.organisation_type in PARTNERSHIP_TYPES
    return join(
        [
            turn.words("join.propose_partnership" if partnership else "join.propose_alliance"),
            describe.original_wording(turn.house.catalogue.all_facilities, turn.words),
        ]
    )


async def _coalitions(turn: Turn, answers: Join) -> Sequence[Option]:
    """Those that exist, with one under the facility's own name in any case, then one of one's own."""
    facility = _facility(turn, answers)
    existing = await coalitions.open_in(await turn.connection(), facility.code)
    options = [
        Option(_value(one, facility), turn.words.plain(f"join.coalition.{one.state}", title=one.title))
        for one in existing
    ]
    if not any(option.value == "first" for option in options):
        title = facility.title(turn.language).text
        options.append(Option("first", turn.words.plain("join.coalition.first", title=title)))
    return [*options, Option("new", turn.words.plain("join.coalition.new"))]


def _value(one: Coalition, facility: Facility) -> str:
    """`first` for the one under the facility's own name, whether it is there yet or not: somebody else's request may
    bring it into being while the question is on the screen."""
    return "first" if one.title.casefold() == facility.title("en").text.casefold() else str(one.id)


async def _about_facility(turn: Turn, answers: Join) -> Markup:
    facility = _facility(turn, answers)
    served = ", ".join(objective.code for objective in turn.house.catalogue.objectives_of(facility.code))
    return join(
        [
            turn.words(f"join.kind_{KINDS[facility.kind]}"),
            describe.line(turn.words, "join.facility.label", describe.facility(facility, turn.words)),
            describe.line(turn.words, "join.serves", served),
        ]
    )


async def _objectives(turn: Turn, _answers: Join) -> Sequence[Option]:
    options = []
    for objective in turn.house.catalogue.all_objectives:
        label = objective.label(turn.language)
        options.append(Option(objective.code, f"{objective.code} {label.text}" if label else objective.code))
    return options


async def _about_coalition(turn: Turn, answers: Join) -> Markup:
    chosen = await _chosen(turn, answers)
    if chosen is None:
        return ()
    return join(
        [
            turn.words("join.chosen", kind=turn.words.plain(f"kind.{chosen.kind}"), title=chosen.title),
            describe.line(turn.words, "join.aim.label", chosen.aim),
        ]
    )


async def _roles(turn: Turn, answers: Join) -> Sequence[Option]:
    offered = ROLES if _from_partner(answers) else ROLES[:1]
    return [Option(role, turn.words.plain(f"join.role.{role}")) for role in offered]


async def _why_one_role(turn: Turn, answers: Join) -> Markup:
    about = await _about_coalition(turn, answers)
    return about if _from_partner(answers) else join([about, turn.words("join.only_member")], "\n\n")


def _written(longest: int, shortest: int = 2) -> Callable[[Turn, str], str]:
    """A reader of free text with its bounds, in characters."""

    def read(_turn: Turn, written: str) -> str:
        tidy = "\n".join(" ".join(one.split()) for one in written.strip().splitlines()).strip()
        if len(tidy) < shortest:
            raise Misfit("write.too_short")
        if len(tidy) > longest:
            raise Misfit("write.too_long", longest=longest, length=len(tidy))
        return tidy

    return read


def _name(turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if not any(character.isalpha() for character in tidy):
        raise Misfit("write.no_letters")
    return _written(120)(turn, tidy)


async def _begin(turn: Turn, argument: str) -> Beginning:
    """With a coalition's number or a facility's code, as a call for engagement has it, that is chosen already."""
    answers: dict[str, object] = {
        "known_language": bool(turn.person.language),
        "known_consent": turn.person.consent_version >= CONSENT_VERSION,
    }
    if (id := row_id(argument)) is not None:
        wanted = await coalitions.coalition(await turn.connection(), id)
        if wanted is not None and wanted.state != "closed":
            facility = turn.house.catalogue.facility(wanted.facility)
            answers |= {"facility": facility.code, "coalition": _value(wanted, facility)}
    elif any(facility.code == argument for facility in turn.house.catalogue.all_facilities):
        answers["facility"] = argument
    return Beginning(answers)


async def _finish(turn: Turn, answers: Join) -> Ending:
    connection = await turn.connection()
    membership_id = await coalitions.request(
        connection,
        participant_id=turn.person.id,
        account_id=turn.person.account_id,
        organisation_id=await _organisation(turn, answers),
        coalition_id=await _coalition_id(turn, answers),
        role=answers.role or ROLES[0],
        note=answers.note or "",
        now=turn.now,
    )
    if membership_id is None:
        raise Halt(turn.words("join.already"), (("start.coalitions", "coalitions"),), drop=True)
    await coalitions.pledge(connection, membership_id, pledges_of(answers.contributions, answers.amount))
    await people.describe(
        connection, turn.person, generation=answers.generation or "", engagement=answers.engagement or ""
    )
    await coalitions.note_action(
        connection,
        actor_id=turn.person.id,
        action="requested",
        subject=f"membership {membership_id}",
        now=turn.now,
    )
    membership = await coalitions.membership(connection, membership_id)
    assert membership is not None, "it was made in this transaction"
    await secretariat.announce(turn, membership)
    return Ending(
        turn.words("join.sent", kind=turn.words.plain(f"kind.{membership.kind}"), title=membership.title),
        (
            ("start.coalitions", "coalitions"),
            ("start.objectives", "objectives"),
            # Only Slack tells where its people live; everybody else is asked here, once.
            *(() if turn.person.zone else (("zone.tell", "zone"),)),
        ),
    )


def pledges_of(contributions: Sequence[str] | None, amount: str | None) -> list[Pledge]:
    """What was promised, with the amount where it belongs."""
    promised = []
    for kind in contributions or ():
        if kind == "funds" and amount:
            value, currency = money.parse(amount)
            promised.append(Pledge(kind, value, currency))
        else:
            promised.append(Pledge(kind))
    return promised


async def _organisation(turn: Turn, answers: Join) -> int | None:
    if not _for_organisation(answers):
        return None
    return await coalitions.organisation(
        await turn.connection(),
        name=answers.organisation or "",
        type=answers.organisation_type or "",
        country=answers.country or "",
        status=answers.status or "",
        now=turn.now,
    )


async def _coalition_id(turn: Turn, answers: Join) -> int:
    """The chosen coalition; a proposed one comes into being, as forming, with its first request."""
    if answers.coalition not in ("first", "new"):
        chosen = await _chosen(turn, answers)
        if chosen is None or chosen.state == "closed":
            raise Halt(turn.words("join.closed_meanwhile"), (("start.join", "join"),), drop=True)
        return chosen.id
    facility = _facility(turn, answers)
    own = answers.coalition == "new"
    return await coalitions.propose(
        await turn.connection(),
        kind=KINDS[facility.kind],
        facility=facility.code,
        title=(answers.title or "") if own else facility.title("en").text,
        aim=(answers.aim or "") if own else "",
        objectives=(answers.objectives or []) if own else [],
        proposed_by=turn.person.id,
        now=turn.now,
    )


async def _chosen(turn: Turn, answers: Join) -> Coalition | None:
    """The coalition, when there is one already."""
    connection = await turn.connection()
    if answers.coalition == "first":
        facility = _facility(turn, answers)
        existing = await coalitions.open_in(connection, facility.code)
        return next((one for one in existing if _value(one, facility) == "first"), None)
    id = row_id(answers.coalition or "")
    return await coalitions.coalition(connection, id) if id is not None else None


def _facility(turn: Turn, answers: Join) -> Facility:
    return turn.house.catalogue.facility(answers.facility or "")


JOIN: Flow[Join] = Flow(
    name="join",
    version=1,
    answers=Join,
    minutes=3,
    reminds=True,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(
            id="language",
            options=("en", "fr", "es"),
            when=lambda a: not a.known_language,
            after=_remember_language,
        ),
        PickOne(
            id="agreement",
            options=("yes", "no"),
            when=lambda a: not a.known_consent,
            lead=_what_is_stored,
            after=_remember_agreement,
        ),
        PickOne(
            id="capacity",
            page="you",
            options=("alone", "organisation"),
            resets=("role",),
        ),
        Write(id="organisation", page="you", when=_for_organisation, read=_name),
        PickOne(
            id="organisation_type",
            page="you",
            when=_for_organisation,
            options=ORGANISATION_TYPES,
        ),
        Write(id="country", page="you", when=_for_organisation, read=country.read, show=country.show),
        PickOne(
            id="status",
            page="you",
            when=_for_organisation,
            options=("member", "partner", "friend", "none"),
            resets=("role",),
        ),
        PickOne(id="generation", page="you", options=("youth", "senior", "neither")),
        PickOne(id="engagement", page="you", options=("volunteer", "professional")),
        PickOne(
            id="facility",
            page="what",
            options=_facilities,
            lead=_proposal,
            resets=("coalition", "title", "aim", "objectives"),
        ),
        PickOne(
            id="coalition",
            page="what",
            when=lambda a: bool(a.facility),
            options=_coalitions,
            lead=_about_facility,
        ),
        Write(id="title", page="what", when=_proposes, read=_written(80, 3)),
        Write(id="aim", page="what", when=_proposes, long=True, read=_written(600, 10)),
        PickSeveral(id="objectives", page="what", when=_proposes, optional=True, options=_objectives),
        PickOne(id="role", page="how", options=_roles, lead=_why_one_role),
        PickSeveral(id="contributions", page="how", optional=True, options=CONTRIBUTIONS),
        Write(
            id="amount",
            page="how",
            when=lambda a: "funds" in (a.contributions or ()),
            read=money.read,
            show=money.show,
        ),
        Write(id="note", page="how", optional=True, long=True, read=_written(1000)),
    ),
)
