"""`engage doctor`: tries everything that the bot needs, and says of each thing whether it works and what to do.

The platforms are asked by plain HTTP: a wrong token or a dead address is found without the clients that would
hide it behind retries. No answer and no exception is shown whole, because addresses and errors hold tokens.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import URL, func, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import Clock, system_clock
from bot.log import Redactor
from bot.settings import HOW, Purpose, Settings, lacking
from storage.database import normalise, open_database
from storage.migrate import at_head
from storage.schema import Instant

PATIENCE = 10
"""Seconds that anything may take to answer."""
SKEW = timedelta(seconds=30)
"""Slack's signatures are refused after five minutes; reminders want to be closer than that."""
SCOPES: Mapping[str, str] = {
    "channels:read": "which channels it is in, for calls for engagement",
    "chat:write": "answering, and editing what was answered",
    "commands": "/4p1000",
    "files:read": "photos and documents that people send",
    "files:write": "pictures in messages, and documents such as exports",
    "groups:read": "which private channels it is in",
    "im:history": "reading what people write to the bot",
    "im:write": "opening the conversation with a person",
    "users:read": "a person's name, language and time zone, to begin with",
}
"""What the bot token needs, and what for; docs/slack-manifest.yaml asks for the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and what was found. A remedy makes it a problem."""

    subject: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        if self.remedy:
            return f"✗ problem: {self.subject}: {self.what}. To do: {self.remedy}"
        return f"✓ ok: {self.subject}: {self.what}"


class _Unanswered(Exception):
    """Why there was no answer, in words of our own."""


async def examine(settings: Settings, clock: Clock = system_clock) -> list[Finding]:
    """Everything that was found, in a fixed order, without a secret in it."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
        parts = await asyncio.gather(
            _database(settings, clock), _telegram(settings, session), _slack(settings, session)
        )
    redact = Redactor(settings.secrets())
    found = [*_settings(settings), *(finding for part in parts for finding in part)]
    return [replace(finding, what=redact(finding.what)) for finding in found]


def _settings(settings: Settings) -> Iterator[Finding]:
    purposes: tuple[Purpose, ...] = ("run", "web", "worker")
    possible = [f"engage {purpose}" for purpose in purposes if not lacking(purpose, settings.given())]
    if possible:
        yield Finding("settings", f"enough for {', '.join(possible)}")
    for problem in () if possible else lacking("run", settings.given()):
        yield Finding("settings", f"{problem.name} is {problem.what}", problem.how)
    if not settings.secretariat:
        yield Finding("settings", "SECRETARIAT names nobody who could decide on requests", HOW["SECRETARIAT"])
    if not settings.contact:
        yield Finding("settings", "CONTACT is blank, so /privacy cannot say whom to write to", HOW["CONTACT"])


async def _database(settings: Settings, clock: Clock) -> list[Finding]:
    url = settings.database_url.get_secret_value()
    address = normalise(url)
    if _is_absent(address):
        return [Finding("database", f"there is no file {address.database} yet", "engage migrate")]
    engine = open_database(url)
    try:
        async with asyncio.timeout(PATIENCE):
            return [await _tables(engine), await _time(engine, clock)]
    except TimeoutError:
        return [Finding("database", f"no answer within {PATIENCE} seconds", "is the server running?")]
    except (SQLAlchemyError, OSError) as error:
        return [Finding("database", f"cannot be used ({_reason(error)})", f"DATABASE_URL is {HOW['DATABASE_URL']}")]
    finally:
        await engine.dispose()


def _is_absent(address: URL) -> bool:
    """Whether it is an SQLite file that connecting would merely create."""
    return address.get_backend_name() == "sqlite" and not Path(address.database or "").exists()


def _reason(error: Exception) -> str:
    """The first line of what the database said, without SQLAlchemy's additions."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


async def _tables(engine: AsyncEngine) -> Finding:
    if await at_head(engine):
        return Finding("database", f"reachable, with the tables of this version ({engine.dialect.name})")
    return Finding("database", "reachable, but its tables are not those of this version", "engage migrate")


async def _time(engine: AsyncEngine, clock: Clock) -> Finding:
    async with engine.connect() as connection:
        before = clock()
        theirs: datetime = (await connection.execute(select(type_coerce(func.now(), Instant)))).scalar_one()
    apart = abs(theirs - before)
    if apart < SKEW:
        return Finding("clock", "this machine and the database agree on the time")
    return Finding(
        "clock",
        f"this machine and the database are {apart.total_seconds():.0f} seconds apart",
        "synchronise both with a time server (NTP)",
    )


