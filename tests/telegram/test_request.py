"""python-telegram-bot's own methods over our HTTP."""

from aiohttp import ClientSession
from telegram import Bot, InputFile

from bot.handlers.telegram.request import AiohttpRequest
from tests.telegram.api import BOT, TOKEN, ScriptedApi, result


def bot(api: ScriptedApi, session: ClientSession) -> Bot:
    request = AiohttpRequest(session, f"{api.url}/bot{TOKEN}")
    return Bot(TOKEN, f"{api.url}/bot", f"{api.url}/file/bot", request=request, get_updates_request=request)


async def test_a_method_without_parameters(api: ScriptedApi, session: ClientSession) -> None:
    assert (await bot(api, session).get_me()).username == BOT["username"]


async def test_parameters_arrive_as_they_are(api: ScriptedApi, session: ClientSession) -> None:
    await bot(api, session).send_message(42, "a+b = é & 🌍", disable_notification=True)
    assert api.to("sendMessage") == [
        {"chat_id": "42", "text": "a+b = é & 🌍", "disable_notification": "true"},
    ]


async def test_a_file_is_uploaded(api: ScriptedApi, session: ClientSession) -> None:
    api.queue("sendDocument", result({"message_id": 1, "date": 1, "chat": {"id": 42, "type": "private"}}))
    await bot(api, session).send_document(42, InputFile(b"a;b\n1;2", "report.csv"), caption="Report")
    assert api.to("sendDocument") == [
        {"chat_id": "42", "caption": "Report", "document": "report.csv: a;b\n1;2"},
    ]
