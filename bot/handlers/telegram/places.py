"""From what Telegram reports to where the bot is: groups, and channels that it may post in."""

from bot.handlers.telegram.updates import Update
from bot.outreach.whereabouts import Moved

_IN_GROUP = ("member", "administrator", "creator", "restricted")
_IN_CHANNEL = ("administrator", "creator")


def moved(update: Update) -> Moved | None:
    """Whether the bot was put somewhere or taken away by this. A group that becomes a supergroup is another chat
    from then on."""
    if (change := update.my_chat_member) and change.chat.type != "private":
        there = change.new_chat_member.status in (_IN_CHANNEL if change.chat.type == "channel" else _IN_GROUP)
        return Moved(str(change.chat.id), there, _title(change.chat.title))
    if (message := update.message) and message.migrate_to_chat_id is not None:
        return Moved(str(message.chat.id), False)
    if (message := update.message) and message.migrate_from_chat_id is not None:
        return Moved(str(message.chat.id), True, _title(message.chat.title))
    return None


def _title(title: str | None) -> str:
    """Without NUL, which PostgreSQL cannot store."""
    return (title or "").replace("\0", "").strip()