async def _telegram(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    if settings.telegram_bot_token is None:
        return []
    root = f"{settings.telegram_api_url}/bot{settings.telegram_bot_token.get_secret_value()}"
    try:
        me = await _ask(session, f"{root}/getMe")
        if not me.get("ok"):
            return [_refusal("Telegram", me.get("description"), "TELEGRAM_BOT_TOKEN")]
        webhook = await _ask(session, f"{root}/getWebhookInfo")
    except _Unanswered as reason:
        return [_unreachable("Telegram", settings.telegram_api_url, str(reason))]
    name = me["result"].get("username") if isinstance(me.get("result"), dict) else None
    result = webhook.get("result")
    return [
        Finding("Telegram", f"answers as @{name}"),
        _webhook(settings, result if isinstance(result, dict) else {}),
    ]


def _webhook(settings: Settings, webhook: dict[str, Any]) -> Finding:
    """What Telegram says of where it delivers. Of a foreign address only the host: its path may be a secret."""
    url, waiting = str(webhook.get("url") or ""), webhook.get("pending_update_count", 0)
    meant = not lacking("web", settings.given())
    if not url:
        how = "`engage web` registers it when it starts" if meant else "right for `engage run`"
        return Finding("Telegram webhook", f"none is registered; {how}")
    if not meant or url != f"{settings.public_url}/telegram/webhook":
        return Finding(
            "Telegram webhook",
            f"messages go to {urlsplit(url).hostname}, not here",
            "stop what runs there, then start the bot: `engage run` and `engage web` both correct this",
        )
    if waiting and webhook.get("last_error_message"):
        return Finding(
            "Telegram webhook",
            f"{waiting} updates wait; the last delivery failed ({webhook['last_error_message']})",
            "is `engage web` running, and reachable at PUBLIC_URL from outside?",
        )
    return Finding("Telegram webhook", f"registered, {waiting} updates wait")


async def _slack(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    found = []
    if settings.slack_bot_token is not None:
        found += await _slack_bot(settings, session, settings.slack_bot_token.get_secret_value())
    if settings.slack_app_token is not None:
        found.append(await _slack_socket(settings, session, settings.slack_app_token.get_secret_value()))
    return found


async def _slack_bot(settings: Settings, session: aiohttp.ClientSession, token: str) -> list[Finding]:
    headers: dict[str, str] = {}
    try:
        about = await _ask(session, f"{settings.slack_api_url}auth.test", token, headers)
    except _Unanswered as reason:
        return [_unreachable("Slack", settings.slack_api_url, str(reason))]
    if not about.get("ok"):
        return [_refusal("Slack", about.get("error"), "SLACK_BOT_TOKEN")]
    found = [Finding("Slack", f"answers as @{about.get('user')} in {about.get('team')}")]
    granted = headers.get("x-oauth-scopes")
    return found if granted is None else [*found, _scopes({one.strip() for one in granted.split(",")})]


def _scopes(granted: set[str]) -> Finding:
    missing = [f"{scope} ({purpose})" for scope, purpose in SCOPES.items() if scope not in granted]
    if not missing:
        return Finding("Slack scopes", "all that is needed is granted")
    return Finding(
        "Slack scopes",
        f"not granted: {', '.join(missing)}",
        "add what is missing under OAuth & Permissions, Bot Token Scopes, or update the app from "
        "docs/slack-manifest.yaml; then install it to the workspace again",
    )


async def _slack_socket(settings: Settings, session: aiohttp.ClientSession, token: str) -> Finding:
    """Asks for a connection's address, as Socket Mode does, and lets it lapse."""
    try:
        opened = await _ask(session, f"{settings.slack_api_url}apps.connections.open", token)
    except _Unanswered as reason:
        return _unreachable("Slack Socket Mode", settings.slack_api_url, str(reason))
    if not opened.get("ok"):
        return _refusal("Slack Socket Mode", opened.get("error"), "SLACK_APP_TOKEN")
    return Finding("Slack Socket Mode", "offers a connection")


def _refusal(subject: str, said: object, name: str) -> Finding:
    return Finding(subject, f"refuses {name} ({said})", HOW[name])


def _unreachable(subject: str, root: str, reason: str) -> Finding:
    return Finding(subject, f"{urlsplit(root).hostname}: {reason}", "check the network, and the address if you set one")


async def _ask(
    session: aiohttp.ClientSession, url: str, bearer: str = "", received: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that a POST brings, whatever its status; its headers are put into `received`, in small letters.
    Raises _Unanswered."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        async with session.post(url, headers=headers, allow_redirects=False) as answer:
            if received is not None:
                received.update((name.lower(), value) for name, value in answer.headers.items())
            content = await answer.json(content_type=None)
    except TimeoutError:
        raise _Unanswered(f"no answer within {PATIENCE} seconds") from None
    except aiohttp.ClientConnectorDNSError:
        raise _Unanswered("nobody knows this name") from None
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError):
        raise _Unanswered("no trusted encrypted connection") from None
    except (aiohttp.ClientError, OSError):
        raise _Unanswered("no connection") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _Unanswered("the answer is not one of this API")
    return content
