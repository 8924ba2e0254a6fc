"""The local Slack: the Web API, events, interactivity, slash commands, Socket Mode, and what people see."""
