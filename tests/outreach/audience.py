"""A world of many people, and a message for each in the outbox."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import parse
from bot.chat.messages import Say, encode
from bot.clock import system_clock
from sandbox.people import FIRST_TELEGRAM_ID, Persona
from sandbox.slack.state import BOT_USER, TEAM_ID
from sandbox.telegram.state import BOT_ID
from sandbox.world import World
from storage.schema import accounts, outbox, participants

BATCH = 5000


def crowded_world(on_telegram: int, in_slack: int) -> World:
    """People who have all said hello to the bot."""
    people = [
        Persona(f"t{number}", f"Telegrapher {number}", "", telegram=FIRST_TELEGRAM_ID + number)
        for number in range(on_telegram)
    ] + [Persona(f"s{number}", f"Slacker {number}", "", slack=f"U0S{number:07}") for number in range(in_slack)]
    world = World(people=people)
    for persona in people:
        if persona.telegram is not None:
            world.telegram.private_chat(persona).started = True
    # The app does not want to be told of its own messages.
    world.slack.events.discard("message.im")
    return world


async def meet(connection: AsyncConnection, world: World) -> None:
    """Everybody is known, has agreed, and may be written to at any hour."""
    now = system_clock()
    everybody = list(enumerate(world.people.values(), 1))
    for first in range(0, len(everybody), BATCH):
        batch = everybody[first : first + BATCH]
        await connection.execute(
            insert(participants),
            [
                {
                    "id": id,
                    "consent_version": 1,
                    "zone": "Etc/UTC",
                    "daytime_from": 0,
                    "daytime_to": 24,
                    "created_at": now,
                }
                for id, _ in batch
            ],
        )
        await connection.execute(
            insert(accounts),
            [
                {
                    "id": id,
                    "key": f"{_sender(persona)}/{persona.slack}" if persona.slack else f"telegram:{persona.telegram}",
                    "participant_id": id,
                    "platform": "slack" if persona.slack else "telegram",
                    "chat": chat_of(world, persona),
                    "seen_at": now,
                }
                for id, persona in batch
            ],
        )


async def invite(connection: AsyncConnection, world: World) -> None:
    """A message for everybody, who is met on the way."""
    await meet(connection, world)
    now = system_clock()
    payload = encode(Say(parse("*Come!* The Alliance on soil looks for you."))).decode()
    everybody = list(enumerate(world.people.values(), 1))
    for first in range(0, len(everybody), BATCH):
        await connection.execute(
            insert(outbox),
            [
                {
                    "sender": _sender(persona),
                    "account_id": id,
                    "chat": chat_of(world, persona),
                    "lane": "bulk",
                    "payload": payload,
                    "state": "waiting",
                    "attempts": 0,
                    "not_before": now,
                    "created_at": now,
                }
                for id, persona in everybody[first : first + BATCH]
            ],
        )


def chat_of(world: World, persona: Persona) -> str:
    """Their conversation with the bot."""
    return world.slack.people[persona.slack].dm if persona.slack else str(persona.telegram)


def arrivals(world: World) -> dict[str, int]:
    """How many messages of the bot are in each conversation."""
    counted = {}
    for persona in world.people.values():
        if persona.slack:
            conversation = world.slack.conversations[chat_of(world, persona)]
            said = sum(message.user == BOT_USER for message in conversation.messages.values())
        else:
            chat = world.telegram.private_chat(persona)
            said = sum(message.sender == BOT_ID for message in chat.messages.values())
        counted[chat_of(world, persona)] = said
    return counted


def _sender(persona: Persona) -> str:
    return f"slack:{TEAM_ID}" if persona.slack else "telegram"
