"""What a simulated person wants of the bot, in terms of what they can see."""

import re
from dataclasses import dataclass

from sandbox.simulation.words import folded


@dataclass(frozen=True, slots=True)
class Goal:
    """How to ask for it, and how to tell that one is there.

    `command` is what the command menu offers, `link` the payload of a deep link. The others are patterns for folded
    words: `door` for the button that leads there, `commit` for the one that sends everything off, `reached` for the
    text that says it was sent, `granted` and `refused` for the answer that comes later.
    """

    name: str
    command: str
    link: str
    door: re.Pattern[str]
    commit: re.Pattern[str]
    reached: re.Pattern[str]
    granted: re.Pattern[str]
    refused: re.Pattern[str]


JOIN = Goal(
    name="join a coalition",
    command="/join",
    link="join",
    door=re.compile(r"^(join|rejoindre|unirse|start an? (alliance|partnership))\b"),
    commit=re.compile(r"^(send|envoyer|enviar)\b"),
    reached=re.compile(
        r"^your request to .* was sent$|^this request was sent already\b"
        r"|^votre demande pour .* est envoyee$|^cette demande a deja ete envoyee\b"
        r"|^su solicitud para .* se ha enviado$|^esta solicitud ya se envio\b"
    ),
    granted=re.compile(
        r"^your request .* was approved\b|^votre demande .* ete acceptee\b|^su solicitud .* sido aprobada\b"
    ),
    refused=re.compile(
        r"^your request .* was declined\b|^votre demande .* ete refusee\b|^su solicitud .* sido rechazada\b"
    ),
)


def says(pattern: re.Pattern[str], text: str) -> bool:
    """Whether one of the text's lines says it."""
    return any(pattern.search(folded(line)) for line in text.splitlines())
