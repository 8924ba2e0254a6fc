"""Computes every number of this report again, from the answers beside it, and compares them to the last digit.

    python recompute.py [FOLDER]

It needs Python 3.11 or newer and nothing else; numpy only where a permutation test drew at random. It shares no code
with the program that wrote the report, and is one file so that it can go with it. Exit code 0: all numbers agree; 1:
some do not; 2: a file is missing.
"""

import csv
import hashlib
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction as F
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
Key = tuple[str, int]
Metric = Callable[[int, int], F]
Number = int | float | F
Place = tuple[int, str, str, str]
Points = Sequence[int]
Scale = tuple[int, int]

UNABLE = "U"
SEED = 1
HALF, ENDS = F(1, 2), F(15, 100)
IN_WORDS = {
    "keep": "in", "discuss": "none", "drop": "out",
    "appropriate": "in", "uncertain": "none", "inappropriate": "out",
}  # fmt: skip


# Reading ------------------------------------------------------------------------------------------------------------


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Study:
    """The files of a report. `answers[round][item, version][panellist]` is what was answered, as it is written."""

    def __init__(self, folder: Path) -> None:
        self.protocol = json.loads((folder / "protocol.json").read_bytes())
        self.rounds = {each["round"]: each for each in json.loads((folder / "rounds.json").read_bytes())}
        self.panel = defaultdict(list)
        for row in rows(folder, "panel.csv"):
            self.panel[int(row["round"])].append((row["panellist"], row["group"], row["withdrew"] == "1"))
        self.answers: dict[int, dict[Key, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        for row in rows(folder, "data.csv"):
            self.answers[int(row["round"])][row["item"], int(row["version"])][row["panellist"]] = row["answer"]
        self.published = {
            (int(row["round"]), row["item"], row["version"], row["group"], row["figure"]): row["value"]
            for row in rows(folder, "numbers.csv")
        }

    def scale(self, item: Figures) -> Scale | None:
        if item["kind"] == "agree":
            return 1, 5
        if item["kind"] != "scale":
            return None
        low, high = (item.get("scale") or self.protocol["scale"]).split("-")
        return int(low), int(high)

    def ratings(self, number: int, key: Key) -> dict[str, int]:
        """The points that were given to an item, by panellist."""
        return {who: int(said) for who, said in self.answers[number][key].items() if said != UNABLE}


# Describing one item ------------------------------------------------------------------------------------------------


def quantile(values: Sequence[Number], p: F, kind: int) -> F:
    """Hyndman and Fan's types 7, 6 and 2."""
    ordered = [F(value) for value in sorted(values)]
    n = len(ordered)
    if kind == 2:
        place = n * p
        if place == int(place) and 0 < place < n:
            return (ordered[int(place) - 1] + ordered[int(place)]) / 2
        return ordered[min(int(place), n - 1)]
    place = (n - 1) * p if kind == 7 else (n + 1) * p - 1
    place = max(F(0), min(place, F(n - 1)))
    at = math.floor(place)
    if place == at:
        return ordered[at]
    return ordered[at] + (place - at) * (ordered[at + 1] - ordered[at])


def mean(values: Sequence[Number]) -> F:
    return sum((F(value) for value in values), F(0)) / len(values)


def sd(values: Sequence[Number]) -> float | None:
    if len(values) < 2:
        return None
    centre = mean(values)
    return math.sqrt(sum((F(value) - centre) ** 2 for value in values) / (len(values) - 1))


def cv(values: Sequence[Number]) -> float | None:
    spread = sd(values)
    return None if spread is None or not mean(values) else spread / float(mean(values))


def zones(scale: Scale) -> tuple[range, range, range]:
    """The points of the low, the middle and the high zone; the outer ones have a third each, rounded."""
    low, high = scale
    points = high - low + 1
    outer = math.floor(F(points, 3) + HALF)
    return range(low, low + outer), range(low + outer, high + 1 - outer), range(high + 1 - outer, high + 1)


def share(values: Points, zone: range) -> F:
    return F(sum(value in zone for value in values), len(values))


def agreement(values: Points, scale: Scale, threshold: F) -> str:
    low, _, high = zones(scale)
    return "in" if share(values, high) >= threshold else "out" if share(values, low) >= threshold else "none"


def comet(values: Points, scale: Scale) -> str | None:
    if scale != (1, 9):
        return None
    low, _, high = (share(values, zone) for zone in zones(scale))
    if high >= F(7, 10) and low < ENDS:
        return "in"
    return "out" if low >= F(7, 10) and high < ENDS else "none"


def bands(values: Points, scale: Scale) -> str:
    high = share(values, zones(scale)[2])
    return "keep" if high >= F(8, 10) else "discuss" if high >= HALF else "drop"


def median_iqr(values: Points, scale: Scale, kind: int) -> str | None:
    limit = {5: 1, 9: 2}.get(scale[1] - scale[0] + 1)
    if limit is None:
        return None
    if quantile(values, F(3, 4), kind) - quantile(values, F(1, 4), kind) > limit:
        return "none"
    middle = quantile(values, HALF, 7)
    return "in" if middle >= zones(scale)[2][0] else "out" if middle <= zones(scale)[0][-1] else "none"


def ram(values: Points, scale: Scale, kind: int, definition: str, halfway: str) -> tuple[Figures | None, str | None]:
    """The figures of the RAND/UCLA method and its verdict by one definition of disagreement."""
    if scale != (1, 9) or len(values) < 2:
        return None, None
    p30, p70 = quantile(values, F(3, 10), kind), quantile(values, F(7, 10), kind)
    ipras = F(235, 100) + F(3, 2) * abs(5 - (p30 + p70) / 2)
    fewest = min(sum(value <= 3 for value in values), sum(value >= 7 for value in values))
    disagrees = p70 - p30 > ipras if definition == "ipras" else fewest >= (len(values) + 1) // 3
    figures = {"p30": p30, "p70": p70, "ipr": p70 - p30, "ipras": ipras, "disagreement_index": (p70 - p30) / ipras}
    middle = quantile(values, HALF, 7)
    verdict = "uncertain"
    if not disagrees and middle >= (F(13, 2) if halfway == "up" else 7):
        verdict = "appropriate"
    if not disagrees and middle <= 3:
        verdict = "inappropriate"
    return {**{name: float(figure) for name, figure in figures.items()}, "disagrees": disagrees}, verdict


def van_der_eijk(heads: Points) -> F | None:
    """Peel even layers off the histogram; each counts by how one-peaked its pattern of used points is."""
    if len(heads) < 3:
        return None
    total, rest, found = sum(heads), list(heads), F(0)
    while any(rest):
        height = min(count for count in rest if count)
        used = [count > 0 for count in rest]
        found += F(height * sum(used), total) * layer(used)
        rest = [max(count - height, 0) for count in rest]
    return found


def layer(used: Sequence[bool]) -> F:
    points, chosen = len(used), sum(used)
    if chosen in (1, points):
        return F(int(chosen == 1))
    patterns = Counter(combinations(used, 3))
    one = patterns[True, True, False] + patterns[False, True, True]
    two = patterns[True, False, True]
    peaked = F((points - 2) * one - (points - 1) * two, (points - 2) * (one + two))
    return peaked * (1 - F(chosen - 1, points - 1))


def tastle_wierman(values: Points, scale: Scale) -> float:
    centre, width = mean(values), scale[1] - scale[0]
    return 1 + math.fsum(
        count / len(values) * math.log2(1 - abs(value - centre) / width) for value, count in Counter(values).items()
    )


def leik(heads: Points) -> F:
    up_to = [F(sum(heads[: place + 1]), sum(heads)) for place in range(len(heads))]
    return 2 * sum((min(part, 1 - part) for part in up_to), F(0)) / (len(heads) - 1)


def verdict_of(values: Points, scale: Scale, protocol: Figures) -> str | None:
    """What the protocol's rule says, in three words."""
    rule, kind = protocol["consensus"], protocol["quantiles"]
    if rule["rule"] == "agreement_share":
        threshold = F(rule["threshold"])
        return agreement(values, scale, threshold) if HALF < threshold <= 1 else None
    said: str | None
    if rule["rule"] == "comet":
        said = comet(values, scale)
    elif rule["rule"] == "three_bands":
        said = bands(values, scale)
    elif rule["rule"] == "median_iqr":
        said = median_iqr(values, scale, kind)
    else:
        said = ram(values, scale, kind, rule["disagreement"], rule["halfway"])[1]
    return None if said is None else IN_WORDS.get(said, said)


def rated(values: Points, scale: Scale, protocol: Figures, groups: Sequence[Points]) -> Figures:
    """Everything that the report says of one item's ratings."""
    heads = [values.count(point) for point in range(scale[0], scale[1] + 1)]
    low, middle, high = (sum(value in zone for value in values) for zone in zones(scale))
    found = {"scale": f"{scale[0]}-{scale[1]}", "heads": heads, "in_zone": [low, middle, high]}
    rule, kind = protocol["consensus"], protocol["quantiles"]
    needed = {"agreement_share": F(rule["threshold"]), "comet": F(7, 10), "three_bands": F(8, 10)}.get(rule["rule"])
    if not values:
        return {**found, "depends_on_rule": False}
    q1, centre, q3 = (quantile(values, F(place, 4), kind) for place in (1, 2, 3))
    figures, _ = ram(values, scale, kind, rule["disagreement"], rule["halfway"])
    rules: dict[str, str | None] = {
        f"agreement_{percent}": agreement(values, scale, F(percent, 100)) for percent in (70, 75, 80)
    }
    rules["comet"], rules["three_bands"] = comet(values, scale), bands(values, scale)
    rules["median_iqr"] = median_iqr(values, scale, kind)
    for definition in ("ipras", "classical"):
        rules[f"ram_{definition}"] = ram(values, scale, kind, definition, rule["halfway"])[1]
    peaked = van_der_eijk(heads)
    sides = {side(group, scale) for group in groups if group}
    flags = {
        "polarised_thirds": min(low, high) >= ENDS * len(values),
        "polarised_ram": figures is not None and figures["disagrees"],
        "polarised_a": peaked is not None and peaked < 0,
        "groups_opposed": {"low", "high"} <= sides,
    }
    return {
        **found,
        "mean": float(mean(values)), "sd": sd(values), "cv": cv(values), "q1": float(q1), "median": float(centre),
        "q3": float(q3), "iqr": float(q3 - q1), "madm": float(mean([abs(F(value) - centre) for value in values])),
        "agreement": F(high, len(values)), "needed": None if needed is None else math.ceil(needed * len(values)),
        "verdict": verdict_of(values, scale, protocol), "rules": rules,
        "depends_on_rule": len({IN_WORDS.get(said, said) for said in rules.values() if said}) > 1,
        "ram": figures, "van_der_eijk_a": None if peaked is None else float(peaked),
        "polarization": None if peaked is None else float((1 - peaked) / 2),
        "tastle_wierman": tastle_wierman(values, scale), "leik_d": float(leik(heads)),
        "flags": ";".join(name for name, raised in flags.items() if raised) or None,
    }  # fmt: skip


def side(values: Points, scale: Scale) -> str:
    middle = quantile(values, HALF, 7)
    return "high" if middle >= zones(scale)[2][0] else "low" if middle <= zones(scale)[0][-1] else "mid"


# Two rounds ---------------------------------------------------------------------------------------------------------


def midranks(values: Sequence[Any]) -> list[int]:
    """Ranks from 1, doubled so that they are whole; equal values share the mean of theirs."""
    below = Counter(values)
    first, ranks = 0, {}
    for value in sorted(below):
        ranks[value] = 2 * first + below[value] + 1
        first += below[value]
    return [ranks[value] for value in values]


def wilcoxon(moves: Points) -> tuple[float, float, float | None, str]:
    """Rank sums of rises and falls, and the two-sided p with the method: exact up to 25 changes, then normal."""
    changed = [move for move in moves if move]
    ranks = midranks([abs(move) for move in changed])
    up = sum(rank for rank, move in zip(ranks, changed, strict=True) if move > 0)
    total, n = sum(ranks), len(changed)
    if n < 6:
        p, method = None, "none"
    elif n <= 25:
        ways = Counter({0: 1})
        for rank in ranks:
            ways += Counter({reached + rank: count for reached, count in ways.items()})
        far = abs(2 * up - total)
        p, method = sum(count for reached, count in ways.items() if abs(2 * reached - total) >= far) / 2**n, "exact"
    else:
        ties = sum(count**3 - count for count in Counter(ranks).values())
        deviation = math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24)
        z = (min(up, total - up) / 2 - n * (n + 1) / 4) / deviation
        p, method = math.erfc(abs(z) / math.sqrt(2)), "normal"
    return up / 2, (total - up) / 2, p, method


def mid_p(left: int, came: int) -> float:
    """McNemar's test without continuity: the exact two-sided p less the outcome's own, half of it where it is even."""
    n = left + came
    outcome = F(math.comb(n, left), 2**n)
    tail = sum(F(math.comb(n, k), 2**n) for k in range(min(left, came) + 1))
    return float(min(F(1), 2 * tail) - (outcome / 2 if left == came else outcome))


def spearman(before: Points, after: Points) -> float | None:
    if len(before) < 3 or len(set(before)) == 1 or len(set(after)) == 1:
        return None
    n, x, y = len(before), midranks(before), midranks(after)
    product = n * sum(a * b for a, b in zip(x, y, strict=True)) - sum(x) * sum(y)
    spreads = [n * sum(a * a for a in ranks) - sum(ranks) ** 2 for ranks in (x, y)]
    return product / math.sqrt(spreads[0] * spreads[1])


def stability(study: Study, number: int, since: int, key: Key, scale: Scale, verdict: str | None) -> Figures | None:
    """What changed on one item among those who rated it in both rounds; without the adjusted p-values."""
    asked_then = {(each["code"], each["version"]): each["item"] for each in study.rounds[since]["items"]}
    if key not in asked_then or study.scale(asked_then[key]) != scale:
        return None
    then, now = study.ratings(since, key), study.ratings(number, key)
    here = {who for who, _, _ in study.panel[number]} & {who for who, _, _ in study.panel[since]}
    both = sorted(who for who in here if who in then and who in now)
    if not both:
        return None
    before, after = [then[who] for who in both], [now[who] for who in both]
    counts = Counter(after)
    counts.subtract(Counter(before))
    net = F(sum(map(abs, counts.values())), 2 * len(both))
    stable, agreed = net < F(study.protocol["stopping"]["net_change"]), verdict in ("in", "out")
    up, down, p, method = wilcoxon([new - old for new, old in zip(after, before, strict=True)])
    changed = sum(new != old for new, old in zip(after, before, strict=True))
    high = zones(scale)[2]
    left = sum(old in high and new not in high for old, new in zip(before, after, strict=True))
    came = sum(old not in high and new in high for old, new in zip(before, after, strict=True))
    spread, earlier = cv(after), cv(before)
    return {
        "n": len(both), "changed": changed, "up": sum(new > old for new, old in zip(after, before, strict=True)),
        "down": sum(new < old for new, old in zip(after, before, strict=True)), "net_change": net, "stable": stable,
        "cell": ("agreed" if agreed else "dissent") + ("_stable" if stable else "_unstable"),
        "cv_change": None if spread is None or earlier is None else spread - earlier,
        "wilcoxon_t_plus": up, "wilcoxon_t_minus": down,
        "wilcoxon_method": method, "wilcoxon_p": p, "mcnemar_left": left, "mcnemar_came": came,
        "mcnemar_mid_p": mid_p(left, came) if changed >= 6 and left + came else None,
        "spearman": spearman(before, after),
    }  # fmt: skip


def adjust(changes: Sequence[Figures], name: str, adjusted: str) -> None:
    """Holm's p-values over all items of a round that were tested."""
    tested = sorted((change for change in changes if change[name] is not None), key=lambda change: change[name])
    highest = 0.0
    for place, change in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - place) * change[name]))
        change[adjusted] = highest


