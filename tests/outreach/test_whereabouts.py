"""Channels and groups are known from what the platforms report."""

import pytest

from bot.handlers.slack.channels import moves
from bot.handlers.telegram.places import moved
from bot.handlers.telegram.updates import read
from bot.outreach.whereabouts import Moved, Whereabouts
from storage import places
from storage.database import open_database
from tests.outreach.town import NOW

GROUP = {"id": -100, "type": "supergroup", "title": "Soil friends"}
CHANNEL = {"id": -200, "type": "channel", "title": "News"}


def membership(chat: dict[str, object], status: str) -> dict[str, object]:
    return {"my_chat_member": {"chat": chat, "from": {"id": 1}, "new_chat_member": {"status": status}}}


def message(**more: object) -> dict[str, object]:
    return {"message": {"message_id": 1, "chat": GROUP, "from": {"id": 1}, **more}}


@pytest.mark.parametrize(
    ("update", "where"),
    [
        (membership(GROUP, "member"), Moved("-100", True, "Soil friends")),
        (membership(GROUP, "left"), Moved("-100", False, "Soil friends")),
        (membership(GROUP, "kicked"), Moved("-100", False, "Soil friends")),
        # In a channel only an administrator can post.
        (membership(CHANNEL, "administrator"), Moved("-200", True, "News")),
        (membership(CHANNEL, "member"), Moved("-200", False, "News")),
        (membership({"id": 1, "type": "private"}, "kicked"), None),
        (message(migrate_to_chat_id=-7), Moved("-100", False)),
        (message(migrate_from_chat_id=-7), Moved("-100", True, "Soil friends")),
        (message(text="hello"), None),
    ],
)
def test_telegram_reports_where_the_bot_is(update: dict[str, object], where: Moved | None) -> None:
    assert moved(read({"update_id": 1, **update})) == where


def test_slack_is_asked_again_only_when_the_bot_itself_has_moved() -> None:
    assert moves({"type": "member_joined_channel", "user": "UBOT"}, "UBOT")
    assert not moves({"type": "member_joined_channel", "user": "U2"}, "UBOT")
    assert moves({"type": "channel_rename"}, "UBOT")
    assert not moves({"type": "message"}, "UBOT")


async def test_the_list_is_what_was_told_last(database_url: str) -> None:
    database = open_database(database_url)
    whereabouts = Whereabouts(database, lambda: NOW)
    await whereabouts.notice("telegram", Moved("-100", True, "Soil friends"))
    await whereabouts.know("slack:T01", {"C1": "#soil", "C2": "#news"})
    await whereabouts.know("slack:T01", {"C1": "#soils"})
    async with database.begin() as connection:
        assert [place.title for place in await places.active(connection)] == ["#soils", "Soil friends"]
    await whereabouts.notice("telegram", Moved("-100", False))
    async with database.begin() as connection:
        assert [place.title for place in await places.active(connection)] == ["#soils"]
    await database.dispose()
