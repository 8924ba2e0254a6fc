"""Telegram: verify, parse, render, send."""

from bot.handlers.telegram.platform import Telegram

__all__ = ["Telegram"]
