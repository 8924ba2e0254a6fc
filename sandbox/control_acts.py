"""The control interface over HTTP: what a person does (docs/sandbox.md, “Acting”)."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Endpoint, Members, person_named, read_members, route
from sandbox.people import Persona
from sandbox.receipt import Receipt
from sandbox.slack import acts as slack_acts
from sandbox.slack import modals
from sandbox.telegram import acts as telegram_acts
from sandbox.telegram.state import Update
from sandbox.telegram.view import newest
from sandbox.wire import JSON, json_response
from sandbox.world import World

Done = tuple[Receipt | None, JSON]
Act = Callable[[World, Persona, Members], Done]
MAX_PATIENCE = 30.0


def act(perform: Act) -> Endpoint:
    """An endpoint that performs an act and answers once the bot has acknowledged it, or `wait` is over."""

    async def endpoint(world: World, request: Request) -> Response:
        members = await read_members(request)
        persona = person_named(world, members.text("person"))
        wait = min(max(float(members.number("wait", 3)), 0.0), MAX_PATIENCE)
        receipt, extra = perform(world, persona, members)
        acknowledged = True if receipt is None else await receipt.wait(wait)
        return json_response({"acknowledged": acknowledged, **extra})

    return endpoint


def _receipt(update: Update | None) -> Done:
    return (update.receipt if update else None), {}


def _data(members: Members) -> bytes:
    try:
        return base64.b64decode(members.text("data"), validate=True)
    except binascii.Error:
        raise ValueError("data must be base64") from None


def telegram_say(world: World, persona: Persona, m: Members) -> Done:
    update = telegram_acts.say(
        world.telegram, persona, m.text("text"), m.integer("chat", None), m.integer("reply_to", None)
    )
    return _receipt(update)


def telegram_start(world: World, persona: Persona, m: Members) -> Done:
    return _receipt(telegram_acts.start(world.telegram, persona, m.text("payload", "")))


def telegram_tap(world: World, persona: Persona, m: Members) -> Done:
    place = m.integer("message"), m.integer("row"), m.integer("column"), m.integer("chat", None)
    return _receipt(telegram_acts.tap(world.telegram, persona, *place))


def telegram_send_file(world: World, persona: Persona, m: Members) -> Done:
    kind = m.text("kind")
    update = telegram_acts.send_file(
        world.telegram,
        persona,
        kind,
        m.text("name"),
        _data(m),
        m.text("mime_type", "image/png" if kind == "photo" else "application/octet-stream"),
        m.text("caption", ""),
        m.integer("chat", None),
    )
    return _receipt(update)


def telegram_edit(world: World, persona: Persona, m: Members) -> Done:
    edited = telegram_acts.edit(world.telegram, persona, m.integer("message"), m.text("text"), m.integer("chat", None))
    return _receipt(edited)


def telegram_block(world: World, persona: Persona, m: Members) -> Done:
    return _receipt(telegram_acts.block(world.telegram, persona, m.flag("blocked")))


def telegram_group(world: World, persona: Persona, m: Members) -> Done:
    people = [person_named(world, name) for name in m.names("people", [])]
    chat, update = telegram_acts.new_group(world.telegram, persona, m.text("title"), people)
    return (update.receipt if update else None), {"chat": chat.id}


def telegram_migrate(world: World, persona: Persona, m: Members) -> Done:
    chat, update = telegram_acts.migrate(world.telegram, persona, m.integer("chat"))
    return (update.receipt if update else None), {"chat": chat.id}


def telegram_remove_bot(world: World, persona: Persona, m: Members) -> Done:
    return _receipt(telegram_acts.remove_bot(world.telegram, persona, m.integer("chat")))


def slack_say(world: World, persona: Persona, m: Members) -> Done:
    receipt = slack_acts.say(world.slack, persona, m.text("text"), m.text("conversation", None), m.text("thread", None))
    return receipt, {}


def slack_command(world: World, persona: Persona, m: Members) -> Done:
    receipt = slack_acts.command(
        world.slack, persona, m.text("command"), m.text("text", ""), m.text("conversation", None)
    )
    return receipt, {}


def slack_home(world: World, persona: Persona, m: Members) -> Done:
    return slack_acts.open_home(world.slack, persona, m.text("tab", "home")), {}


def slack_action(world: World, persona: Persona, m: Members) -> Done:
    on = Members(m.object("on"))
    used: tuple[str, str, Any, Any] = (
        m.text("block_id"),
        m.text("action_id"),
        m.anything("value"),
        m.anything("values"),
    )
    if on.has("view"):
        return slack_acts.act_on_view(world.slack, persona, on.text("view"), *used), {}
    receipt = slack_acts.act_on_message(world.slack, persona, on.text("conversation"), on.text("ts"), *used)
    return receipt, {}


def slack_submit(world: World, persona: Persona, m: Members) -> Done:
    receipt, errors = modals.submit(world.slack, persona, m.text("view"), m.object("values", {}))
    return receipt, {"errors": errors}


def slack_close(world: World, persona: Persona, m: Members) -> Done:
    return modals.close(world.slack, persona, m.text("view")), {}


def slack_send_file(world: World, persona: Persona, m: Members) -> Done:
    receipt = slack_acts.send_file(
        world.slack,
        persona,
        m.text("name"),
        _data(m),
        m.text("mimetype", None),
        m.text("text", ""),
        m.text("conversation", None),
        m.text("thread", None),
    )
    return receipt, {}


def slack_upload(world: World, persona: Persona, m: Members) -> Done:
    file = slack_acts.upload(world.slack, persona, m.text("name"), _data(m), m.text("mimetype", None))
    return None, {"file": file}


def slack_channel(world: World, persona: Persona, m: Members) -> Done:
    people = [person_named(world, name) for name in m.names("people", [])]
    channel = slack_acts.new_channel(world.slack, persona, m.text("name"), people, m.flag("bot", True))
    return None, {"conversation": channel.id}


def slack_reload(world: World, persona: Persona, m: Members) -> Done:
    slack_acts.reload(world.slack, persona)
    return None, {}


def slack_uninstall(world: World, persona: Persona, m: Members) -> Done:
    return slack_acts.install(world.slack, persona, m.flag("installed")), {}


def slack_disable(world: World, persona: Persona, m: Members) -> Done:
    world.slack.people[slack_acts.account(persona)].disabled = m.flag("disabled")
    world.touch(persona.id)
    return None, {}


def read(world: World, persona: Persona, m: Members) -> Done:
    if m.text("platform") == "telegram":
        chat = telegram_acts.chat_of(world.telegram, persona, m.integer("conversation"))
        chat.read[telegram_acts.account(persona)] = max((one.id for one in newest(chat, 1)), default=0)
    elif m.text("platform") == "slack":
        conversation = slack_acts.conversation_of(world.slack, persona, m.text("conversation"))
        seen = [*conversation.messages, *conversation.ephemeral]
        conversation.read[slack_acts.account(persona)] = max(seen, default="")
    else:
        raise ValueError("platform is telegram or slack")
    world.touch(persona.id)
    return None, {}


ACTS: dict[str, Act] = {
    "telegram/say": telegram_say,
    "telegram/start": telegram_start,
    "telegram/tap": telegram_tap,
    "telegram/send_file": telegram_send_file,
    "telegram/edit": telegram_edit,
    "telegram/block": telegram_block,
    "telegram/group": telegram_group,
    "telegram/migrate": telegram_migrate,
    "telegram/remove_bot": telegram_remove_bot,
    "slack/say": slack_say,
    "slack/command": slack_command,
    "slack/home": slack_home,
    "slack/action": slack_action,
    "slack/submit": slack_submit,
    "slack/close": slack_close,
    "slack/send_file": slack_send_file,
    "slack/upload": slack_upload,
    "slack/channel": slack_channel,
    "slack/reload": slack_reload,
    "slack/uninstall": slack_uninstall,
    "slack/disable": slack_disable,
    "read": read,
}
ROUTES = [route(path, act(perform), "POST") for path, perform in ACTS.items()]
