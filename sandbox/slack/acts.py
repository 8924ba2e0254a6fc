"""What people do in Slack, and what it sends to the app.

Each act returns the receipt of its delivery, None when the app gets nothing.
"""

from collections.abc import Callable
from typing import Any

from sandbox.people import CannotAct, Persona
from sandbox.receipt import Receipt
from sandbox.slack import inputs, payloads, respond
from sandbox.slack.delivery import Parcel, Reply
from sandbox.slack.files import new_file, store
from sandbox.slack.messages import post
from sandbox.slack.parameters import Parameters, SlackError
from sandbox.slack.state import BOT_USER, Conversation, Message, Slack, View
from sandbox.wire import JSON

After = Callable[[Reply], None]
"""What happens in the person's client once the app has answered, or has not."""

MAX_FILE_INPUT = 10 * 1024 * 1024


def account(persona: Persona) -> str:
    if persona.slack is None:
        raise CannotAct(f"{persona.id} has no Slack account")
    return persona.slack


def conversation_of(slack: Slack, persona: Persona, conversation_id: str | None) -> Conversation:
    """Where an act is done, by default the DM with the app; LookupError when the person is not there."""
    user = account(persona)
    found = slack.conversations.get(conversation_id or slack.people[user].dm)
    if found is None or user not in found.members:
        raise LookupError(f"{persona.id} has no conversation {conversation_id}")
    return found


def _send_event(slack: Slack, event: JSON) -> Receipt | None:
    return slack.delivery.event(event) if slack.delivery else None


def _write(slack: Slack, persona: Persona, conversation: Conversation, message: Message) -> Receipt | None:
    if conversation.kind == "im" and not slack.messages_tab:
        raise CannotAct("sending messages to this app has been turned off")
    post(slack, conversation, message)
    conversation.read[account(persona)] = message.ts
    if BOT_USER not in conversation.members:
        return None
    event = payloads.message_event(slack, conversation, message)
    if conversation.kind == "channel" and f"<@{BOT_USER}" in message.text:
        _send_event(slack, event | {"type": "app_mention"})
    return _send_event(slack, event)


def say(
    slack: Slack,
    persona: Persona,
    text: str,
    conversation_id: str | None = None,
    thread: str | None = None,
) -> Receipt | None:
    """A message, in a thread when the ts of one of its messages is given."""
    conversation = conversation_of(slack, persona, conversation_id)
    if not text.strip():
        raise CannotAct("an empty message cannot be sent")
    parent = _parent(conversation, thread)
    text = payloads.escaped(slack, text)
    blocks = payloads.rich_text(slack, text)
    message = Message(slack.new_ts(), account(persona), text, blocks, thread_ts=parent)
    return _write(slack, persona, conversation, message)


def _parent(conversation: Conversation, thread: str | None) -> str | None:
    if thread is None:
        return None
    if thread not in conversation.messages:
        raise LookupError(f"there is no message {thread}")
    return conversation.messages[thread].thread_ts or thread


def send_file(
    slack: Slack,
    persona: Persona,
    name: str,
    data: bytes,
    mimetype: str | None = None,
    text: str = "",
    conversation_id: str | None = None,
    thread: str | None = None,
) -> Receipt | None:
    """A file with an optional text."""
    conversation = conversation_of(slack, persona, conversation_id)
    if not data:
        raise CannotAct("an empty file cannot be sent")
    file = new_file(slack, name, len(data), account(persona), mimetype)
    store(slack, file, data)
    file.channels.append(conversation.id)
    slack.files[file.id] = file
    message = Message(
        slack.new_ts(),
        account(persona),
        payloads.escaped(slack, text),
        files=[file],
        thread_ts=_parent(conversation, thread),
    )
    return _write(slack, persona, conversation, message)


def upload(slack: Slack, persona: Persona, name: str, data: bytes, mimetype: str | None = None) -> JSON:
    """Hands a file to Slack for a modal's file_input: the file object, which is a value of that input."""
    if not data:
        raise CannotAct("an empty file cannot be sent")
    if len(data) > MAX_FILE_INPUT and slack.world.is_strict("slack.file_input_size"):
        raise CannotAct("a modal takes files of at most 10 MB")
    file = new_file(slack, name, len(data), account(persona), mimetype)
    store(slack, file, data)
    slack.files[file.id] = file
    return slack.file_json(file)


def open_home(slack: Slack, persona: Persona, tab: str = "home") -> Receipt | None:
    """Opens the app's Home or Messages tab."""
    if tab not in ("home", "messages"):
        raise CannotAct("tab is home or messages")
    person = slack.people[account(persona)]
    event: JSON = {
        "type": "app_home_opened",
        "user": account(persona),
        "channel": person.dm,
        "tab": tab,
        "event_ts": slack.new_ts(),
    }
    if tab == "home" and person.home:
        event["view"] = payloads.view_json(person.home)
    return _send_event(slack, event)


def new_channel(
    slack: Slack, persona: Persona, name: str, people: list[Persona], with_bot: bool = True
) -> Conversation:
    """A public channel of these people; with the app in it when asked for."""
    if any(channel.name == name for channel in slack.channels):
        raise CannotAct(f"there is a channel #{name} already")
    members = {account(one) for one in [persona, *people]}
    channel = slack.new_channel(name, members, account(persona))
    if with_bot:
        members.add(BOT_USER)
    slack.touch(channel)
    return channel


def install(slack: Slack, persona: Persona, installed: bool) -> Receipt | None:
    """Removes the app from the workspace, or puts it back."""
    account(persona)
    was, slack.installed = slack.installed, installed
    if installed or not was:
        return None
    _send_event(slack, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}})
    return _send_event(slack, {"type": "app_uninstalled"})


