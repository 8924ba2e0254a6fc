"""Slack: verify, parse, render, send."""

from bot.handlers.slack.slack import Slack

__all__ = ["Slack"]
