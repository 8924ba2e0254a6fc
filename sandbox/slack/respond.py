"""Answers by response_url (docs.slack.dev/interactivity/handling-user-interaction#message_responses)."""

from sandbox.slack.messages import post, read_content, remove, set_blocks, thread_of, whisper
from sandbox.slack.parameters import Parameters, SlackError
from sandbox.slack.state import BOT_USER, Conversation, Message, ResponseUrl, Slack

MAX_USES = 5
LIFETIME = 30 * 60


def respond(slack: Slack, target: ResponseUrl | None, p: Parameters) -> None:
    """Post, replace or delete what a response_url stands for; SlackError when it may not."""
    if target is None:
        raise SlackError("expired_url", 404)
    if slack.world.is_strict("slack.response_url"):
        if target.uses >= MAX_USES:
            raise SlackError("used_url", 404)
        if slack.world.clock.monotonic() - target.born > LIFETIME:
            raise SlackError("expired_url", 404)
    target.uses += 1
    conversation = slack.conversations[target.conversation]
    message = conversation.messages.get(target.message or "") or conversation.ephemeral.get(target.message or "")
    if p.flag("delete_original"):
        if message:
            remove(slack, conversation, message)
        return
    if p.flag("replace_original") and message:
        message.text, blocks = read_content(slack, p)
        set_blocks(message, blocks)
        slack.touch(conversation)
        return
    answer(slack, conversation, target.user, p)


def answer(slack: Slack, conversation: Conversation, user: str, p: Parameters) -> None:
    """A new message in answer to a command or an interaction, for that person alone unless it says otherwise."""
    text, blocks = read_content(slack, p)
    if p.text("response_type") == "in_channel":
        thread = thread_of(conversation, p)
        post(slack, conversation, Message(slack.new_ts(), BOT_USER, text, blocks, thread_ts=thread))
    else:
        whisper(slack, conversation, user, text, blocks)
