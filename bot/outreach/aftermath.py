"""What a failed attempt means for its row: the table of errors in docs/delivery.md, for the bulk lane."""

from datetime import datetime, timedelta

from bot.outreach.delivery import DeliveryFailed, Interrupted, RateLimited, SetupFault
from bot.outreach.postbox import BACKOFF, SETUP_PAUSE
from storage.bulk import BulkRow, Ended

# The bot was taken out of one channel: that says nothing of all the others.
_OF_ONE_PLACE = ("not_in_channel",)


def is_of_one_place(failure: DeliveryFailed, row: BulkRow) -> bool:
    """Whether a fault of the set-up concerns only the channel that the row is for."""
    return isinstance(failure, SetupFault) and row.account_id is None and str(failure) in _OF_ONE_PLACE


def aftermath(failure: DeliveryFailed, row: BulkRow, now: datetime) -> Ended:
    """`row` is as it was before the attempt."""
    match failure:
        case RateLimited(seconds=seconds):
            return _again(failure, row, now + timedelta(seconds=seconds))
        case SetupFault() if not is_of_one_place(failure, row):
            return _again(failure, row, now + SETUP_PAUSE)
        case Interrupted(unknown=unknown) if row.attempts < len(BACKOFF):
            return _again(failure, row, now + BACKOFF[row.attempts], unknown=unknown)
        case Interrupted(unknown=unknown):
            return _failed(failure, row, unknown=unknown)
    return _failed(failure, row)


def _again(failure: DeliveryFailed, row: BulkRow, at: datetime, *, unknown: bool = False) -> Ended:
    uncertain = row.uncertain or unknown
    return Ended(row.id, "waiting", row.chat, row.message_id, str(failure), at, uncertain)


def _failed(failure: DeliveryFailed, row: BulkRow, *, unknown: bool = False) -> Ended:
    return Ended(row.id, "failed", row.chat, row.message_id, str(failure), uncertain=row.uncertain or unknown)
