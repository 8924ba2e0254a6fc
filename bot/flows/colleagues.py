"""The accounts that may decide: the secretariat, as the settings name it."""

from bot.chat.events import Account
from bot.flows.turn import Turn
from storage import people
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