# The whole panel ----------------------------------------------------------------------------------------------------


def kendall(table: Sequence[Sequence[Any]], method: str) -> Figures | None:
    """W of rows of values, corrected for ties, with p by the method that the report used."""
    if len(table) < 2 or len(table[0]) < 2:
        return None
    m, n = len(table), len(table[0])
    ranks = [[rank - (n + 1) for rank in midranks(row)] for row in table]
    squares = sum(sum(column) ** 2 for column in zip(*ranks, strict=True))
    ties = sum(count**3 - count for row in table for count in Counter(row).values())
    most = 4 * (m * m * (n**3 - n) - m * ties)
    if not most:
        return None
    w = 12 * squares / most
    chi2 = m * (n - 1) * w
    informative = [row for row in ranks if any(row)]
    if n > 7:
        p, method = chi2_tail(chi2, n - 1), "chi-squared"
    elif method == "exact permutation":
        p = exact_permutations(informative, squares)
    else:
        draws = int(method.split()[1].replace(",", ""))
        p = (1 + drawn_permutations(informative, squares, draws)) / (1 + draws)
    return {"w": w, "chi2": chi2, "df": n - 1, "p": p, "method": method, "raters": m, "items": n}


def exact_permutations(ranks: Sequence[Points], observed: int) -> float:
    sums = {tuple(sorted(ranks[0])): 1.0}
    for row in ranks[1:]:
        orders = set(permutations(row))
        reached: dict[tuple[int, ...], float] = defaultdict(float)
        for before, weight in sums.items():
            for order in orders:
                reached[tuple(sorted(a + b for a, b in zip(before, order, strict=True)))] += weight / len(orders)
        sums = reached
    return min(1.0, math.fsum(weight for reached, weight in sums.items() if sum(a * a for a in reached) >= observed))


