"""What the Bot API's errors mean for a delivery.

403 and unknown chats are unreachable, 429 waits, a moved chat says where to, a wrong token is for someone to
repair, and the rest of 400 will never do.

Whether an interrupted call took effect is known in two cases only: no connection came about, or the server
said 503, that it would not serve. Any other 5xx may come from a gateway that lost the answer, and so is
unknown.
"""

import re

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bot.handlers.telegram.request import ServerFault, Throttled, Unopened
from bot.outreach.delivery import (
    DeliveryFailed,
    Interrupted,
    Moved,
    RateLimited,
    Refused,
    SetupFault,
    Unreachable,
)

NOT_MODIFIED = "message is not modified"

# Descriptions are the Bot API's, lower case, up to their first mark of punctuation.
_UNREACHABLE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "input_user_deactivated",
    "chat_write_forbidden",
    "have no rights to send",
    "need administrator rights",
    "not enough rights to send",
    "group chat was deactivated",
)
_UNEDITABLE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "there is no text in the message to edit",
    "message is not a media message",
)
NO_TEXT = "there is no text in the message to edit"
# The file was uploaded by another bot, or as something else, or is there no longer.
_UNKNOWN_FILE = (
    "wrong file identifier",
    "wrong remote file identifier",
    "wrong file_id",
    "invalid file_id",
    "type of file mismatch",
    "can't use file of type",
    "file reference",
)
_NO_PHOTO = ("image_process_failed", "photo_", "file is too big for a photo", "wrong type of the web page content")
_KIND = re.compile(r"(forbidden|conflict|unauthorized|not found): ")
_CODE = re.compile(r"[a-z_' ]{1,60}")


def code(error: Exception) -> str:
    """A short code for logs and the outbox. What follows a description's first punctuation may quote a
    person's words, so it is left out."""
    if isinstance(error, BadRequest | Forbidden | InvalidToken | Conflict):
        found = _CODE.match(_KIND.sub("", error.message.lower()))
        return found[0].strip() if found else type(error).__name__
    if isinstance(error, ServerFault | Throttled):
        return error.message.lower()
    return type(error).__name__


def is_uneditable(error: BadRequest) -> bool:
    """Whether the message is gone, too old, or never had words: say it anew."""
    return code(error).startswith(_UNEDITABLE)


def is_unknown_file(error: BadRequest) -> bool:
    """Whether Telegram does not know the file by what it once called it."""
    return code(error).startswith(_UNKNOWN_FILE)


def is_no_photo(error: BadRequest) -> bool:
    """Whether Telegram does not take the file as a photo: too long, too wide, or not a picture to it."""
    return code(error).startswith(_NO_PHOTO)


def failure(error: TelegramError) -> DeliveryFailed:
    """What the outbox is told."""
    written = code(error)
    match error:
        case Forbidden():
            return Unreachable(written)
        case BadRequest():
            return Unreachable(written) if written.startswith(_UNREACHABLE) else Refused(written)
        case Throttled():
            return RateLimited(written, error.seconds)
        case ChatMigrated():
            return Moved(written, str(error.new_chat_id))
        case InvalidToken():
            return SetupFault(written)
        case Unopened():
            return Interrupted(written, unknown=False)
        case ServerFault():
            return Interrupted(written, unknown=error.status != 503)
    return Interrupted(written, unknown=True)
