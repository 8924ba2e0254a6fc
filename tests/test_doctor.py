"""`engage doctor` finds what is wrong, says what to do, and shows no secret, whatever a far side answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot import doctor
from bot.clock import Clock, system_clock
from bot.doctor import Finding, examine
from bot.handlers.slack.channels import EVENTS as CHANNEL_EVENTS
from bot.handlers.slack.receiver import GONE
from bot.settings import Settings, read_settings
from sandbox.server import serve
from sandbox.world import World
from storage.database import open_database
from storage.migrate import migrate

TOKEN = "110201543:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX"
BOT_TOKEN, APP_TOKEN = "xox" + "b-1-bot-token", "xap" + "p-1-app-token"
HOOK_SECRET = "hook-word-hook-word"  # noqa: S105 - nobody's

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def far_side(handler: Handler) -> AsyncIterator[str]:
    """Both platforms, answering everything by `handler`; gives the address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def answering(**answers: object) -> Handler:
    """Answers these methods with these objects (`_` for a dot), and the others as if all were well."""
    usual: dict[str, object] = {
        "getMe": {"ok": True, "result": {"username": "FourPer1000Bot"}},
        "getWebhookInfo": {"ok": True, "result": {"url": "", "pending_update_count": 0}},
        "auth.test": {"ok": True, "user": "fourper1000", "team": "Soils"},
        "apps.connections.open": {"ok": True, "url": "wss://example.org/?ticket=secret-ticket"},
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        return web.json_response((usual | {n.replace("_", "."): a for n, a in answers.items()})[method])

    return answer


def settings(address: str, **more: str) -> Settings:
    return read_settings(
        "doctor",
        {
            "DATABASE_URL": "sqlite:////nowhere/engage.db",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": address,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": f"{address}/api/",
            "SECRETARIAT": "telegram:42",
            "CONTACT": "ask@example.org",
            **more,
        },
    )


async def found(settings: Settings, subject: str, clock: Clock = system_clock) -> list[Finding]:
    """What is found of this subject; and never a secret in what is found at all."""
    findings = await examine(settings, clock)
    for secret in (*settings.secrets(), TOKEN.split(":")[1], "secret-ticket"):
        assert secret not in "\n".join(map(str, findings))
    return [finding for finding in findings if finding.subject == subject]


async def test_all_is_well_with_a_migrated_database_and_both_platforms(bare_database_url: str) -> None:
    database = open_database(bare_database_url)
    await migrate(database)
    await database.dispose()
    world = World()
    async with serve(world) as address:
        findings = await examine(
            read_settings(
                "doctor",
                {
                    "DATABASE_URL": bare_database_url,
                    "TELEGRAM_BOT_TOKEN": world.telegram.token,
                    "TELEGRAM_API_URL": f"{address}/telegram",
                    "SLACK_BOT_TOKEN": world.slack.bot_token,
                    "SLACK_APP_TOKEN": world.slack.app_token,
                    "SLACK_API_URL": f"{address}/slack/api/",
                    "SECRETARIAT": "telegram:42",
                    "CONTACT": "ask@example.org",
                },
            )
        )
    assert [str(finding) for finding in findings if finding.remedy] == []
    assert [finding.subject for finding in findings] == [
        "settings",
        "database",
        "clock",
        "Telegram",
        "Telegram webhook",
        "Slack",
        "Slack scopes",
        "Slack Socket Mode",
    ]


def test_each_finding_says_in_a_word_and_with_a_sign_how_it_is() -> None:
    finding = Finding("clock", "agrees")
    assert str(finding) == "✓ ok: clock: agrees"
    assert str(replace(finding, what="is late", remedy="set it")) == "✗ problem: clock: is late. To do: set it"


async def test_what_the_settings_suffice_for_and_what_they_leave_open() -> None:
    bare = read_settings("doctor", {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": "http://127.0.0.1:1"})
    fine, *missing = await found(bare, "settings")
    assert "engage run, engage worker" in fine.what
    assert ["SECRETARIAT" in missing[0].what, "CONTACT" in missing[1].what] == [True, True]
    assert all(finding.remedy for finding in missing)


async def test_without_a_platform_it_says_what_a_platform_needs() -> None:
    findings = await found(read_settings("doctor", {}), "settings")
    assert "TELEGRAM_BOT_TOKEN" in findings[0].what
    assert "BotFather" in findings[0].remedy


async def test_a_database_without_tables_wants_migrating(bare_database_url: str) -> None:
    database = open_database(bare_database_url)
    async with database.connect():
        # An SQLite file is there from now on.
        pass
    await database.dispose()
    (finding,) = await found(read_settings("doctor", {"DATABASE_URL": bare_database_url}), "database")
    assert finding.remedy == "engage migrate"


async def test_looking_does_not_create_a_database(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet.db"
    (finding,) = await found(read_settings("doctor", {"DATABASE_URL": f"sqlite:///{path}"}), "database")
    assert finding.remedy == "engage migrate"
    assert not path.parent.exists()


async def test_a_database_that_is_not_there_is_a_problem_without_its_password() -> None:
    url = "postgresql://me:database-pass@127.0.0.1:1/engage"
    (finding,) = await found(read_settings("doctor", {"DATABASE_URL": url}), "database")
    assert "refused" in finding.what
    assert finding.remedy


@pytest.mark.parametrize("off", [timedelta(minutes=-2), timedelta(minutes=2)])
async def test_a_clock_that_is_off_is_a_problem(database_url: str, off: timedelta) -> None:
    def clock() -> datetime:
        return system_clock() + off

    (finding,) = await found(read_settings("doctor", {"DATABASE_URL": database_url}), "clock", clock)
    assert "seconds apart" in finding.what
    assert finding.remedy


async def test_refused_tokens_are_problems_that_say_where_to_get_others() -> None:
    refusals = answering(
        getMe={"ok": False, "error_code": 401, "description": f"Unauthorized: {TOKEN}"},
        auth_test={"ok": False, "error": "invalid_auth"},
        apps_connections_open={"ok": False, "error": f"not_allowed {APP_TOKEN}"},
    )
    async with far_side(refusals) as address:
        (telegram,) = await found(settings(address), "Telegram")
        (slack,) = await found(settings(address), "Slack")
        (socket,) = await found(settings(address), "Slack Socket Mode")
    assert "BotFather" in telegram.remedy
    assert "invalid_auth" in slack.what
    assert "App-Level" in socket.remedy


async def test_scopes_that_were_not_granted_are_named_with_what_they_are_for() -> None:
    world = World()
    world.slack.scopes -= {"files:write", "groups:read"}
    async with serve(world) as address:
        slack = settings(f"{address}/slack", SLACK_BOT_TOKEN=world.slack.bot_token)
        (finding,) = await found(slack, "Slack scopes")
    assert finding.what == (
        "not granted: files:write (pictures in messages, and documents such as exports), "
        "groups:read (which private channels it is in)"
    )
    assert "install it to the workspace again" in finding.remedy


async def test_without_word_of_the_scopes_nothing_is_said_of_them() -> None:
    async with far_side(answering()) as address:
        assert await found(settings(address), "Slack scopes") == []


def test_the_manifest_asks_for_the_scopes_and_the_events_that_the_bot_uses() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[1] / "docs" / "slack-manifest.yaml").read_text())
    assert manifest["oauth_config"]["scopes"]["bot"] == list(doctor.SCOPES)
    events = {"app_home_opened", "message.im", *GONE, *CHANNEL_EVENTS}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == events


async def test_platforms_out_of_reach_are_problems() -> None:
    for subject in ("Telegram", "Slack", "Slack Socket Mode"):
        (finding,) = await found(settings("http://127.0.0.1:1"), subject)
        assert "no connection" in finding.what
        assert finding.remedy


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"\xff\xfe", b"[]", b"null", b""])
async def test_an_address_that_is_no_such_api_is_a_problem(body: bytes) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=502)

    async with far_side(answer) as address:
        for subject in ("Telegram", "Slack", "Slack Socket Mode"):
            (finding,) = await found(settings(address), subject)
            assert "not one of this API" in finding.what


