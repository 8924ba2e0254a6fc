"""What people are written to about without having asked. Each can be stopped; its words are `topic.<name>`."""

# Those of the secretariat are offered to nobody else.
TOPICS = ("unfinished", "reports", "studies", "rounds", "calls")
SECRETARIAT_TOPICS = ("decisions",)
