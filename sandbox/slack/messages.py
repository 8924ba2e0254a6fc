"""The Web API methods of messages (docs.slack.dev/reference/methods, chat.*)."""

from sandbox.slack.blockkit import check_message, text_size
from sandbox.slack.inputs import initial_values, with_ids
from sandbox.slack.parameters import Parameters, SlackError, invalid
from sandbox.slack.payloads import message_event
from sandbox.slack.state import BOT_USER, DOMAIN, Conversation, Message, Slack, dm_user
from sandbox.wire import JSON

MAX_TEXT = 40_000
MAX_BLOCKS_SIZE = 13_200


def find_conversation(slack: Slack, channel: str) -> Conversation:
    """By id, by a person's id (their direct message) or by a channel's name; SlackError when there is none."""
    conversation = slack.conversations.get(channel)
    if conversation is None and channel in slack.people:
        conversation = slack.conversations[slack.people[channel].dm]
    if conversation is None:
        name = channel.removeprefix("#")
        conversation = next((known for known in slack.channels if known.name == name), None)
    if conversation is None:
        raise SlackError("channel_not_found")
    return conversation


def writable(slack: Slack, channel: str) -> Conversation:
    """The conversation, when the app may write there."""
    conversation = find_conversation(slack, channel)
    is_strict = slack.world.is_strict
    if conversation.kind == "im":
        if not slack.messages_tab and is_strict("slack.messages_tab"):
            raise SlackError("messages_tab_disabled")
        if slack.people[dm_user(conversation)].disabled and is_strict("slack.user_disabled"):
            raise SlackError("user_disabled")
    elif BOT_USER not in conversation.members and is_strict("slack.not_in_channel"):
        raise SlackError("not_in_channel")
    return conversation


def read_content(slack: Slack, p: Parameters) -> tuple[str, list[JSON]]:
    """Text and blocks of a message, held to the limits."""
    is_strict = slack.world.is_strict
    if p.has("attachments") and p.structure("attachments"):
        raise invalid("invalid_arguments", ["the sandbox does not serve attachments [json-pointer:/attachments]"])
    text, blocks = p.text("text"), p.structure("blocks") or []
    if not text and not blocks and is_strict("slack.no_text"):
        raise SlackError("no_text")
    if is_strict("slack.text_length"):
        text = text[:MAX_TEXT]
    if is_strict("slack.blocks") and (problems := check_message(blocks)):
        raise invalid("invalid_blocks", problems)
    if text_size(blocks) > MAX_BLOCKS_SIZE and is_strict("slack.blocks_size"):
        raise SlackError("msg_blocks_too_long")
    _check_pictures(slack, blocks)
    return text, with_ids(slack, blocks)


def _check_pictures(slack: Slack, blocks: list[JSON]) -> None:
    for index, block in enumerate(blocks):
        named = block.get("slack_file") if isinstance(block, dict) else None
        if not isinstance(named, dict):
            continue
        file = slack.files.get(find_file_of_block(slack, named) or "")
        if file is None or file.width is None or not slack.is_ready(file):
            raise invalid("invalid_blocks", [f"invalid slack file [json-pointer:/blocks/{index}/slack_file]"])


def find_file_of_block(slack: Slack, named: JSON) -> str | None:
    """The id of the file that a `slack_file` object names by id or by url; None when there is none."""
    if named.get("id") in slack.files:
        return str(named["id"])
    url = str(named.get("url", ""))
    return next((file_id for file_id in slack.files if f"-{file_id}/" in url), None)


def thread_of(conversation: Conversation, p: Parameters) -> str | None:
    """The ts of the thread's first message, when the call names a message of a thread."""
    thread = p.text("thread_ts")
    if not thread:
        return None
    parent = conversation.messages.get(thread)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def post(slack: Slack, conversation: Conversation, message: Message) -> None:
    """Put a message into its conversation and tell the app of it."""
    message.values = initial_values(message.blocks)
    conversation.messages[message.ts] = message
    if message.thread_ts:
        conversation.threads.setdefault(message.thread_ts, []).append(message.ts)
    slack.touch(conversation)
    if message.user == BOT_USER and slack.delivery and slack.world.is_strict("slack.own_messages"):
        slack.delivery.event(message_event(slack, conversation, message))


