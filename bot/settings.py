"""The environment, typed: what may be set, what each command needs of it, and how to get what is missing."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.chat.events import Account, Platform
from storage.database import normalise

Purpose = Literal["run", "web", "worker", "migrate", "doctor"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A variable's name, what is wrong with it (never its value), and how to get a right one."""

    name: str
    what: str
    how: str


class Misconfigured(Exception):
    """Everything that is wrong with the environment, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.name} {problem.what}" for problem in problems))
        self.problems = problems


def _database(secret: SecretStr) -> SecretStr:
    normalise(secret.get_secret_value())
    return secret


def _shaped(pattern: str, shape: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, secret.get_secret_value()):
            return secret
        raise ValueError(f"does not have the form {shape}")

    return AfterValidator(check)


def _address(written: str) -> SplitResult:
    """Splits an http(s) address; anything else, also one with a query or a fragment, is a ValueError."""
    try:
        parts = urlsplit(written)
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        # Its words repeat parts of the address, where a password may stand.
        whole = False
    if not whole or parts.query or parts.fragment:
        raise ValueError("is not an address that begins with https://")
    return parts


def _public(written: str) -> str:
    parts = _address(written)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("must begin with https:// (http:// only for this machine itself)")
    return written.rstrip("/")


def _root(written: str) -> str:
    _address(written)
    return written.rstrip("/")


def _accounts(written: str) -> tuple[Account, ...]:
    accounts = []
    for place, entry in enumerate(filter(None, map(str.strip, written.split(","))), start=1):
        try:
            accounts.append(Account.parse(entry))
        except ValueError:
            raise ValueError(f"entry {place} is not an account such as telegram:42 or slack:T01/U02") from None
    return tuple(accounts)


def _contact(written: str) -> str:
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", written) or re.fullmatch(r"https://[^\s/]+\S*", written):
        return written
    raise ValueError("is neither a mail address nor an https:// address")


_SlackBotToken = Annotated[SecretStr, _shaped(r"(xoxe\.)?xoxb-[\w-]+", "xoxb-…")]
_SlackAppToken = Annotated[SecretStr, _shaped(r"xapp-[\w-]+", "xapp-…")]
_TelegramToken = Annotated[SecretStr, _shaped(r"\d+:[A-Za-z0-9_-]+", "123456:ABC…")]
_WebhookSecret = Annotated[SecretStr, _shaped(r"[A-Za-z0-9_-]{1,256}", "1 to 256 of A-Z a-z 0-9 _ -")]
_SigningSecret = Annotated[SecretStr, _shaped(r"\S+", "one word")]


class Settings(BaseSettings):
    """The variables of .env.example, in lower case. `read_settings` makes one."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, frozen=True, validate_default=False, hide_input_in_errors=True
    )

    # It may hold a password.
    database_url: Annotated[SecretStr, AfterValidator(_database)] = SecretStr("sqlite:///engage.db")
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: Annotated[str, AfterValidator(_public)] = ""
    telegram_bot_token: _TelegramToken | None = None
    telegram_webhook_secret: _WebhookSecret | None = None
    # The root before `/bot<token>/…`, without a slash at its end.
    telegram_api_url: Annotated[str, AfterValidator(_root)] = "https://api.telegram.org"
    slack_bot_token: _SlackBotToken | None = None
    slack_signing_secret: _SigningSecret | None = None
    slack_app_token: _SlackAppToken | None = None
    # The Web API's root, with a slash at its end.
    slack_api_url: Annotated[str, AfterValidator(_root), AfterValidator("{}/".format)] = "https://slack.com/api/"
    secretariat: Annotated[tuple[Account, ...], BeforeValidator(_accounts)] = ()
    contact: Annotated[str, AfterValidator(_contact)] = ""
    # Whether a call for engagement goes out only when a second secretary has approved it.
    four_eyes: bool = False
    # What is sent to many: messages a second in all, and in one chat; in a group, a minute.
    telegram_rate: float = Field(default=30, gt=0, le=10_000)
    telegram_chat_rate: float = Field(default=1, gt=0, le=10_000)
    telegram_group_rate_per_minute: int = Field(default=20, ge=1, le=600_000)
    # Messages a second in one channel, and in a workspace to begin with: what it bears is learnt.
    slack_channel_rate: float = Field(default=1, gt=0, le=10_000)
    slack_workspace_rate: float = Field(default=1, gt=0, le=10_000)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`read_settings` has to see all names, also misspelt ones, so it reads the sources itself."""
        return (init_settings,)

    def given(self) -> set[str]:
        """The names of the variables that were set."""
        return {name.upper() for name in self.model_fields_set}

    def secrets(self) -> list[str]:
        """Every value that must not be shown; of the database's address, only its password."""
        values = (getattr(self, name) for name in type(self).model_fields if name != "database_url")
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        password = normalise(self.database_url.get_secret_value()).password
        return [*secrets, password] if password else secrets


KNOWN = {name.upper() for name in Settings.model_fields}

CREDENTIALS: dict[Platform, frozenset[str]] = {
    "telegram": frozenset({"TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"}),
    "slack": frozenset({"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"}),
}

