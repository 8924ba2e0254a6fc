"""What came of a round, as it is kept with the round when it closes: plain values that JSON can hold.

Whatever may give a single answer away is not in it: a group result that is not `shown` has no numbers.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.delphi.consensus import Verdict
from bot.delphi.polarization import Flag
from bot.delphi.protocol import DeclaredScale, Share
from bot.delphi.stability import Cell

Kind = Literal["scale", "agree", "choice", "ranking", "number", "open"]


class Part(BaseModel):
    """What all parts of an outcome have: nothing changes once made; an unknown part is of a later version."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Why(StrEnum):
    """Why an item leaves the study or comes back in the next round."""

    AGREED_IN = "agreed_in"
    AGREED_OUT = "agreed_out"
    STABLE_DISSENT = "stable_dissent"
    ASKED_ONCE = "asked_once"
    """An open question is not asked again."""

    AGREED_UNSTABLE = "agreed_unstable"
    DISSENT_UNSTABLE = "dissent_unstable"
    NOT_COMPARED = "not_compared"
    """Agreed or not, there is no round before to tell whether it is stable."""
    TOO_EARLY = "too_early"
    """The study has not had its least number of rounds."""
    KEPT = "kept"
    """It might leave, but the protocol retires no items for this."""
    NO_RULE = "no_rule"
    """The rule says nothing of this kind of item or of this scale, or nobody rated it."""


class Decision(Part):
    """What the protocol makes of an item: it stays for the next round, or retires."""

    stays: bool
    why: Why


class RamFigures(Part):
    """Percentiles and ranges of the RAND/UCLA method, in points of the scale."""

    p30: float
    p70: float
    ipr: float
    ipras: float
    disagreement_index: float
    disagrees: bool


class Stability(Part):
    """Change since the round before, among the `n` who rated this version in both rounds.

    `net_change` is a share of n. `p` values are two-sided, None where fewer than 6 changed; the adjusted ones are
    Holm's over the items of the round.
    """

    n: int
    changed: int
    up: int
    down: int
    net_change: Share
    stable: bool
    cell: Cell
    cv_change: float | None
    wilcoxon_t_plus: float
    wilcoxon_t_minus: float
    wilcoxon_method: str
    wilcoxon_p: float | None
    wilcoxon_adjusted: float | None
    mcnemar_left: int
    mcnemar_came: int
    mcnemar_mid_p: float | None
    mcnemar_adjusted: float | None
    spearman: float | None


class GroupResult(Part):
    """How a group answered. Not `shown`: n is None and there is no number, since it would give an answer away.

    Ratings have `heads`, `in_zone`, quartiles and the verdict; choices `counts`; numbers quartiles. `group` is "" for
    those in none.
    """

    group: str
    shown: bool
    n: int | None = None
    heads: tuple[int, ...] = ()
    in_zone: tuple[int, ...] = ()
    mean: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    verdict: Verdict | None = None
    counts: dict[str, int] = {}


class Rated(Part):
    """Ratings on a scale. `heads`: on each point, lowest first; `in_zone`: in the low, middle and high zone.

    `agreement` is the exact share in the high zone; `needed`, where the protocol's rule asks for a share, how many of
    these n it takes. `rules` has the verdict of every rule in the rule's own words, None where it cannot be used.
    """

    scale: DeclaredScale
    heads: tuple[int, ...]
    in_zone: tuple[int, int, int]
    mean: float | None
    sd: float | None
    cv: float | None
    q1: float | None
    median: float | None
    q3: float | None
    iqr: float | None
    madm: float | None
    agreement: Share | None
    needed: int | None
    verdict: Verdict | None
    rules: dict[str, str | None]
    depends_on_rule: bool
    ram: RamFigures | None
    van_der_eijk_a: float | None
    polarization: float | None
    tastle_wierman: float | None
    leik_d: float | None
    flags: tuple[Flag, ...]


class Chosen(Part):
    """How many chose each option; with several choices the counts come to more than n."""

    counts: dict[str, int]


class Concordance(Part):
    """Kendall's W over `raters` complete rankings of `items`."""

    w: float
    chi2: float
    df: int
    p: float
    method: str
    raters: int
    items: int


class Ranked(Part):
    """Options by mean rank, the foremost first; those left out by a panellist share the ranks that are left."""

    order: tuple[str, ...]
    mean_ranks: dict[str, float]
    firsts: dict[str, int]
    kendall_w: Concordance | None


class Measured(Part):
    """Numbers in the unit of the item; `bins` are even intervals from the first of `edges` to its last."""

    mean: float | None
    sd: float | None
    q1: float | None
    median: float | None
    q3: float | None
    edges: tuple[float, ...]
    bins: tuple[int, ...]


class ItemOutcome(Part):
    """One version of an item. `n` answered it; "unable to score" and missing are outside n.

    One of `rated`, `chosen`, `ranked`, `measured` is there, by kind; an open question has none. `stability` is there
    where the same version was rated in the round before.
    """

    code: str
    version: int
    kind: Kind
    n: int
    unable: int
    missing: int
    rated: Rated | None = None
    chosen: Chosen | None = None
    ranked: Ranked | None = None
    measured: Measured | None = None
    stability: Stability | None = None
    groups: tuple[GroupResult, ...] = ()
    decision: Decision


class Response(Part):
    """Who answered; the base of `rate` (answered anything) and `completion` (answered all) is everyone invited.

    `everything` + `part` + `silent` + `withdrawn` + `declined` = `invited`. Whoever answered and withdrew afterwards is
    counted with those who answered, as their answers are; `silent` includes those who did not answer the invitation.
    """

    invited: int
    everything: int
    part: int
    silent: int
    withdrawn: int
    declined: int
    rate: Share | None
    completion: Share | None


class GroupResponse(Part):
    """The response of a group; None where the group is smaller than what may be shown."""

    group: str
    response: Response | None


class Leavers(Part):
    """Who answered the round before and not this one; `minority_view_on`: where most of them stood apart."""

    left: int
    minority_view_on: tuple[str, ...]


class Agreement(Part):
    """Agreement over all items of one scale."""

    scale: DeclaredScale
    items: int
    kendall_w: Concordance | None
    alpha: dict[str, float | None]
    gwet_ac1: float | None
    gwet_ac2: float | None
    fleiss_kappa: float | None


class Outcome(Part):
    """A closed round. `compared_with` is the number of the round that stability refers to."""

    version: Literal[1] = 1
    round: Annotated[int, Field(ge=0)]
    items: tuple[ItemOutcome, ...]
    agreement: tuple[Agreement, ...]
    response: Response
    groups: tuple[GroupResponse, ...] = ()
    leavers: Leavers | None = None
    compared_with: int | None = None

    def item(self, code: str) -> ItemOutcome | None:
        """The item with this code, or None where it was not asked."""
        return next((item for item in self.items if item.code == code), None)
