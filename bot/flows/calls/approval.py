"""Four eyes: a colleague approves a call for engagement, or sends it back to its author with a reason."""

from dataclasses import replace

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Say
from bot.flows import describe
from bot.flows.calls.draft import Reviewer, call, call_of, described, facts_of, titles_of, zone_of
from bot.flows.colleagues import colleagues
from bot.flows.flow import Beginning, Ending, Flow, Halt, Write
from bot.flows.turn import Turn
from bot.outreach import calls, campaigns
from bot.outreach.campaigns import NotPossible
from bot.outreach.composing import picture_of
from storage import outbox, people
from storage.campaigns import Campaign
from storage.people import Person


async def ask(turn: Turn, campaign: Campaign) -> int:
    """Put a call before everybody who may approve it, as its readers will see it and with what can be done; how many
    they are."""
    picture = await picture_of(await turn.connection(), campaign.draft.picture)
    others = [other for other in await colleagues(turn) if other.id != campaign.author_id]
    for other in others:
        words = turn.words_for(other)
        turn.tell(other, calls.message(campaign.id, campaign.draft, words.language, turn.house.words, picture))
        asked = Say(await request(turn, campaign, other), decision_rows(turn, campaign, other))
        turn.tell(other, asked, subject(campaign))
    return len(others)


async def request(turn: Turn, campaign: Campaign, reader: Person) -> Markup:
    """The call as somebody reads it who is to approve it."""
    words = turn.words_for(reader)
    facts = await facts_of(turn, campaign.draft)
    named = {"title": campaign.draft.title, "author": campaign.author}
    return join(
        [
            words("calls.own_waiting" if reader.id == campaign.author_id else "calls.to_approve", **named),
            await described(turn, campaign.draft, facts, Reviewer(words, zone_of(reader))),
        ],
        "\n\n",
    )


def decision_rows(turn: Turn, campaign: Campaign, reader: Person) -> Rows:
    """Approve or send back; its author can only take it back."""
    words = turn.words_for(reader)
    test = Button(words.plain("calls.test"), call(campaign, "test"))
    if reader.id == campaign.author_id:
        return (Button(words.plain("calls.take_back"), call(campaign, "takeback")),), (test,)
    approve = Button(words.plain("request.approve"), call(campaign, "approve"), "primary")
    back = Button(words.plain("calls.send_back"), f"sendback_{campaign.id}", "danger")
    return (approve, back), (test,)


async def approve(turn: Turn, campaign: Campaign) -> Campaign:
    """Let it go out. Raises NotPossible for its author, and Faulty when it cannot go out any more."""
    connection = await turn.connection()
    approved = await campaigns.approve(connection, campaign.id, turn.person.id, titles_of(turn), turn.now)
    await tell_author(turn, approved, "calls.approved")
    await update_copies(turn, approved, "approved")
    return approved


async def take_back(turn: Turn, campaign: Campaign) -> Campaign:
    """Its author wants to change it before anybody has approved it."""
    draft = await campaigns.send_back(await turn.connection(), campaign.id, turn.person.id, turn.now)
    await update_copies(turn, draft, "taken_back")
    return draft


class Reason(BaseModel):
    """What is to be changed about a call."""

    campaign: str
    reason: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    campaign = await call_of(turn, argument)
    if campaign.state != "waiting":
        raise Halt(turn.words("call.not.now"), (("calls.stand", call(campaign)),))
    return Beginning({"campaign": argument}, f"campaign {campaign.id}")


async def _which(turn: Turn, answers: Reason) -> Markup:
    campaign = await call_of(turn, answers.campaign)
    return turn.words("sendback.which", title=campaign.draft.title, author=campaign.author)


async def _finish(turn: Turn, answers: Reason) -> Ending:
    campaign = await call_of(turn, answers.campaign)
    try:
        draft = await campaigns.send_back(await turn.connection(), campaign.id, turn.person.id, turn.now)
    except NotPossible as refusal:
        raise Halt(turn.words(refusal.text, **refusal.values), (("calls.stand", call(campaign)),), drop=True) from None
    await tell_author(turn, draft, "calls.sent_back", answers.reason or "")
    await update_copies(turn, draft, "sent_back")
    return Ending(turn.words("sendback.done", title=draft.draft.title, author=draft.author), (("calls.all", "calls"),))


SENDBACK: Flow[Reason] = Flow(
    name="sendback",
    version=1,
    answers=Reason,
    review=False,
    begin=_begin,
    finish=_finish,
    steps=(
        Write(
            id="reason",
            optional=True,
            long=True,
            lead=_which,
            read=lambda _turn, written: describe.shortened(written),
        ),
    ),
)


async def tell_author(turn: Turn, campaign: Campaign, text: str, reason: str = "") -> None:
    """Tell the author what a colleague decided, and why."""
    if campaign.author_id is None or campaign.author_id == turn.person.id:
        return
    connection = await turn.connection()
    account = await people.account_to_write(connection, campaign.author_id)
    author = await people.by_account_id(connection, account) if account else None
    if author is None:
        return
    words = turn.words_for(author)
    said = words(text, title=campaign.draft.title, colleague=turn.person.name or words.plain("secretariat.name"))
    button = Button(words.plain("calls.stand"), call(campaign))
    turn.tell(author, Say(join([said, describe.line(words, "sendback.reason.label", reason)], "\n\n"), ((button,),)))


async def update_copies(turn: Turn, campaign: Campaign, became: str) -> None:
    """Every copy of the request says what became of it (approved, sent_back, taken_back, cancelled), and loses its
    buttons."""
    connection = await turn.connection()
    latest = {row.account: row for row in await outbox.about(connection, subject(campaign))}
    holders = {person.account: person for person in await people.by_accounts(connection, list(latest))}
    for account, row in latest.items():
        if account == turn.person.account and row.message_id == turn.tapped:
            continue
        holder = holders[account]
        words = turn.words_for(holder)
        said = words(f"calls.copy_{became}", title=campaign.draft.title, colleague=turn.person.name)
        button = Button(words.plain("calls.stand"), call(campaign))
        turn.tell(replace(holder, chat=row.chat), Say(said, ((button,),), edits=row.message_id))


def subject(campaign: Campaign) -> str:
    """What the requests to approve it are found by."""
    return f"campaign {campaign.id} approval"