def drawn_permutations(ranks: Sequence[Points], observed: int, draws: int) -> int:
    """As documented: one draw for each panellist, those with the same ranks together, in ascending order."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    sums = np.zeros((draws, len(ranks[0])), dtype=np.int64)
    for pattern, people in sorted(Counter(tuple(sorted(row)) for row in ranks).items()):
        orders = np.array(sorted(set(permutations(pattern))), dtype=np.int64)
        for _ in range(people):
            sums += orders[rng.integers(len(orders), size=draws)]
    return int(((sums**2).sum(axis=1) >= observed).sum())


def chi2_tail(x: float, df: int) -> float:
    """The upper tail of chi-squared: the regularised incomplete gamma function, by series or continued fraction."""
    a, x = df / 2, x / 2
    if not x:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        while abs(term) > abs(total) * 1e-17:
            a += 1
            term *= x / a
            total += term
        return 1 - front * total
    b, c = x + 1 - a, 1e300
    d = h = 1 / b
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        h *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return front * h


def coefficients(tables: Sequence[Points], scale: Scale) -> Figures:
    """Krippendorff's alpha, Gwet's AC1 and AC2 and Fleiss' kappa of histograms, one per item."""
    found: Figures = {"alpha": dict.fromkeys(("nominal", "ordinal", "interval", "ratio"))}
    paired = [heads for heads in tables if sum(heads) >= 2]
    if not paired:
        return found
    points, values = range(scale[1] - scale[0] + 1), range(scale[0], scale[1] + 1)
    totals = [sum(column) for column in zip(*paired, strict=True)]
    if sum(map(bool, totals)) > 1:
        half = [sum(totals[:point]) + F(totals[point], 2) for point in points]
        metrics: dict[str, Metric] = {
            "nominal": lambda a, b: F(a != b),
            "ordinal": lambda a, b: (half[a] - half[b]) ** 2,
            "interval": lambda a, b: F(a - b) ** 2,
            "ratio": lambda a, b: F(a - b, values[a] + values[b] or 1) ** 2,
        }
        for name, metric in metrics.items():
            far = {(a, b): metric(a, b) for a in points for b in points}
            seen = sum(
                F(heads[a] * (heads[b] - (a == b)), sum(heads) - 1) * far[a, b]
                for heads in paired for a in points for b in points
            )  # fmt: skip
            expected = sum(totals[a] * totals[b] * far[a, b] for a in points for b in points) / F(sum(totals) - 1)
            found["alpha"][name] = float(1 - seen / expected)
    counted = [heads for heads in tables if sum(heads)]
    parts = [sum(F(heads[point], sum(heads)) for heads in counted) / len(counted) for point in points]
    widest = len(points) - 1
    same: Metric = lambda a, b: F(a == b)  # noqa: E731  # as the other weights
    near: Metric = lambda a, b: 1 - F(a - b, widest) ** 2  # noqa: E731
    for name, weight in (("gwet_ac1", same), ("gwet_ac2", near)):
        all_weights = sum((weight(a, b) for a in points for b in points), F(0))
        chance = all_weights / (len(points) * widest) * sum((part * (1 - part) for part in parts), F(0))
        found[name] = float((observed(paired, points, weight) - chance) / (1 - chance))
    if sum(any(column) for column in zip(*tables, strict=True)) > 1:
        chance = sum((part**2 for part in parts), F(0))
        found["fleiss_kappa"] = float((observed(paired, points, same) - chance) / (1 - chance))
    return found


