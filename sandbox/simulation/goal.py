"""What a simulated person wants of the bot, in terms of what they can see.

A `Visitor` pursues one goal at a time. Whatever is particular to it stands in the goal; how one reads a screen, types,
errs, goes back and comes back is the same for every goal. Another conversation needs another goal, not other people.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sandbox.simulation.character import Character
from sandbox.simulation.reading import Screen
from sandbox.simulation.words import folded
from sandbox.slack.form import Field, Modal

Standing = Literal["", "sent", "granted", "refused", "done"]
"""Where a text says that one is: not there yet; sent, and the answer is to come; answered with yes; answered with no;
done, and nothing more to come."""

How = Literal["tap", "answer", "send", "quit", "write", "command"]


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody is about to do.

    `tap`: this button, as it is. `answer`: what this button stands for, by tapping, by typing it or in the form, as the
    person likes. `send`: the button that sends everything off, after second thoughts perhaps. `quit`: this button, and
    be gone for good. `write`: these words, or in the form. `command`: this command.
    """

    how: How
    words: str


class Goal(Protocol):
    """What a `Visitor` is given. It keeps nothing of a person but what it needs; one goal may serve them all.

    The visitor gives `command` to the bot (or follows the deep link with the payload `link`, or begins with `/start`),
    then again and again reads the message that changed last, until `standing` of its text is not empty. A screen with
    anything to tap or to answer is put before `choose`, a field of an open form before `fill`; where these give None,
    the visitor's own sense decides, which knows how to agree to terms, to continue, to choose among answers and to
    invent words.
    """

    @property
    def command(self) -> str:
        """What the command menu offers, such as `/join`."""
        ...

    @property
    def link(self) -> str:
        """The payload of a deep link that leads there."""
        ...

    @property
    def acts(self) -> int:
        """More acts than anybody needs who gets somewhere."""
        ...

    def standing(self, text: str) -> Standing:
        """What a message of the bot says about it. Whoever is "sent" expects "granted" or "refused" later."""
        ...

    def choose(self, character: Character, screen: Screen) -> Move | None:
        """What this person does on this screen. None leaves it to them."""
        ...

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        """What they put into a field: words, an option's label or several; empty to leave it out. None leaves it to
        them."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """To ask for something that the secretariat decides on.

    The patterns are for folded words: `door` for the button that leads there, `commit` for the one that sends
    everything off, `reached` for the text that says it was sent, `granted` and `refused` for the answer that
    comes later.
    """

    command: str
    link: str
    door: re.Pattern[str]
    commit: re.Pattern[str]
    reached: re.Pattern[str]
    granted: re.Pattern[str]
    refused: re.Pattern[str]
    acts: int = 200

    def standing(self, text: str) -> Standing:
        if says(self.granted, text):
            return "granted"
        if says(self.refused, text):
            return "refused"
        return "sent" if says(self.reached, text) else ""

    def choose(self, character: Character, screen: Screen) -> Move | None:
        for choice in screen.choices:
            if says(self.commit, choice.label):
                return Move("send", choice.button)
        if screen.place is None and not screen.controls.keys() & {"agree", "continue"}:
            for choice in screen.choices:
                if says(self.door, choice.label):
                    return Move("tap", choice.button)
        return None

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        return None


JOIN = Request(
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
