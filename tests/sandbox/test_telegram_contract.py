"""Every method of the local Bot API answers what python-telegram-bot's types read."""

from collections.abc import Awaitable, Callable

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    MenuButtonCommands,
)
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken

from sandbox.telegram import acts
from sandbox.telegram.http import BY_LOWER_CASE
from sandbox.telegram.state import BOT_ID, BOT_USERNAME
from tests.sandbox.conftest import NOW, PNG, FarSide

Check = Callable[[Bot, FarSide, int], Awaitable[None]]
CHECKS: dict[str, Check] = {}
KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Join", callback_data="j1"), InlineKeyboardButton("Read", url="https://example.org/")]]
)


def of(method: str) -> Callable[[Check], Check]:
    def put(check: Check) -> Check:
        CHECKS[method] = check
        return check

    return put


@of("getMe")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (BOT_ID, True, BOT_USERNAME)


@of("sendMessage")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "<b>Soil</b> 🌱 /join", parse_mode="HTML", reply_markup=KEYBOARD)
    assert (sent.text, sent.date, sent.chat.type) == ("Soil 🌱 /join", NOW, "private")
    assert [(one.type, one.offset, one.length) for one in sent.entities] == [("bold", 0, 4), ("bot_command", 8, 5)]
    assert sent.reply_markup == KEYBOARD
    answer = await bot.send_message(chat, "and more", reply_to_message_id=sent.message_id)
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == sent.text


@of("editMessageText")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "one", reply_markup=KEYBOARD)
    edited = await bot.edit_message_text("two", chat, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.edit_date, edited.reply_markup) == ("two", NOW, None)


@of("editMessageCaption")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_photo(chat, PNG, caption="one")
    edited = await bot.edit_message_caption(chat, sent.message_id, caption="two")
    assert not isinstance(edited, bool)
    assert edited.caption == "two"


@of("editMessageMedia")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "one", reply_markup=KEYBOARD)
    pictured = await bot.edit_message_media(InputMediaPhoto(PNG, caption="two"), chat, sent.id)
    assert not isinstance(pictured, bool)
    assert (pictured.caption, pictured.photo[-1].width, pictured.text, pictured.reply_markup) == ("two", 2, None, None)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_media(InputMediaPhoto(pictured.photo[-1].file_id, caption="two"), chat, sent.id)
    report = InputMediaDocument(b"a,b", filename="report.csv")
    documented = await bot.edit_message_media(report, chat, sent.id, reply_markup=KEYBOARD)
    assert not isinstance(documented, bool)
    assert documented.document is not None
    assert (documented.document.file_name, documented.photo) == ("report.csv", ())
    with pytest.raises(BadRequest, match="no text in the message"):
        await bot.edit_message_text("three", chat, sent.id)


@of("editMessageReplyMarkup")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "one", reply_markup=KEYBOARD)
    edited = await bot.edit_message_reply_markup(chat, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup) == ("one", None)