async def test_a_token_does_not_follow_a_redirection() -> None:
    seen = []

    async def redirect(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with far_side(redirect) as address:
        (finding,) = await found(settings(address), "Slack")
    assert finding.remedy
    assert "/elsewhere" not in seen


async def test_a_platform_that_never_answers_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.05)

    async def never(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with far_side(never) as address:
        (finding,) = await found(settings(address), "Telegram")
    assert f"no answer within {doctor.PATIENCE} seconds" in finding.what


def webhook(url: str, **more: object) -> Handler:
    return answering(getWebhookInfo={"ok": True, "result": {"url": url, "pending_update_count": 3, **more}})


@pytest.mark.parametrize(
    ("answer", "word", "problem"),
    [
        (webhook(""), "none is registered", False),
        (webhook("https://bot.example.org/telegram/webhook"), "registered, 3 updates wait", False),
        (
            webhook("https://bot.example.org/telegram/webhook", last_error_message="Connection refused"),
            "Connection refused",
            True,
        ),
        (webhook(f"https://other.example.org/{TOKEN}"), "other.example.org", True),
    ],
)
async def test_the_webhook_is_where_it_should_be(answer: Handler, word: str, problem: bool) -> None:
    async with far_side(answer) as address:
        hooked = settings(
            address,
            TELEGRAM_WEBHOOK_SECRET=HOOK_SECRET,
            PUBLIC_URL="https://bot.example.org",
            SLACK_SIGNING_SECRET="signing-word",  # noqa: S106 - nobody's
        )
        (finding,) = await found(hooked, "Telegram webhook")
    assert word in finding.what
    assert bool(finding.remedy) is problem


async def test_a_webhook_is_in_the_way_of_a_bot_without_an_address() -> None:
    async with far_side(webhook("https://old.example.org/hook")) as address:
        (finding,) = await found(settings(address), "Telegram webhook")
    assert "old.example.org" in finding.what
    assert finding.remedy
