"""A local Slack and a local Telegram in one process, with a movable clock. See docs/sandbox.md."""