NEEDS: dict[Purpose, dict[Platform, tuple[str, ...]]] = {
    "run": {"telegram": ("TELEGRAM_BOT_TOKEN",), "slack": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")},
    "web": {
        "telegram": ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "PUBLIC_URL"),
        "slack": ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"),
    },
    "worker": {"telegram": ("TELEGRAM_BOT_TOKEN",), "slack": ("SLACK_BOT_TOKEN",)},
    "migrate": {},
    "doctor": {},
}

HOW = {
    "DATABASE_URL": "sqlite:///engage.db, or postgresql://user:password@host/name as your host gives it",
    "PORT": "a number from 1 to 65535",
    "PUBLIC_URL": "the https:// address at which the world reaches `engage web`",
    "TELEGRAM_BOT_TOKEN": "ask @BotFather in Telegram: /newbot, or /token for a bot you have",
    "TELEGRAM_WEBHOOK_SECRET": "make one up, for example with: openssl rand -hex 32",
    "TELEGRAM_API_URL": "leave it out, unless you run a Bot API server of your own",
    "SLACK_BOT_TOKEN": "api.slack.com/apps, your app, OAuth & Permissions: Bot User OAuth Token (xoxb-…)",
    "SLACK_SIGNING_SECRET": "api.slack.com/apps, your app, Basic Information: Signing Secret",
    "SLACK_APP_TOKEN": "api.slack.com/apps, your app, Basic Information, App-Level Tokens: "
    "one with the scope connections:write (xapp-…)",
    "SLACK_API_URL": "leave it out, unless you run against something else than Slack",
    "SECRETARIAT": "accounts separated by commas: telegram:42,slack:T01/U02",
    "FOUR_EYES": "true or false: whether a second secretary has to approve a call for engagement",
    "CONTACT": "a mail address or an https:// page where a person answers questions about privacy",
    "TELEGRAM_RATE": "leave it out for 30 messages a second, which Telegram allows a bot",
    "TELEGRAM_CHAT_RATE": "leave it out for 1 message a second in a chat, which Telegram allows",
    "TELEGRAM_GROUP_RATE_PER_MINUTE": "leave it out for 20 messages a minute in a group, which Telegram allows",
    "SLACK_CHANNEL_RATE": "leave it out for 1 message a second in a channel, which Slack allows",
    "SLACK_WORKSPACE_RATE": "leave it out to begin with 1 message a second and to learn what the workspace bears",
}

# How alike two names are when it was a slip of the fingers, and when it is worth a hint because something
# else is wrong: other programs' variables, such as TELEGRAM_API_ID, must not keep a good bot from starting.
SLIP, HINT = 0.86, 0.75


def read_settings(purpose: Purpose, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from `environ`, else from the process's environment and, behind it, from `.env`.

    Raises Misconfigured with everything that is malformed, misspelt, or missing for `purpose`.
    """
    given = _given(environ)
    problems = lacking(purpose, given)
    try:
        ours: dict[str, Any] = {name.lower(): value for name, value in given.items() if name in KNOWN}
        settings = Settings(**ours)
    except ValidationError as error:
        problems = _malformed(error) + problems
    problems += _misspelt(given, HINT if problems else SLIP)
    if problems:
        # Without the cause: it holds the values.
        raise Misconfigured(problems) from None
    return settings


def lacking(purpose: Purpose, given: Collection[str]) -> list[Problem]:
    """What `purpose` still needs when the variables `given` are set.

    A platform with a credential is meant to work, so what it lacks is a problem; one without any is left out,
    as long as there is another.
    """
    needs = NEEDS[purpose]
    meant = [platform for platform in needs if CREDENTIALS[platform].intersection(given)]
    if needs and not meant:
        return [
            Problem(name, f"missing: no platform is set up, and {platform.capitalize()} would need it", HOW[name])
            for platform, names in needs.items()
            for name in names
        ]
    return [
        Problem(name, f"missing: {platform.capitalize()} is set up only in part", HOW[name])
        for platform in meant
        for name in needs[platform]
        if name not in given
    ]


def _given(environ: Mapping[str, str] | None) -> dict[str, str]:
    """What is set and not blank, by its name in capitals."""
    values: Mapping[str, str | None]
    if environ is not None:
        values = environ
    else:
        try:
            behind = DotEnvSettingsSource(Settings).env_vars
        except (OSError, UnicodeDecodeError):
            raise Misconfigured([Problem(".env", "cannot be read", "save it as UTF-8 text")]) from None
        values = {**behind, **EnvSettingsSource(Settings).env_vars}
    return {name.upper(): value.strip() for name, value in values.items() if value and value.strip()}


def _malformed(error: ValidationError) -> list[Problem]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = {str(each["loc"][0]).upper(): each["msg"].removeprefix("Value error, ") for each in found}
    return [Problem(name, f"malformed: {what}", HOW[name]) for name, what in named.items()]


def _misspelt(given: Collection[str], likeness: float) -> list[Problem]:
    problems = []
    for name in sorted(set(given) - KNOWN):
        if name.startswith(("TELEGRAM_", "SLACK_")):
            for meant in get_close_matches(name, sorted(KNOWN.difference(given)), n=1, cutoff=likeness):
                problems.append(Problem(name, "unknown to engage", f"perhaps {meant} is meant"))
    return problems
