"""Where updates come in, whichever way they came."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.flows.intake import Intake
from bot.handlers.telegram.answers import Answers
from bot.handlers.telegram.parse import parse
from bot.handlers.telegram.places import moved
from bot.handlers.telegram.updates import Update
from bot.outreach.whereabouts import Notice, unnoticed


@dataclass(frozen=True, slots=True)
class Reception:
    """Takes updates for one bot. An update that is nothing to it has been taken when it has been seen."""

    intake: Intake
    answers: Answers
    bot_id: int
    username: str
    clock: Clock
    notice: Notice = unnoticed

    async def take(self, update: Update) -> None:
        """Returns once the update's effects are committed; raises when they could not be.

        Every callback query is answered, a repeated one too: its first answer may have been lost in a crash.
        """
        if where := moved(update):
            await self.notice("telegram", where)
        event = parse(update, self.bot_id, self.username, self.clock())
        toast = (await self.intake.take(event)).toast if event else ""
        if update.callback_query:
            self.answers.give(update.callback_query.id, toast)
