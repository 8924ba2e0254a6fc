"""The accounts that may decide: the secretariat, as the settings name it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.chat.events import Account
from bot.chat.messages import Say
from bot.flows.flow import Halt
from bot.flows.turn import Turn
from bot.locales import Words
from storage import outbox, people
from storage.people import Newcomer, Person


async def colleagues(turn: Turn) -> list[Person]:
    """The accounts that decide. Those that never wrote to the bot are put down, so that Slack can reach them."""
    connection = await turn.connection()
    wanted = sorted(turn.house.secretariat)
    known = {person.account: person for person in await people.by_accounts(connection, wanted)}
    missing = [account for account in wanted if account not in known]
    if missing:
        newcomers = [Newcomer(account, Account.parse(account).platform, "", "", "", "") for account in missing]
        known |= await people.meet(connection, newcomers, turn.now)
        for account in missing:
            # A private chat on Telegram has its user's number; Slack's is opened when it is first written to.
            parsed = Account.parse(account)
            if parsed.platform == "telegram":
                known[account].chat = parsed.user
    return [known[account] for account in wanted]


def authorise(turn: Turn) -> None:
    """Stops who is not of the secretariat."""
    if not turn.is_secretariat:
        raise Halt(turn.words("requests.not_yours"))


async def refresh(turn: Turn, subject: str, copy: Callable[[Words], Awaitable[Say]]) -> None:
    """Every copy of a message about this that a colleague has says what is the case now; the one that was tapped is
    left to its own answer."""
    connection = await turn.connection()
    rows = await outbox.about(connection, subject)
    holders = {person.account: person for person in await people.by_accounts(connection, [row.account for row in rows])}
    latest = {row.account: row for row in rows}
    for account, row in latest.items():
        if row.message_id == turn.tapped and account == turn.person.account:
            continue
        message = await copy(turn.words_for(holders[account]))
        turn.tell(replace(holders[account], chat=row.chat), replace(message, edits=row.message_id))
