"""The environment is read as its operator meant it, or refused with everything that is wrong, and without a secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.chat.events import Account
from bot.settings import HOW, KNOWN, Misconfigured, Problem, Purpose, read_settings

TELEGRAM = {"TELEGRAM_BOT_TOKEN": "123456:telegram-token"}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-slack-token", "SLACK_APP_TOKEN": "xapp-slack-token"}
WEBHOOK = {**TELEGRAM, "TELEGRAM_WEBHOOK_SECRET": "webhook-word", "PUBLIC_URL": "https://bot.example.org"}
SLACK_HTTP = {"SLACK_BOT_TOKEN": "xoxb-slack-token", "SLACK_SIGNING_SECRET": "signing-secret"}


def problems(purpose: Purpose, environ: dict[str, str]) -> dict[str, Problem]:
    with pytest.raises(Misconfigured) as refusal:
        read_settings(purpose, environ)
    names = [problem.name for problem in refusal.value.problems]
    assert len(names) == len(set(names)), "one variable, one problem"
    return {problem.name: problem for problem in refusal.value.problems}


def test_what_is_not_set_has_a_working_default() -> None:
    settings = read_settings("migrate", {})
    assert settings.database_url.get_secret_value() == "sqlite:///engage.db"
    assert settings.port == 8000
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.telegram_bot_token is None
    assert settings.secretariat == ()


def test_what_is_set_is_typed() -> None:
    settings = read_settings(
        "run", {**TELEGRAM, "PORT": "80", "SECRETARIAT": "telegram:42, slack:T01/U02", "CONTACT": "ask@example.org"}
    )
    assert settings.port == 80
    assert settings.secretariat == (Account("telegram", "42"), Account("slack", "U02", "T01"))
    assert settings.contact == "ask@example.org"
    assert settings.given() == {"TELEGRAM_BOT_TOKEN", "PORT", "SECRETARIAT", "CONTACT"}


def test_addresses_come_back_in_one_form() -> None:
    settings = read_settings(
        "web",
        {
            **WEBHOOK,
            "PUBLIC_URL": "https://bot.example.org/",
            "TELEGRAM_API_URL": "http://bot-api:8081/",
            "SLACK_API_URL": "http://127.0.0.1:9000/api",
        },
    )
    assert settings.public_url == "https://bot.example.org"
    assert settings.telegram_api_url == "http://bot-api:8081"
    assert settings.slack_api_url == "http://127.0.0.1:9000/api/"


def test_settings_do_not_change() -> None:
    settings = read_settings("run", TELEGRAM)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]  # that this is refused is what is tested


@pytest.mark.parametrize(
    ("purpose", "environ"),
    [
        ("run", TELEGRAM),
        ("run", SLACK),
        ("run", {**TELEGRAM, **SLACK}),
        ("web", WEBHOOK),
        ("web", SLACK_HTTP),
        ("web", {**WEBHOOK, **SLACK_HTTP}),
        ("worker", TELEGRAM),
        ("worker", SLACK_HTTP),
        ("migrate", {}),
        ("doctor", {}),
    ],
)
def test_each_command_is_content_with_one_platform(purpose: Purpose, environ: dict[str, str]) -> None:
    read_settings(purpose, environ)


@pytest.mark.parametrize(
    ("purpose", "environ", "missing"),
    [
        ("run", {}, {"TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}),
        ("run", {"TELEGRAM_BOT_TOKEN": "  "}, {"TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}),
        ("run", SLACK_HTTP, {"SLACK_APP_TOKEN"}),
        ("run", {**TELEGRAM, "SLACK_APP_TOKEN": "xapp-1"}, {"SLACK_BOT_TOKEN"}),
        ("web", TELEGRAM, {"TELEGRAM_WEBHOOK_SECRET", "PUBLIC_URL"}),
        ("web", SLACK, {"SLACK_SIGNING_SECRET"}),
        ("web", {**SLACK_HTTP, "TELEGRAM_WEBHOOK_SECRET": "s"}, {"TELEGRAM_BOT_TOKEN", "PUBLIC_URL"}),
        ("worker", {}, {"TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN"}),
    ],
)
def test_a_platform_set_up_in_part_is_named_with_what_it_lacks(
    purpose: Purpose, environ: dict[str, str], missing: set[str]
) -> None:
    found = problems(purpose, environ)
    assert set(found) == missing
    for name, problem in found.items():
        assert "missing" in problem.what
        assert problem.how == HOW[name]


MALFORMED = {
    "DATABASE_URL": ["mysql://me:database-pass@host/name", "a sentence", "postgresql://me:database-pass@host:x/name"],
    "PORT": ["eighty", "0", "65536"],
    "PUBLIC_URL": [
        "http://bot.example.org",
        "bot.example.org",
        "https:///path",
        "https://bot.example.org/?a=b",
        "https://me:url-pass@[bot",
        "https://bot.example.org:port",
    ],
    "TELEGRAM_BOT_TOKEN": ["changeme", "bot123:abc", "123:abc/def", "xoxb-another"],
    "TELEGRAM_WEBHOOK_SECRET": ["with space", "x" * 257, "émigré"],
    "TELEGRAM_API_URL": ["api.telegram.org", "ftp://example.org"],
    "SLACK_BOT_TOKEN": ["xapp-1-app-token", "123456:telegram", "xoxb-with space"],
    "SLACK_SIGNING_SECRET": ["two words"],
    "SLACK_APP_TOKEN": ["xoxb-1-bot-token"],
    "SLACK_API_URL": ["slack.com/api"],
    "SECRETARIAT": ["42", "telegram:42,slack:U02", "telegram:anna"],
    "FOUR_EYES": ["perhaps", "2"],
    "CONTACT": ["the office", "http://example.org", "anna@"],
    "TELEGRAM_RATE": ["fast", "0", "-1"],
    "TELEGRAM_CHAT_RATE": ["0"],
    "TELEGRAM_GROUP_RATE_PER_MINUTE": ["0", "1.5"],
    "SLACK_CHANNEL_RATE": ["0", "inf"],
    "SLACK_WORKSPACE_RATE": ["0", "nan"],
}


def test_every_variable_can_be_malformed_and_says_how_to_get_a_right_one() -> None:
    assert set(MALFORMED) == KNOWN == set(HOW)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values])
def test_what_is_malformed_is_named_without_its_value(name: str, value: str) -> None:
    found = problems("migrate", {name: value})
    assert set(found) == {name}
    assert found[name].what.startswith("malformed: ")
    assert found[name].how == HOW[name]
    said = f"{found[name]}"
    for part in (value, "database-pass", "url-pass"):
        assert len(part) < 3 or part not in said.replace(HOW[name], "")


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_plain_http_is_fine_on_this_machine(address: str) -> None:
    assert read_settings("web", {**WEBHOOK, "PUBLIC_URL": address}).public_url == address


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql+psycopg://h/d", "sqlite:////srv/engage.db"])
def test_a_database_address_is_taken_as_hosts_write_it(url: str) -> None:
    assert read_settings("migrate", {"DATABASE_URL": url}).database_url.get_secret_value() == url


def test_all_problems_come_at_once() -> None:
    found = problems(
        "web", {**TELEGRAM, "PORT": "x", "SECRETARIAT": "anna", "SLACK_BOT_TOKEN": "nonsense", "SLACK_TOKEN": "xoxb-1"}
    )
    assert set(found) == {
        "PORT",
        "SECRETARIAT",
        "SLACK_BOT_TOKEN",
        "TELEGRAM_WEBHOOK_SECRET",
        "PUBLIC_URL",
        "SLACK_SIGNING_SECRET",
        "SLACK_TOKEN",
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [("TELEGRAM_API_ULR", "TELEGRAM_API_URL"), ("SLACK_BOT_TOKENS", "SLACK_BOT_TOKEN")],
)
def test_a_misspelt_name_is_pointed_out_even_when_nothing_else_is_wrong(written: str, meant: str) -> None:
    found = problems("run", {**TELEGRAM, written: "value-of-it"})
    assert set(found) == {written}
    assert meant in found[written].how


def test_a_name_that_is_hardly_alike_is_pointed_out_only_when_something_is_wrong() -> None:
    """Other programs have variables too: this one is used for Telegram's client API."""
    other = {"TELEGRAM_API_ID": "1"}
    read_settings("run", {**TELEGRAM, **other})
    assert "TELEGRAM_API_ID" in problems("run", other)