def observed(paired: Sequence[Points], points: range, weight: Metric) -> F:
    agreed = F(0)
    for heads in paired:
        n = sum(heads)
        agreed += sum(heads[a] * (sum(weight(a, b) * heads[b] for b in points) - 1) for a in points) / F(n * (n - 1))
    return agreed / len(paired)


# A round ------------------------------------------------------------------------------------------------------------


def shown(sizes: Mapping[str, int], smallest: int) -> set[str]:
    """Which groups may be shown: none that is too small, and none that would give the hidden ones away."""
    visible = {name for name, size in sizes.items() if size >= smallest}
    while 0 < sum(size for name, size in sizes.items() if name not in visible) < smallest and visible:
        visible.remove(min((name for name in sizes if name in visible), key=lambda name: sizes[name]))
    return visible


def groups_of(study: Study, number: int) -> list[str]:
    there = {group for _, group, _ in study.panel[number]}
    named = [group["id"] for group in study.protocol["groups"] if group["id"] in there]
    names = named + sorted(there - set(named) - {""}) + ([""] if "" in there else [])
    return names if len(names) > 1 else []


def response(study: Study, number: int, group: str | None = None) -> Figures:
    """Who answered: of the whole panel, or of a group."""
    each = study.rounds[number]
    keys = [(item["code"], item["version"]) for item in each["items"]]
    counted: Counter[str] = Counter()
    for who, own, withdrew in study.panel[number]:
        if group is None or own == group:
            given = sum(who in study.answers[number][key] for key in keys)
            done = "everything" if given and given == len(keys) else "part" if given else ""
            counted[done or ("withdrawn" if withdrew else "silent")] += 1
    waiting, declined = (
        sum(count for name, count in each[kind].items() if group is None or name == group)
        for kind in ("waiting", "declined")
    )
    counted["silent"] += waiting
    invited = sum(counted.values()) + declined
    some = counted["everything"] + counted["part"]
    return {
        "invited": invited, **{name: counted[name] for name in ("everything", "part", "silent", "withdrawn")},
        "declined": declined, "rate": F(some, invited) if invited else None,
        "completion": F(counted["everything"], invited) if invited else None,
    }  # fmt: skip


