"""The local Telegram: the Bot API, webhooks and long polling, and what people see."""