def test_a_name_like_one_that_is_set_is_somebody_elses() -> None:
    read_settings("run", {**TELEGRAM, "TELEGRAM_TOKEN": "1:a"})


def test_neither_the_settings_nor_a_refusal_show_a_secret() -> None:
    environ = {
        **WEBHOOK,
        **SLACK_HTTP,
        "SLACK_APP_TOKEN": "xapp-slack-token",
        "DATABASE_URL": "postgresql://me:database-pass@host/name",
    }
    settings = read_settings("web", environ)
    secrets = {
        "123456:telegram-token",
        "webhook-word",
        "xoxb-slack-token",
        "xapp-slack-token",
        "signing-secret",
        "database-pass",
    }
    assert set(settings.secrets()) == secrets
    with pytest.raises(Misconfigured) as refusal:
        read_settings("web", {**environ, "PORT": "x", "TELEGRAM_API_ULR": "signing-secret"})
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    for secret in secrets:
        assert secret not in f"{settings!r} {settings} {refusal.value} {refusal.value.problems}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bot is started, with nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_environment_comes_before_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("PORT=1000\nTELEGRAM_BOT_TOKEN=1:from-file # a remark\nCONTACT=\n")
    monkeypatch.setenv("PORT", "2000")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    settings = read_settings("run")
    assert settings.port == 2000
    assert settings.telegram_bot_token is not None
    assert settings.telegram_bot_token.get_secret_value() == "1:from-file"


def test_a_misspelt_name_in_the_file_is_pointed_out(folder: Path) -> None:
    (folder / ".env").write_text("TELEGRAM_BOT_TOKEN=1:a\nSLACK_APP_TOKN=xapp-1\n")
    with pytest.raises(Misconfigured, match="SLACK_APP_TOKN"):
        read_settings("run")


def test_a_file_that_is_no_text_is_named(folder: Path) -> None:
    (folder / ".env").write_bytes(b"PORT=\xff\xfe")
    with pytest.raises(Misconfigured, match=r"\.env"):
        read_settings("run")


def test_the_example_names_every_variable() -> None:
    example = (Path(__file__).parent.parent / ".env.example").read_text()
    named = {line.partition("=")[0] for line in example.splitlines() if not line.startswith("#")}
    assert named >= KNOWN