def leavers(study: Study, number: int, since: int) -> Figures:
    def answered(in_round: int) -> set[str]:
        keys = [(item["code"], item["version"]) for item in study.rounds[in_round]["items"]]
        return {who for who, _, _ in study.panel[in_round] if any(who in study.answers[in_round][k] for k in keys)}

    left = answered(since) - answered(number)
    apart = []
    told = study.rounds[since]["items"] if len(left) >= study.protocol["smallest_group"] else []
    for item in told:
        if scale := study.scale(item["item"]):
            then = study.ratings(since, (item["code"], item["version"]))
            for zone in zones(scale):
                if 2 * sum(point in zone for point in then.values()) > len(then):
                    theirs = [point for who, point in then.items() if who in left]
                    if 2 * sum(point in zone for point in theirs) < len(theirs):
                        apart.append(item["code"])
    return {"left": len(left), "minority_view_on": ";".join(apart) or None}


def decision(kind: str, verdict: str | None, change: Figures | None, stopping: Figures, number: int) -> Figures:
    if kind == "open":
        return {"stays": False, "why": "asked_once"}
    if verdict is None:
        return {"stays": True, "why": "no_rule"}
    agreed = verdict != "none"
    if not ((change and change["stable"]) or (agreed and stopping["close_unstable"])):
        why = ("agreed" if agreed else "dissent") + "_unstable" if change else "not_compared"
        return {"stays": True, "why": why}
    if number < stopping["least_rounds"]:
        return {"stays": True, "why": "too_early"}
    why = {"in": "agreed_in", "out": "agreed_out", "none": "stable_dissent"}[verdict]
    return {"stays": False, "why": why} if why in stopping["retire"] else {"stays": True, "why": "kept"}


