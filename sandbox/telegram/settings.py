"""The Bot API methods that set up the bot: its commands, descriptions, menu button and webhook."""

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.parameters import Parameters, bad_request
from sandbox.telegram.state import Chat, Telegram, Webhook
from sandbox.wire import JSON

MAX_COMMANDS, MAX_COMMAND_DESCRIPTION = 100, 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
SCOPES = frozenset(
    [
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ]
)
DESCRIPTION_LENGTHS = {"description": 512, "short_description": 120, "name": 64}


def _scope(p: Parameters) -> tuple[str, str]:
    """A key for the scope and the language of a call."""
    scope: JSON = p.structure("scope", dict) or {"type": "default"}
    kind = scope.get("type")
    if kind not in SCOPES:
        raise bad_request("unsupported type of BotCommandScope specified")
    key = ":".join(str(scope[part]) for part in ("type", "chat_id", "user_id") if part in scope)
    return key, _language(p)


def _language(p: Parameters) -> str:
    language = p.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def set_my_commands(telegram: Telegram, p: Parameters) -> bool:
    commands: list[Any] = p.structure("commands", list) or []
    for command in commands:
        if not isinstance(command, dict):
            raise bad_request("expected an Array of BotCommand")
    if telegram.world.is_strict("telegram.commands"):
        if len(commands) > MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(str(command.get("command", ""))):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= MAX_COMMAND_DESCRIPTION:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.commands[_scope(p)] = [
        {"command": command["command"], "description": command["description"]} for command in commands
    ]
    telegram.world.touch()
    return True


def get_my_commands(telegram: Telegram, p: Parameters) -> list[JSON]:
    return telegram.commands.get(_scope(p), [])


def delete_my_commands(telegram: Telegram, p: Parameters) -> bool:
    telegram.commands.pop(_scope(p), None)
    telegram.world.touch()
    return True


def commands_for(telegram: Telegram, chat: Chat, user: int, language: str) -> list[JSON]:
    """What the menu shows (core.telegram.org/bots/api#determining-list-of-commands)."""
    scopes = [f"chat:{chat.id}", "all_private_chats", "default"]
    if chat.kind != "private":
        scopes = [f"chat_member:{chat.id}:{user}", f"chat:{chat.id}", "all_group_chats", "default"]
    for scope in scopes:
        for code in (language[:2], ""):
            if commands := telegram.commands.get((scope, code)):
                return commands
    return []


def _set_description(kind: str, telegram: Telegram, p: Parameters) -> bool:
    text = p.text(kind)
    if len(text) > DESCRIPTION_LENGTHS[kind] and telegram.world.is_strict("telegram.description_length"):
        raise bad_request(f"bot {kind.replace('_', ' ')} is too long")
    telegram.descriptions[(kind, _language(p))] = text
    telegram.world.touch()
    return True


def set_my_name(telegram: Telegram, p: Parameters) -> bool:
    return _set_description("name", telegram, p)


def set_my_description(telegram: Telegram, p: Parameters) -> bool:
    return _set_description("description", telegram, p)


def set_my_short_description(telegram: Telegram, p: Parameters) -> bool:
    return _set_description("short_description", telegram, p)


def described(telegram: Telegram, kind: str, language: str) -> str:
    """A description in this language, or else the one without a language, or else nothing."""
    for code in (language[:2], ""):
        if text := telegram.descriptions.get((kind, code)):
            return text
    return ""


def get_my_name(telegram: Telegram, p: Parameters) -> JSON:
    return {"name": described(telegram, "name", _language(p)) or telegram.bot_user()["first_name"]}


def get_my_description(telegram: Telegram, p: Parameters) -> JSON:
    return {"description": described(telegram, "description", _language(p))}


def get_my_short_description(telegram: Telegram, p: Parameters) -> JSON:
    return {"short_description": described(telegram, "short_description", _language(p))}


def set_chat_menu_button(telegram: Telegram, p: Parameters) -> bool:
    button: JSON = p.structure("menu_button", dict) or {"type": "default"}
    if button.get("type") not in ("commands", "default"):
        raise bad_request("the sandbox serves the menu buttons commands and default")
    telegram.menu_buttons[p.integer("chat_id") or None] = button
    telegram.world.touch()
    return True


def get_chat_menu_button(telegram: Telegram, p: Parameters) -> JSON:
    return menu_button(telegram, p.integer("chat_id") or None)


def menu_button(telegram: Telegram, chat: int | None) -> JSON:
    return telegram.menu_buttons.get(chat, telegram.menu_buttons[None])


def set_webhook(telegram: Telegram, p: Parameters) -> bool:
    """Any http(s) address is taken, as a local Bot API server does."""
    url = p.text("url")
    if not url:
        return delete_webhook(telegram, p)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = p.text("secret_token")
    if p.has("secret_token") and not _SECRET.fullmatch(secret) and telegram.world.is_strict("telegram.secret_token"):
        raise bad_request("secret token contains unallowed characters")
    connections = p.integer("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad_request("max_connections must be between 1 and 100")
    keep_allowed(telegram, p)
    drop_pending(telegram, p)
    telegram.webhook = Webhook(url, secret or None, connections)
    telegram.arrived.touch()
    return True


def delete_webhook(telegram: Telegram, p: Parameters) -> bool:
    drop_pending(telegram, p)
    telegram.webhook = None
    telegram.arrived.touch()
    return True


def drop_pending(telegram: Telegram, p: Parameters) -> None:
    if p.flag("drop_pending_updates"):
        for update in list(telegram.updates.values()):
            telegram.acknowledge(update)


def keep_allowed(telegram: Telegram, p: Parameters) -> None:
    """Remember which updates are wanted: not given keeps what was said before, an empty list is the default."""
    allowed = p.structure("allowed_updates", list)
    if allowed is not None:
        telegram.allowed = frozenset(map(str, allowed)) or None


def get_webhook_info(telegram: Telegram, p: Parameters) -> JSON:
    webhook = telegram.webhook
    info: JSON = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(telegram.updates),
    }
    if webhook:
        info["max_connections"] = webhook.max_connections
        if webhook.last_error is not None:
            info["last_error_date"] = webhook.last_error_at
            info["last_error_message"] = webhook.last_error
    if telegram.allowed is not None:
        info["allowed_updates"] = sorted(telegram.allowed)
    return info


METHODS = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": set_my_name,
    "getMyName": get_my_name,
    "setMyDescription": set_my_description,
    "getMyDescription": get_my_description,
    "setMyShortDescription": set_my_short_description,
    "getMyShortDescription": get_my_short_description,
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