def check_rate(slack: Slack, conversation: Conversation) -> None:
    if not slack.world.is_strict("slack.rate_channel"):
        return
    wait = slack.rates.wait(conversation.id, slack.world.clock.monotonic())
    if wait:
        raise SlackError("ratelimited", 429, retry_after=wait)


def post_message(slack: Slack, p: Parameters) -> JSON:
    conversation = writable(slack, p.text("channel"))
    text, blocks = read_content(slack, p)
    thread = thread_of(conversation, p)
    check_rate(slack, conversation)
    metadata = p.structure("metadata")
    message = Message(slack.new_ts(), BOT_USER, text, blocks, thread_ts=thread, metadata=metadata)
    post(slack, conversation, message)
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "message": slack.message_json(conversation, message),
    }


def post_ephemeral(slack: Slack, p: Parameters) -> JSON:
    conversation = writable(slack, p.text("channel"))
    user = p.required("user")
    if user not in slack.people:
        raise SlackError("user_not_found")
    if user not in conversation.members:
        raise SlackError("user_not_in_channel")
    text, blocks = read_content(slack, p)
    message = whisper(slack, conversation, user, text, blocks)
    message.thread_ts = thread_of(conversation, p)
    return {"message_ts": message.ts}


def whisper(slack: Slack, conversation: Conversation, user: str, text: str, blocks: list[JSON]) -> Message:
    """An ephemeral message for one person."""
    message = Message(slack.new_ts(), BOT_USER, text, blocks, only_for=user)
    message.values = initial_values(blocks)
    conversation.ephemeral[message.ts] = message
    slack.touch_user(user)
    return message


def own_message(slack: Slack, conversation: Conversation, ts: str, refusal: str) -> Message:
    """A message that the app may change."""
    message = conversation.messages.get(ts)
    is_strict = slack.world.is_strict("slack.edit_own")
    if message is None and not is_strict:
        message = conversation.ephemeral.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.user != BOT_USER and is_strict:
        raise SlackError(refusal)
    return message


def update_message(slack: Slack, p: Parameters) -> JSON:
    """Without blocks and with a text the blocks go; with blocks alone the text stays and no edit is shown."""
    conversation = slack.conversations.get(p.text("channel"))
    if conversation is None:
        raise SlackError("channel_not_found")
    message = own_message(slack, conversation, p.required("ts"), "cant_update_message")
    text, blocks = read_content(slack, p)
    check_rate(slack, conversation)
    if p.has("text"):
        message.text = text
        message.edited = slack.new_ts() if not blocks else message.edited
    set_blocks(message, blocks)
    if p.has("metadata"):
        message.metadata = p.structure("metadata")
    slack.touch(conversation)
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "text": message.text,
        "message": slack.message_json(conversation, message),
    }


def set_blocks(message: Message, blocks: list[JSON]) -> None:
    """Replace the blocks; what is chosen in inputs that stay the same is kept."""
    values = initial_values(blocks)
    for block_id, actions in values.items():
        actions.update({name: held for name, held in message.values.get(block_id, {}).items() if name in actions})
    message.blocks, message.values = blocks, values


def delete_message(slack: Slack, p: Parameters) -> JSON:
    conversation = slack.conversations.get(p.text("channel"))
    if conversation is None:
        raise SlackError("channel_not_found")
    message = own_message(slack, conversation, p.required("ts"), "cant_delete_message")
    remove(slack, conversation, message)
    return {"channel": conversation.id, "ts": message.ts}


def remove(slack: Slack, conversation: Conversation, message: Message) -> None:
    conversation.messages.pop(message.ts, None)
    conversation.ephemeral.pop(message.ts, None)
    replies = conversation.threads.get(message.thread_ts or "", [])
    if message.ts in replies:
        replies.remove(message.ts)
    slack.touch(conversation)


def get_permalink(slack: Slack, p: Parameters) -> JSON:
    conversation = find_conversation(slack, p.text("channel"))
    ts = p.required("message_ts")
    message = conversation.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{DOMAIN}.slack.com/archives/{conversation.id}/p{ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={conversation.id}"
    return {"channel": conversation.id, "permalink": link}


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update_message,
    "chat.delete": delete_message,
    "chat.getPermalink": get_permalink,
}
