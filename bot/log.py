"""Logging: one line an event, JSON unless a person watches, and never a secret or what somebody wrote.

Secrets are taken out of the finished line, so it does not matter how they came into it: as a value, in an
exception's text (an HTTP client's holds the address, and Telegram's addresses hold the token), by a library.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.clock import Clock, system_clock

REMOVED = "[removed]"

# No word boundary before a token: Telegram's stands in an address as `/bot<token>/`.
SECRETS = re.compile(
    r"""\d+(?::|%3A)[A-Za-z0-9_-]{30,}                  # Telegram: the bot's number and 35 characters
    |   (?:xox[a-z]|xapp)(?:[.-][A-Za-z0-9]+)+          # Slack: bot, user, app-level and rotating tokens
    |   (?<=ticket=)[^&\s"']+                           # Slack: what opens a Socket Mode connection
    |   (?<=://)[^/\s:@"']*:[^/\s@"']+(?=@)             # user:password in an address
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Libraries repeat what a person wrote in their errors' texts. Within JSON a line ends in \n, spelt out.
WRITTEN = re.compile(
    r"""(?<=\[parameters:[ ]).*?(?=\](?:\\n|\n|"|\Z))                              # SQLAlchemy
    |   (?<=DETAIL:[ ][ ]).*?(?=(?:\\n|\n){1,2}(?:\[SQL|The[ ]above[ ]exc)|"|\Z)  # PostgreSQL
    |   (?<=input_value=).*?(?=,[ ]input_type=)                                   # pydantic
    """,
    re.VERBOSE | re.DOTALL,
)

# Taking out every "x" because somebody's secret is "x" would leave no line readable.
SHORTEST = 6


class Redactor:
    """Takes secrets out of a text: what looks like one, and the given ones in whatever spelling."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spelt = {form for secret in secrets if len(secret) >= SHORTEST for form in _spellings(secret)}
        # The longest first, so that a secret that begins like another one leaves no rest behind.
        known = "|".join(re.escape(form) for form in sorted(spelt, key=len, reverse=True))
        self._known = re.compile(known or r"(?!)")

    def __call__(self, text: str) -> str:
        return WRITTEN.sub(REMOVED, SECRETS.sub(REMOVED, self._known.sub(REMOVED, text)))


def _spellings(secret: str) -> tuple[str, str, str]:
    """As it is, within an address, and within JSON."""
    return secret, quote(secret, safe=""), json.dumps(secret)[1:-1]


def configure(secrets: Iterable[str] = (), stream: TextIO | None = None, clock: Clock = system_clock) -> None:
    """Sets up structlog and the standard library's logging to write to `stream` (else to standard error).

    `secrets` are the values that must not appear. The bot is heard from INFO on, libraries from WARNING on.
    """
    stream = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _stamp(clock),
    ]
    handler = logging.StreamHandler(stream)
    handler.addFilter(_without_arguments)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_render(stream),
                _last(secrets),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("bot").setLevel(logging.INFO)
    # A tick that is still running when the next one comes is nothing to warn of: it takes what is due then.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    # What logging prints about a line that it could not write passes by the redaction.
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["at"] = clock().isoformat(timespec="milliseconds")
        return event

    return stamp


def _render(stream: TextIO) -> list[Processor]:
    if stream.isatty():
        # The plain form: rich's breaks long lines, and a token that is broken in two is not recognised.
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, timestamp_key="at")]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]


def _last(secrets: Iterable[str]) -> Processor:
    redact = Redactor(secrets)

    def last(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
        return redact(str(line))

    return last


def _without_arguments(record: logging.LogRecord) -> bool:
    """python-telegram-bot logs whole updates, with what people wrote: only its own words are kept."""
    if record.name.startswith("telegram"):
        record.args = None
    return True
