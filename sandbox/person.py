"""The people that tests and simulations play: one vocabulary on both platforms."""

from sandbox.seeing import Seen, Unanswered
from sandbox.slack.person import Modal, SlackPerson
from sandbox.telegram.person import TelegramPerson

__all__ = ["Modal", "Seen", "SlackPerson", "TelegramPerson", "Unanswered"]