def of_kind(item: Figures, answers: Sequence[str], protocol: Figures, method: str) -> Figures:
    """Items that are no ratings: options, orders, numbers."""
    kind = protocol["quantiles"]
    if item["kind"] == "choice":
        counted = Counter(option for answer in answers for option in answer.split(";"))
        return {"chosen": {"counts": {option["id"]: counted[option["id"]] for option in item["options"]}}}
    if item["kind"] == "ranking":
        options = [option["id"] for option in item["options"]]
        orders = [answer.split(";") for answer in answers]
        firsts = Counter(order[0] for order in orders)
        found: Figures = {"firsts": {option: firsts[option] for option in options}}
        if orders:
            places = [[place_in(order, option, len(options)) for option in options] for order in orders]
            means = {option: mean([row[at] for row in places]) for at, option in enumerate(options)}
            found["order"] = ";".join(sorted(options, key=lambda option: means[option]))
            found["mean_ranks"] = {option: float(figure) for option, figure in means.items()}
            found["kendall_w"] = kendall(places, method)
        return {"ranked": found}
    if item["kind"] == "number":
        return {"measured": {**numbers(answers, kind), **bins([float(answer) for answer in answers])}}
    return {}


def place_in(order: list[str], option: str, options: int) -> Number:
    """The place of an option from 1; those not named share the places that are left."""
    return order.index(option) + 1 if option in order else F(len(order) + 1 + options, 2)


