"""The same form on python-telegram-bot's ConversationHandler with PicklePersistence, written as its examples are.

`conversationbot2` and `inlinekeyboard2` for the handlers, `customwebhookbot` for the webhook, and
`persistentconversationbot` for the persistence, with its default interval between writes. Updates are taken one after
the other, because the documentation of ConversationHandler asks for it. Run by the benchmark as a process of its own:
`PORT=… TELEGRAM_API_URL=… python -m benchmarks.baseline PICKLE`.
"""

import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

from benchmarks.api import TOKEN

PATH = "/telegram"
FORMS = "forms"

Context = ContextTypes.DEFAULT_TYPE
Callback = Callable[[Update, Context], Coroutine[Any, Any, str | int]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the labels of its buttons, by the value that is stored."""

    ask: str
    options: Mapping[str, str]


ABOUT = (
    'I am a bot of the "4 per 1000" Initiative. To pass your request on, I store your name and account, and the '
    "answers you give. The Executive Secretariat sees them; nobody else does. You can see, change or erase them at any "
    "time with /privacy.\n\n<b>Do you agree to that?</b>"
)
FACILITIES = (
    "Agroforestry",
    "Carbon Markets",
    "Monitoring",
    "Soil Regeneration",
    "Living Landscapes",
    "Fertility",
    "Water",
    "Training",
)
LISTED = "\n".join(f"{number}. Global Facility {number}: {name}" for number, name in enumerate(FACILITIES, 1))
GIFTS = {
    "knowledge": "Knowledge",
    "network": "Network",
    "communication": "Communication",
    "staff": "Staff",
    "hosting": "Hosting",
    "office": "Office space",
    "land": "Land",
    "funds": "Funds",
}
QUESTIONS = {
    "language": Question("<b>Which language shall we speak?</b>", {"en": "English", "fr": "Français", "es": "Español"}),
    "agreement": Question(ABOUT, {"yes": "I agree", "no": "I do not agree"}),
    "capacity": Question(
        "<b>Do you join on your own, or for an organisation?</b>",
        {"alone": "On my own", "organisation": "For an organisation"},
    ),
    "generation": Question(
        "<b>Are you part of the youth or of the seniors?</b>",
        {"youth": "Youth", "senior": "Senior", "neither": "Neither"},
    ),
    "engagement": Question(
        "<b>Do you take part as a volunteer or as a professional?</b>",
        {"volunteer": "Volunteer", "professional": "Professional"},
    ),
    "facility": Question(
        f"<b>Which facility would you like to support?</b>\n\n{LISTED}",
        {f"global-{number}": str(number) for number in range(1, 9)},
    ),
    "coalition": Question(
        "<b>Which one would you like to join?</b>", {"first": "You would be the first", "new": "Propose a new one"}
    ),
    "role": Question("<b>Which role would you like?</b>", {"member": "Team member"}),
    "contributions": Question("<b>How could you contribute?</b>", GIFTS),
    "note": Question("<b>Is there anything you would like to add?</b>", {"": "Skip"}),
    "review": Question("<b>Please check your request</b>", {"send": "Send the request"}),
}
ORDER = tuple(QUESTIONS)


def keyboard(state: str, chosen: list[str]) -> InlineKeyboardMarkup:
    """The buttons of a question; with something chosen of several, a way on."""
    several = state == "contributions"
    rows = [
        [InlineKeyboardButton(f"✓ {label}" if several and value in chosen else label, callback_data=f"{state}:{value}")]
        for value, label in QUESTIONS[state].options.items()
    ]
    if several and chosen:
        rows.append([InlineKeyboardButton("Done", callback_data=f"{state}:done")])
    return InlineKeyboardMarkup(rows)


def screen(context: Context, state: str, answer: str = "") -> dict[str, Any]:
    """What a question looks like, under the answer to the one before."""
    assert context.user_data is not None
    parts = [f"✓ You answered: <b>{answer}</b>"] if answer else []
    parts.append(QUESTIONS[state].ask)
    if state == "review":
        parts += [f"<b>{name}:</b> {value}" for name, value in context.user_data.items()]
    parts.append(f"<i>Question {ORDER.index(state) + 1} of {len(ORDER)} · /cancel stops</i>")
    chosen = context.user_data.get("contributions", [])
    return {
        "text": "\n\n".join(parts),
        "parse_mode": ParseMode.HTML,
        "reply_markup": keyboard(state, chosen),
    }


async def begin(update: Update, context: Context) -> str:
    """`/join`."""
    assert update.message
    assert context.user_data is not None
    context.user_data.clear()
    await update.message.reply_text(**screen(context, ORDER[0]))
    return ORDER[0]


def choose(state: str) -> Callback:
    """Takes the tap that answers a question, and asks the next one."""
    following = ORDER[ORDER.index(state) + 1]

    async def take(update: Update, context: Context) -> str:
        query = update.callback_query
        assert query
        assert query.data
        assert context.user_data is not None
        await query.answer()
        value = query.data.partition(":")[2]
        context.user_data[state] = value
        await query.edit_message_text(**screen(context, following, QUESTIONS[state].options[value]))
        return following

    return take


async def contribute(update: Update, context: Context) -> str:
    """One of several, or done with them."""
    query = update.callback_query
    assert query
    assert query.data
    assert context.user_data is not None
    await query.answer()
    value = query.data.partition(":")[2]
    chosen = context.user_data.setdefault("contributions", [])
    if value == "done":
        await query.edit_message_text(**screen(context, "note", ", ".join(chosen)))
        return "note"
    chosen.append(value)
    await query.edit_message_text(**screen(context, "contributions"))
    return "contributions"


async def write_note(update: Update, context: Context) -> str:
    """Words of one's own."""
    assert update.message
    assert context.user_data is not None
    context.user_data["note"] = update.message.text
    await update.message.reply_text(**screen(context, "review", update.message.text or ""))
    return "review"


async def send(update: Update, context: Context) -> int:
    """The request is made."""
    query = update.callback_query
    assert query
    assert context.user_data is not None
    await query.answer()
    requests = context.bot_data.setdefault(FORMS, [])
    requests.append(dict(context.user_data))
    context.user_data.clear()
    await query.edit_message_text(
        "Your request to join was sent.\n\nThe Executive Secretariat decides, and I will tell you."
    )
    return ConversationHandler.END


def build(api_url: str, pickle: str) -> Application[Any, Any, Any, Any, Any, Any]:
    """The bot, with its conversation kept in `pickle`."""
    states: dict[object, list[Any]] = {
        state: [CallbackQueryHandler(choose(state), f"^{state}:")] for state in ORDER[:-1] if state != "note"
    }
    states["contributions"] = [CallbackQueryHandler(contribute, "^contributions:")]
    states["note"] = [
        MessageHandler(filters.TEXT & ~filters.COMMAND, write_note),
        CallbackQueryHandler(choose("note"), "^note:"),
    ]
    states["review"] = [CallbackQueryHandler(send, "^review:send$")]
    conversation: ConversationHandler[Context] = ConversationHandler(
        entry_points=[CommandHandler("join", begin)],
        states=states,
        fallbacks=[CommandHandler("join", begin)],
        name="join",
        persistent=True,
    )
    application = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{api_url}/bot")
        .persistence(PicklePersistence(filepath=pickle))
        .updater(None)
        .build()
    )
    application.add_handler(conversation)
    return application


async def main() -> None:
    application = build(os.environ["TELEGRAM_API_URL"], sys.argv[1])

    async def telegram(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(data=await request.json(), bot=application.bot))
        return Response()

    web = Starlette(routes=[Route(PATH, telegram, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(web, port=int(os.environ["PORT"]), host="127.0.0.1", log_config=None, access_log=False)
    )
    async with application:
        await application.start()
        try:
            await server.serve()
        finally:
            # uvicorn passes the signal that ends it on, and the pickle is still to be written.
            await application.stop()


if __name__ == "__main__":
    uvloop.run(main())
