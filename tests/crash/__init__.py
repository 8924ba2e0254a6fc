"""The bot is killed, again and again, while people use it."""