def numbers(answers: Sequence[str], kind: int) -> Figures:
    values = [float(answer) for answer in answers]
    if not values:
        return {}
    quartiles = {name: float(quantile(values, F(at, 4), kind)) for at, name in ((1, "q1"), (2, "median"), (3, "q3"))}
    return {"mean": float(mean(values)), "sd": sd(values), **quartiles}


def bins(values: Sequence[float]) -> Figures:
    if not values:
        return {"edges": [], "bins": []}
    low, high = min(values), max(values)
    if low == high:
        return {"edges": [low, high], "bins": [len(values)]}
    many = min(10, max(2, round(math.sqrt(len(values)))))
    edges = [low + place * ((high - low) / many) for place in range(many)] + [high]
    inside = [sum(a <= value < b for value in values) for a, b in pairwise(edges)]
    inside[-1] += sum(value == high for value in values)
    return {"edges": edges, "bins": inside}


def of_group(study: Study, item: Figures, answers: Sequence[str], scale: Scale | None) -> Figures:
    """What is shown of a group that is large enough."""
    protocol, n = study.protocol, len(answers)
    found: Figures = {"shown": True, "n": n}
    if scale:
        values = [int(answer) for answer in answers]
        found["heads"] = [values.count(point) for point in range(scale[0], scale[1] + 1)]
        found["in_zone"] = [sum(value in zone for value in values) for zone in zones(scale)]
        found["verdict"] = verdict_of(values, scale, protocol)
    if scale or item["kind"] == "number":
        figures = numbers(answers, protocol["quantiles"])
        found.update({name: figures[name] for name in ("mean", "q1", "median", "q3")})
    if item["kind"] == "choice":
        found["counts"] = of_kind(item, answers, protocol, "")["chosen"]["counts"]
    if item["kind"] == "ranking":
        firsts = Counter(answer.split(";")[0] for answer in answers)
        found["counts"] = {option["id"]: firsts[option["id"]] for option in item["options"]}
    return found


