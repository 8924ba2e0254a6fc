"""The people that tests and simulations play: one vocabulary on both platforms."""

from sandbox.seeing import Seen, Unanswered
from sandbox.slack.form import Field, Modal
from sandbox.slack.person import SlackPerson
from sandbox.telegram.person import TelegramPerson

__all__ = ["Field", "Modal", "Seen", "SlackPerson", "TelegramPerson", "Unanswered"]
