"""A study as its protocol fixes it: what is asked of whom, when, and when the panel counts as agreed.

The same model stands behind a definition file, the moderator's conversation, and the frozen protocol in the database;
its hash is taken over the canonical JSON, so the same protocol has the same hash wherever it was written.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, TypeAdapter

from bot.delphi.disclosure import SMALLEST_GROUP
from bot.delphi.quantile import QuantileType
from bot.delphi.ram import Disagreement, Halfway
from bot.delphi.scale import NINE_POINTS, Rule, Scale

Language = Literal["en", "fr", "es"]
Texts = dict[Language, str]
"""Words by language."""


def _scale(written: object) -> Scale:
    return written if isinstance(written, Scale) else Scale.parse(str(written))


def _share(written: object) -> Fraction:
    """A share written as `75 %`, `0.75`, `3/4` or `75%`. Raises ValueError for what is none."""
    text = str(written).strip()
    if text.endswith("%"):
        return Fraction(text[:-1].strip()) / 100
    return Fraction(text)


AGREE_POINTS = Scale(1, 5)


def _wall(at: datetime) -> datetime:
    if at.tzinfo is not None:
        raise ValueError("write it without a time zone: it is meant in the panellists' own")
    return at


WallTime = Annotated[datetime, AfterValidator(_wall)]
DeclaredScale = Annotated[Scale, PlainValidator(_scale), PlainSerializer(str)]
Share = Annotated[Fraction, PlainValidator(_share), PlainSerializer(str)]


class Part(BaseModel):
    """What all parts of a protocol have: nothing unknown is passed over, nothing changes once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ends(Part):
    """What the lowest and the highest point of a scale mean."""

    low: Texts
    high: Texts


class Option(Part):
    """One of the things to choose from or to put in order."""

    id: str
    text: Texts


class Asked(Part):
    """What all items have. `unable` offers "unable to score", `comment` a reason in one's own words."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,15}$")]
    text: Texts
    explanation: Texts = {}
    unable: bool = True
    comment: bool = True


class ScaleItem(Asked):
    """A rating; without a scale of its own it has the study's."""

    kind: Literal["scale"] = "scale"
    scale: DeclaredScale | None = None
    ends: Ends | None = None


class AgreeItem(Asked):
    """Five labelled points from strongly disagree to strongly agree; the words are ours, the numbers 1 to 5."""

    kind: Literal["agree"] = "agree"


class ChoiceItem(Asked):
    """One option, or with `most` above 1 several."""

    kind: Literal["choice"] = "choice"
    options: list[Option]
    most: int = 1


class RankingItem(Asked):
    """Options put in order, the first one first; with `most`, only so many of them."""

    kind: Literal["ranking"] = "ranking"
    options: list[Option]
    most: int | None = None


class NumberItem(Asked):
    """A number with its unit: a year, a share in per cent, an amount of money, or anything named in `unit`."""

    kind: Literal["number"] = "number"
    measure: Literal["year", "percent", "money", "number"] = "number"
    unit: Texts = {}
    currency: str = ""
    least: float | None = None
    most: float | None = None


class OpenItem(Asked):
    """Words of one's own. With `proposals` it belongs to round 0, where one may answer it as often as one likes and
    answers can become items; else to the rounds of ratings, like any other item."""

    kind: Literal["open"] = "open"
    proposals: bool = False


Item = Annotated[ScaleItem | AgreeItem | ChoiceItem | RankingItem | NumberItem | OpenItem, Field(discriminator="kind")]
_item: TypeAdapter[Item] = TypeAdapter(Item)


def read_item(stored: object) -> Item:
    """An item as it is in the database. Raises pydantic's ValidationError."""
    return _item.validate_python(stored)


def stored_item(item: Item) -> dict[str, Any]:
    """An item as the database keeps it."""
    return item.model_dump(mode="json")