def round_again(study: Study, number: int) -> dict[Place, Figures]:
    """Every figure of a round: {(round, item, version, group): figures}."""
    each, smallest = study.rounds[number], study.protocol["smallest_group"]
    since, names = each["compared_with"], groups_of(study, number)
    found: dict[Place, Figures] = {}
    changes: list[Figures] = []
    by_scale: dict[Scale, list[Key]] = {}
    for asked in each["items"]:
        key, item = (asked["code"], asked["version"]), asked["item"]
        place, scale = (number, asked["code"], str(asked["version"])), study.scale(item)
        said = study.answers[number][key]
        given = {who: said[who] for who, _, _ in study.panel[number] if said.get(who, UNABLE) != UNABLE}
        unable = sum(answer == UNABLE for answer in said.values())
        people = study.panel[number]
        members = {name: [given[who] for who, own, _ in people if own == name and who in given] for name in names}
        visible = shown({name: len(theirs) for name, theirs in members.items()}, smallest)
        missing = len(people) - len(given) - unable
        figures = {"kind": item["kind"], "n": len(given), "unable": unable, "missing": missing}
        verdict = change = None
        if scale:
            values = [int(answer) for answer in given.values()]
            seen = [[int(answer) for answer in members[name]] for name in names if name in visible]
            figures["rated"] = rated(values, scale, study.protocol, seen)
            verdict = figures["rated"].get("verdict")
            change = stability(study, number, since, key, scale, verdict) if since is not None else None
            if change:
                figures["stability"] = change
                changes.append(change)
            by_scale.setdefault(scale, []).append(key)
        else:
            method = study.published.get((*place, "", "ranked.kendall_w.method"), "")
            figures.update(of_kind(item, list(given.values()), study.protocol, method))
        figures["decision"] = decision(item["kind"], verdict, change, study.protocol["stopping"], number)
        found[(*place, "")] = figures
        for name in names:
            told = of_group(study, item, members[name], scale) if name in visible else {"shown": False}
            found[(*place, name or "-")] = told
    adjust(changes, "wilcoxon_p", "wilcoxon_adjusted")
    adjust(changes, "mcnemar_mid_p", "mcnemar_adjusted")
    whole = {"response": response(study, number), "compared_with": since}
    whole["agreement"] = {f"{s[0]}-{s[1]}": over_items(study, number, s, keys) for s, keys in by_scale.items()}
    if since is not None:
        whole["leavers"] = leavers(study, number, since)
    found[number, "", "", ""] = whole
    there = sorted({own for _, own, _ in study.panel[number]} | set(each["waiting"]) | set(each["declined"]))
    responses = {name: response(study, number, name) for name in there} if len(there) > 1 else {}
    visible = shown({name: told["invited"] for name, told in responses.items()}, smallest)
    for name in visible:
        found[number, "", "", name or "-"] = {"response": responses[name]}
    return found


def over_items(study: Study, number: int, scale: Scale, keys: Sequence[Key]) -> Figures:
    people = [who for who, _, _ in study.panel[number]]
    ratings = [study.ratings(number, key) for key in keys]
    asked = [column for column in ratings if column]
    complete = [[column[who] for column in asked] for who in people if all(who in column for column in asked)]
    heads = [[list(column.values()).count(point) for point in range(scale[0], scale[1] + 1)] for column in ratings]
    name = f"{scale[0]}-{scale[1]}"
    method = study.published.get((number, "", "", "", f"agreement.{name}.kendall_w.method"), "")
    listwise = study.protocol["missing"] == "listwise"
    found = {"scale": name, "items": len(keys), **coefficients(heads, scale)}
    return {**found, "kendall_w": kendall(complete, method) if listwise and asked else None}


# Comparing ----------------------------------------------------------------------------------------------------------


def flat(figures: Figures, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield from ((f"{above}{name}.{place}", each) for place, each in enumerate(value))
        elif value is not None:
            yield above + name, value


def written(figure: str, value: object) -> str:
    """Nine significant digits, rounded from twelve: what floating point leaves behind those is no part of a number."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if abs(value) < 1e-12 and not figure.endswith(("_p", ".p")):
        return "0"
    clean = Decimal(f"{value:.11e}")
    return f"{float(clean.quantize(Decimal(1).scaleb(clean.adjusted() - 8), ROUND_HALF_UP)):.9g}"


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        study = Study(folder)
    except FileNotFoundError as error:
        print(f"{error.filename} is not there: put this script beside the files of the report, or name their folder.")
        return 2
    again = {
        (*place, figure): written(figure, value)
        for number in study.rounds
        for place, figures in round_again(study, number).items()
        for figure, value in flat(figures)
    }
    places, published = again.keys() | study.published.keys(), study.published
    wrong = sorted(place for place in places if again.get(place) != published.get(place))
    for place in wrong[:50]:
        where = " ".join(str(part) for part in place if part != "")
        print(f"round {where}: published {published.get(place, 'nothing')}, computed {again.get(place, 'nothing')}")
    print(f"protocol.json: SHA-256 {hashlib.sha256((folder / 'protocol.json').read_bytes()).hexdigest()}")
    if wrong:
        print(f"{len(wrong)} of {len(places)} numbers do not agree.")
        return 1
    print(f"All {len(again)} numbers agree.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
