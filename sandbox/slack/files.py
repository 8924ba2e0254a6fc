"""Files: the two-step upload and the download (docs.slack.dev/messaging/working-with-files)."""

import mimetypes
from typing import Any

from sandbox.slack.messages import find_conversation, post, thread_of, writable
from sandbox.slack.parameters import Parameters, SlackError, invalid
from sandbox.slack.state import BOT_USER, File, Message, Slack
from sandbox.wire import JSON, picture_size


def new_file(slack: Slack, name: str, length: int, user: str, mimetype: str | None = None) -> File:
    guessed = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(slack.new_id("F"), name, name, guessed, user, slack.seconds(), length)


def store(slack: Slack, file: File, data: bytes) -> None:
    """Keep the bytes of a file."""
    file.data = data
    file.length = len(data)
    size = picture_size(data)
    if size:
        file.width, file.height = size
    file.stored = f"f{slack.world.next_file_number()}"
    slack.world.files[file.stored] = (file.mimetype, data)


def get_upload_url(slack: Slack, p: Parameters) -> JSON:
    name = p.required("filename")
    length = p.integer("length", 0)
    if length < 1:
        raise invalid("invalid_arguments", ["length must be greater than 0 [json-pointer:/length]"])
    file = new_file(slack, name, length, BOT_USER)
    key = slack.new_id("up")
    slack.uploads[key] = file
    return {"upload_url": f"{slack.world.base_url}/slack/upload/{key}", "file_id": file.id}


def complete_upload(slack: Slack, p: Parameters) -> JSON:
    named: Any = p.structure("files")
    if not isinstance(named, list) or not named:
        raise invalid("invalid_arguments", ["missing required field: files"])
    waiting = {file.id: (key, file) for key, file in slack.uploads.items()}
    files: list[File] = []
    for entry in named:
        file_id = entry.get("id") if isinstance(entry, dict) else None
        if file_id not in waiting or waiting[file_id][1].data is None:
            raise SlackError("file_not_found")
        file = waiting[file_id][1]
        file.title = str(entry.get("title") or file.name)
        files.append(file)
    channels = [p.text("channel_id")] if p.text("channel_id") else p.text("channels").split(",")
    for channel in filter(None, channels):
        if channel not in slack.conversations:
            raise SlackError("channel_not_found")
        conversation = writable(slack, channel)
        thread = thread_of(conversation, p)
        for file in files:
            file.channels.append(conversation.id)
        post(
            slack,
            conversation,
            Message(slack.new_ts(), BOT_USER, p.text("initial_comment"), files=files, thread_ts=thread),
        )
    for file in files:
        file.ready_at = slack.world.clock.monotonic() + slack.file_ready_after
        del slack.uploads[waiting[file.id][0]]
        slack.files[file.id] = file
    return {"files": [slack.file_json(file) for file in files]}


def file_info(slack: Slack, p: Parameters) -> JSON:
    file = slack.files.get(p.required("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": slack.file_json(file), "comments": [], "response_metadata": {"next_cursor": ""}}


def delete_file(slack: Slack, p: Parameters) -> JSON:
    file = slack.files.pop(p.required("file"), None)
    if file is None:
        raise SlackError("file_not_found")
    for channel in file.channels:
        conversation = find_conversation(slack, channel)
        for message in conversation.messages.values():
            if file in message.files:
                message.files = [other for other in message.files if other is not file]
        slack.touch(conversation)
    return {}


METHODS = {
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": file_info,
    "files.delete": delete_file,
}
