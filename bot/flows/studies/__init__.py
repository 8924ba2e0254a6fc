"""Delphi studies in chat: the panellist answers, the moderator leads."""
