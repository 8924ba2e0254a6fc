"""What became of an item by the protocol's rule, in plain words and in heads. Pure."""

from bot.chat.markup import Markup, join
from bot.delphi import consensus
from bot.delphi.consensus import Verdict
from bot.delphi.outcome import ItemOutcome, Rated
from bot.delphi.protocol import AgreeItem, Item, Protocol
from bot.delphi.scale import Rule, Zone
from bot.flows.studies.feedback import points_of
from bot.locales import Words


def verdict(item: Item, came: ItemOutcome, protocol: Protocol, words: Words) -> Markup:
    """`Agreed. 16 of 20 said 7 to 9; 15 were needed. It is settled and not asked again.`"""
    rated = came.rated
    decided = words(f"decision.{came.decision.why}")
    if rated is None or rated.verdict is None:
        return decided
    rule = protocol.consensus.rule
    dropped = rule is Rule.THREE_BANDS and rated.verdict is Verdict.OUT
    said_so = words("verdict.dropped" if dropped else f"verdict.{rated.verdict}")
    return join([said_so, _in_heads(item, rated, came.n, rule, words), decided], " ")


def _in_heads(item: Item, rated: Rated, n: int, rule: Rule, words: Words) -> Markup:
    """How many said so and how many it takes of these `n`; nothing where the rule looks at the middle answers."""
    if rated.needed is None:
        return ()
    needed = rated.needed
    # By the three bands an item leaves for want of agreement, by the other rules because as many are against it.
    against = rated.verdict is Verdict.OUT and rule is not Rule.THREE_BANDS
    if rated.verdict is Verdict.OUT and rule is Rule.THREE_BANDS:
        needed = consensus.at_least(n, consensus.DISCUSS_FROM)
    low, _, high = rated.in_zone
    heads, others = (low, high) if against else (high, low)
    if isinstance(item, AgreeItem):
        said = "verdict.heads_disagree" if against else "verdict.heads_agree"
        return words(said, heads=heads, n=n, needed=needed)
    zone, other = (Zone.LOW, Zone.HIGH) if against else (Zone.HIGH, Zone.LOW)
    counted = words("verdict.heads", heads=heads, n=n, points=points_of(rated.scale, zone, words), needed=needed)
    if rule is not Rule.COMET:
        return counted
    most = max(0, consensus.fewer_than(n, consensus.COMET_DISSENT))
    beside = words("verdict.heads_other", heads=others, points=points_of(rated.scale, other, words), most=most)
    return join([counted, beside], " ")