@of("deleteMessage")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "one")
    assert await bot.delete_message(chat, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("two", chat, sent.message_id)


@of("sendPhoto")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_photo(chat, PNG, caption="<i>A chart</i>", parse_mode="HTML")
    assert (sent.caption, sent.photo[-1].width, sent.photo[-1].height) == ("A chart", 2, 1)
    again = await bot.send_photo(chat, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


@of("sendDocument")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_document(chat, b"a,b\r\n1,2\r\n", filename="report.csv")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size) == ("report.csv", 10)
    with pytest.raises(BadRequest):
        await bot.send_photo(chat, sent.document.file_id)


@of("getFile")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    content = bytes(range(256)) + b"\r\n--\r\n\r\n"
    sent = await bot.send_document(chat, content, filename="any.bin")
    assert sent.document is not None
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == content


@of("sendChatAction")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.send_chat_action(chat, "typing")
    with pytest.raises(BadRequest):
        await bot.send_chat_action(chat, "thinking")


@of("answerCallbackQuery")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    sent = await bot.send_message(chat, "one", reply_markup=KEYBOARD)
    acts.tap(far.world.telegram, far.world.people["lea"], sent.message_id, 0, 0)
    query = (await bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.language_code, query.message.message_id) == ("j1", "fr", sent.message_id)
    assert await query.answer("Done", show_alert=True)


@of("getChat")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    found = await bot.get_chat(chat)
    assert (found.type, found.first_name) == ("private", "Léa")
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.get_chat(99)


@of("getUpdates")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    update = (await bot.get_updates())[0]
    assert update.message is not None
    assert (update.message.text, update.message.chat.id) == ("/start", chat)
    assert [entity.type for entity in update.message.entities] == ["bot_command"]
    assert await bot.get_updates(offset=update.update_id) == (update,)
    assert await bot.get_updates(offset=update.update_id + 1) == ()


@of("setWebhook")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_webhook("http://127.0.0.1:9/", secret_token="open_sesame")  # noqa: S106
    with pytest.raises(Conflict):
        await bot.get_updates()


@of("deleteWebhook")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


@of("getWebhookInfo")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    await bot.set_webhook("http://127.0.0.1:9/hook", allowed_updates=["message"], max_connections=7)
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == ("http://127.0.0.1:9/hook", 1, 7)
    assert info.allowed_updates == ("message",)


@of("setMyCommands")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_my_commands([BotCommand("join", "Join an Alliance")])
    with pytest.raises(BadRequest):
        await bot.set_my_commands([BotCommand(f"c{number}", "x") for number in range(101)])


@of("getMyCommands")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    await bot.set_my_commands([("join", "Rejoindre")], language_code="fr")
    await bot.set_my_commands([("decide", "Decide")], scope=BotCommandScopeChat(chat))
    assert await bot.get_my_commands(language_code="fr") == (BotCommand("join", "Rejoindre"),)
    assert await bot.get_my_commands() == ()
    assert await bot.get_my_commands(BotCommandScopeChat(chat)) == (BotCommand("decide", "Decide"),)


@of("deleteMyCommands")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    await bot.set_my_commands([("join", "Join")])
    assert await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()


@of("setMyName")
@of("getMyName")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_my_name("Sol", language_code="es")
    assert (await bot.get_my_name("es")).name == "Sol"


@of("setMyDescription")
@of("getMyDescription")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_my_description("What this is")
    assert (await bot.get_my_description("fr")).description == "What this is"


@of("setMyShortDescription")
@of("getMyShortDescription")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_my_short_description("In short")
    assert (await bot.get_my_short_description()).short_description == "In short"


@of("setChatMenuButton")
@of("getChatMenuButton")
async def _(bot: Bot, far: FarSide, chat: int) -> None:
    assert await bot.set_chat_menu_button(chat, MenuButtonCommands())
    assert await bot.get_chat_menu_button(chat) == MenuButtonCommands()


@pytest.mark.parametrize("method", sorted(BY_LOWER_CASE.values()))
async def test_a_method_answers_what_the_client_reads(far: FarSide, bot: Bot, method: str) -> None:
    persona = far.world.people["lea"]
    acts.start(far.world.telegram, persona)
    await CHECKS[method](bot, far, acts.account(persona))


async def test_a_wrong_token_and_an_unknown_method_are_refused(far: FarSide, bot: Bot) -> None:
    with pytest.raises(InvalidToken):
        async with Bot("4000:another", base_url=f"{far.url}/telegram/bot"):
            pass
    with pytest.raises((EndPointNotFound, InvalidToken)):
        await bot.send_dice(1)


async def test_what_people_do_parses_as_updates(far: FarSide, bot: Bot) -> None:
    telegram, lea, tom = far.world.telegram, far.world.people["lea"], far.world.people["tom"]
    acts.start(telegram, lea, "call-17")
    acts.say(telegram, lea, "hola")
    acts.edit(telegram, lea, 2, "hello")
    acts.send_file(telegram, lea, "photo", "field.png", PNG, "image/png", "my field")
    acts.send_file(telegram, lea, "document", "plan.pdf", b"%PDF", "application/pdf")
    acts.block(telegram, lea, True)
    group, _ = acts.new_group(telegram, tom, "Soil", [lea])
    acts.say(telegram, tom, "not for the bot", group.id)
    acts.say(telegram, tom, f"/help@{BOT_USERNAME}", group.id)
    acts.migrate(telegram, tom, group.id)
    updates = await bot.get_updates()
    messages = [update.effective_message for update in updates]
    start, said, edited, photo, document, _, _, helped, moved, arrived = messages
    assert start is not None
    assert start.text == "/start call-17"
    assert said is not None
    assert said.text == "hola"
    assert edited is not None
    assert edited.text == "hello"
    assert updates[2].edited_message is not None
    assert photo is not None
    assert (photo.caption, photo.photo[-1].width) == ("my field", 2)
    assert document is not None
    assert document.document is not None
    assert document.document.mime_type == "application/pdf"
    blocked = updates[5].my_chat_member
    assert blocked is not None
    assert (blocked.old_chat_member.status, blocked.new_chat_member.status) == ("member", "kicked")
    added = updates[6].my_chat_member
    assert added is not None
    assert (added.chat.title, added.new_chat_member.status) == ("Soil", "member")
    assert helped is not None
    assert helped.text == f"/help@{BOT_USERNAME}"
    assert moved is not None
    assert arrived is not None
    assert (moved.migrate_to_chat_id, arrived.migrate_from_chat_id) == (arrived.chat.id, group.id)
    with pytest.raises(Forbidden):
        await bot.send_message(acts.account(lea), "still there?")