def reload(slack: Slack, persona: Persona) -> None:
    """Reloads the client: what is only in it is gone."""
    user = account(persona)
    person = slack.people[user]
    person.modals.clear()
    person.notice = None
    for conversation in slack.conversations_of(user):
        gone = [ts for ts, message in conversation.ephemeral.items() if message.only_for == user]
        for ts in gone:
            del conversation.ephemeral[ts]
    slack.touch_user(user)


def command(
    slack: Slack, persona: Persona, name: str, text: str = "", conversation_id: str | None = None
) -> Receipt | None:
    """A slash command; what it is answered with at once is shown to the person."""
    user = account(persona)
    conversation = conversation_of(slack, persona, conversation_id)
    if name not in slack.commands:
        slack.notice(user, f"{name} is not a valid command.")
        return None
    form = payloads.command(slack, user, conversation, name, text)
    parcel = Parcel("slash_commands", f"command {name}", persona.id, slack.commands_url, {}, form)

    def after(reply: Reply) -> None:
        if not reply.acknowledged:
            word = "operation_timeout" if reply.reason in ("http_timeout", "timeout") else "dispatch_failed"
            slack.notice(user, f"{name} failed with the error “{word}”.")
        elif reply.body:
            body = reply.body if isinstance(reply.body, dict) else {"text": str(reply.body)}
            _show_answer(slack, conversation, user, body)

    return _start(slack, parcel, after)


def _show_answer(slack: Slack, conversation: Conversation, user: str, body: JSON) -> None:
    try:
        if body.get("text") or body.get("blocks"):
            respond.answer(slack, conversation, user, Parameters(body))
    except SlackError as error:
        slack.notice(user, f"The app answered with something Slack cannot show ({error.error}).")


def _start(slack: Slack, parcel: Parcel, after: After) -> Receipt | None:
    """Deliver in the background; the receipt is finished when the person sees what came of it."""
    delivery = slack.delivery
    if delivery is None:
        return None
    receipt = Receipt()

    async def work() -> None:
        reply = await delivery.interact(parcel)
        after(reply)
        receipt.finish(reply.acknowledged)

    delivery.run(work())
    return receipt


def act_on_message(
    slack: Slack,
    persona: Persona,
    conversation_id: str,
    ts: str,
    block_id: str,
    action_id: str,
    value: Any = None,
    values: Any = None,
) -> Receipt | None:
    """Uses an element of a message."""
    user = account(persona)
    conversation = conversation_of(slack, persona, conversation_id)
    message = conversation.messages.get(ts) or conversation.ephemeral.get(ts)
    if message is None or message.only_for not in (None, user):
        raise LookupError(f"there is no message {ts}")
    block, element, state = _use(message.blocks, block_id, action_id, value)
    message.values = inputs.merged(message.blocks, message.values, values or {})
    if element["type"] not in ("button", "overflow"):
        message.values.setdefault(block_id, {})[action_id] = value
    if block["type"] == "input" and not block.get("dispatch_action"):
        slack.touch(conversation)
        return None
    message.busy = True
    slack.touch(conversation)
    payload = payloads.interaction(slack, "block_actions", user)
    payload |= payloads.on_message(slack, conversation, message)
    payload |= {
        "trigger_id": slack.new_trigger(user),
        "response_url": slack.new_response_url(user, conversation.id, message.ts),
        "actions": [payloads.action_json(slack, block, element, state)],
    }

    def after(reply: Reply) -> None:
        message.busy = False
        slack.touch(conversation)
        _tell_failure(slack, user, reply)

    return start_interaction(slack, "block_actions", persona, payload, after)


def _use(blocks: list[JSON], block_id: str, action_id: str, value: Any) -> tuple[JSON, JSON, JSON]:
    """The block, the element, and what it holds once used; LookupError or ValueError when it cannot be."""
    block, element = inputs.find(blocks, block_id, action_id)
    if element["type"] == "button":
        return block, element, {}
    return block, element, inputs.state_of(element, value)


def start_interaction(slack: Slack, name: str, persona: Persona, payload: JSON, after: After) -> Receipt | None:
    """Deliver an interaction; `after` does what the answer demands."""
    parcel = Parcel("interactive", name, persona.id, slack.interactivity_url, payload)
    return _start(slack, parcel, after)


def _tell_failure(slack: Slack, user: str, reply: Reply) -> None:
    if not reply.acknowledged:
        slack.notice(user, "This app did not respond. Try again, or ask its makers.")


def view_of(slack: Slack, persona: Persona, view_id: str) -> View:
    view = slack.views.get(view_id)
    if view is None or view.user != account(persona):
        raise LookupError(f"there is no view {view_id}")
    return view


def act_on_view(
    slack: Slack,
    persona: Persona,
    view_id: str,
    block_id: str,
    action_id: str,
    value: Any = None,
    values: Any = None,
) -> Receipt | None:
    """Uses an element of a modal or of Home."""
    user = account(persona)
    view = view_of(slack, persona, view_id)
    block, element, state = _use(view.blocks, block_id, action_id, value)
    view.values = inputs.merged(view.blocks, view.values, values or {})
    if element["type"] not in ("button", "overflow"):
        view.values.setdefault(block_id, {})[action_id] = value
    if block["type"] == "input" and not block.get("dispatch_action"):
        slack.touch_user(user)
        return None
    view.busy = True
    slack.touch_user(user)
    payload = payloads.interaction(slack, "block_actions", user)
    payload |= payloads.on_view(view)
    payload |= {
        "trigger_id": slack.new_trigger(user, view.id),
        "actions": [payloads.action_json(slack, block, element, state)],
    }

    def after(reply: Reply) -> None:
        view.busy = False
        slack.touch_user(user)
        _tell_failure(slack, user, reply)

    return start_interaction(slack, "block_actions", persona, payload, after)
