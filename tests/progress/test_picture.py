"""What a picture has no room for is told in words, and every sum says what it rests on."""

from datetime import date
from decimal import Decimal

from bot.flows.progress import picture as progress_picture
from bot.flows.progress.data import Gathered
from bot.locales import LANGUAGES, load
from bot.progress.chart import MOST_PANELS
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from bot.progress.rollup import Debt, Entry
from storage.obligations import Obligation

QUARTER = Period.parse("2026-Q3")
COUNTED = tuple(
    Indicator(code=f"i{n}", name={"en": f"Things of kind {n}", "fr": f"Choses {n}"}, kind="count") for n in range(8)
)


def owing(coalition: int) -> Obligation:
    return Obligation(
        coalition_id=coalition,
        kind="alliance",
        facility="global-4",
        title="Soil Regeneration",
        objectives=[],
        state="open",
        every="quarterly",
        due_days=30,
        from_period=QUARTER.code,
        until_period="",
        indicators=[one.code for one in COUNTED],
        lead_id=None,
        lead="",
        lead_belongs=False,
        deputy_id=None,
        deputy="",
        deputy_belongs=False,
    )


def test_every_figure_is_told_with_its_coverage_also_where_there_is_no_room_to_draw_it() -> None:
    codes = frozenset(one.code for one in COUNTED)
    gathered = Gathered(
        today=date(2026, 10, 20),
        indicators=COUNTED,
        obligations=(owing(1), owing(2)),
        entries=tuple(Entry(1, QUARTER, code, {"": Decimal(5)}) for code in sorted(codes)),
        debts=tuple(Debt(coalition, codes, (QUARTER,)) for coalition in (1, 2)),
    )
    assert len(COUNTED) > MOST_PANELS
    for language in LANGUAGES:
        words = load()[language]
        shown = progress_picture.drawn(gathered, "Soils", words)
        told = progress_picture.said(shown, words)
        assert [one.title(language) in told for one in COUNTED] == [True] * 8
        assert told.count("(1/2)") == 8