def in_language(texts: Mapping[Any, str], language: str) -> str:
    """Words in this language; in English where they are missing, else in the first language that has them; or empty."""
    return texts.get(language) or texts.get("en") or next(filter(None, texts.values()), "")


class Group(Part):
    """A stakeholder group of the panel."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,23}$")]
    name: Texts


class Seat(Part):
    """Somebody who is to be invited, by account (`telegram:42`, `slack:T01/U02`)."""

    account: str
    group: str = ""


class Round(Part):
    """When a round is open, in wall time: it opens at `opens` in each panellist's zone and closes for all when
    `closes` is over in the last one's. `kind` is `proposals` for round 0."""

    opens: WallTime
    closes: WallTime
    kind: Literal["proposals", "ratings"] = "ratings"


class Consensus(Part):
    """The rule that decides; `threshold` belongs to the agreement share and to the four cells, `disagreement` and
    `halfway` to RAM."""

    rule: Rule = Rule.AGREEMENT_SHARE
    threshold: Share = Fraction(3, 4)
    disagreement: Disagreement = Disagreement.IPRAS
    halfway: Halfway = Halfway.UNCERTAIN


class Retire(StrEnum):
    """Why an item does not come back in the next round."""

    AGREED_IN = "agreed_in"
    AGREED_OUT = "agreed_out"
    STABLE_DISSENT = "stable_dissent"


class Stopping(Part):
    """How many rounds of ratings at least and at most, what leaves a round, and below which net change an item counts
    as stable. Agreement that is not stable comes back for one more round unless `close_unstable`."""

    least_rounds: int = 2
    most_rounds: int = 3
    retire: list[Retire] = [Retire.AGREED_IN, Retire.AGREED_OUT, Retire.STABLE_DISSENT]
    net_change: Share = Fraction(15, 100)
    close_unstable: bool = False


class Feedback(Part):
    """What panellists see of a closed round besides its numbers."""

    groups: bool = True
    reasons: bool = True
    picture: bool = True


class Protocol(Part):
    """A study. `panel` may be empty when people join by its link, choosing their group themselves (`open_panel`)."""

    study: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,19}$")]
    title: Texts
    introduction: Texts
    languages: list[Language] = ["en", "fr", "es"]
    moderators: list[str] = []
    items: list[Item]
    scale: DeclaredScale = NINE_POINTS
    ends: Ends | None = None
    groups: list[Group] = []
    panel: list[Seat] = []
    open_panel: bool = False
    rounds: list[Round]
    consensus: Consensus = Consensus()
    stopping: Stopping = Stopping()
    quantiles: QuantileType = QuantileType.R
    missing: Literal["listwise", "available"] = "listwise"
    feedback: Feedback = Feedback()
    smallest_group: Annotated[int, Field(ge=2)] = SMALLEST_GROUP
    invite_silent: bool = True
    reminders: bool = True

    def scale_of(self, item: Item) -> Scale | None:
        """The scale that an item is rated on; None for kinds that have none."""
        if isinstance(item, ScaleItem):
            return item.scale or self.scale
        return AGREE_POINTS if isinstance(item, AgreeItem) else None

    def ends_of(self, item: Item) -> Ends | None:
        """What the ends of an item's scale mean, where the protocol says."""
        return (item.ends or self.ends) if isinstance(item, ScaleItem) else None

    def numbered(self) -> list[tuple[int, Round]]:
        """The rounds with their numbers: 0 is that of proposals, those of ratings count from 1."""
        first = 0 if self.rounds and self.rounds[0].kind == "proposals" else 1
        return list(enumerate(self.rounds, first))

    def canonical(self) -> bytes:
        """Its JSON with sorted keys: the same protocol has the same bytes. Without people: who is on the panel is no
        part of the method, and not to be found in what is published."""
        return orjson.dumps(self.model_dump(mode="json", exclude={"panel", "moderators"}), option=orjson.OPT_SORT_KEYS)

    def hash(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()
