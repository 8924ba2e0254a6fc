"""A number is read as it was meant, or asked about; none is silently taken for another."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.flows.progress.figures import with_unit
from bot.locales import LANGUAGES
from bot.progress.indicator import UNITS, Indicator, Kind
from bot.progress.numbers import Ambiguous, Misread, Value, read_number

# How people write thousands and decimals, whatever the books say of their language.
STYLES = {
    "en": [(",", "."), ("", "."), (" ", "."), ("\u202f", "."), ("\u00a0", "."), ("'", "."), ("’", ".")],
    "fr": [(" ", ","), ("\u202f", ","), ("\u00a0", ","), (".", ","), ("", ","), ("", "."), (" ", "."), ("’", ",")],
    "es": [(".", ","), (" ", ","), ("\u202f", ","), ("\u00a0", ","), ("", ","), (",", "."), ("", "."), ("'", ",")],
}
# Words for powers of ten as each language means them.
SCALES = {
    "en": {"k": 3, "K": 3, "thousand": 3, "M": 6, "million": 6, "billion": 9, "bn": 9},
    "fr": {"k": 3, "mille": 3, "M": 6, "m": 6, "million": 6, "millions": 6, "milliards": 9, "billion": 12},
    "es": {"k": 3, "mil": 3, "M": 6, "millón": 6, "millones": 6, "mil millones": 9, "billones": 12},
}
AREAS = {"en": ("ha", "hectares"), "fr": ("ha", "hectares"), "es": ("ha", "hectáreas")}

amounts = st.decimals(Decimal("0.001"), Decimal("999999999"), places=3) | st.integers(0, 10**9 - 1).map(Decimal)
languages = st.sampled_from(LANGUAGES)


def written(amount: Decimal, thousands: str, decimals: str) -> str:
    whole, _, rest = f"{amount.normalize():f}".partition(".")
    groups: list[str] = []
    while len(whole) > 3:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    return thousands.join([whole, *groups]) + (decimals + rest if rest else "")


def possible(read: Value | Ambiguous | Misread) -> tuple[Decimal, ...]:
    assert not isinstance(read, Misread), read
    return (read.amount,) if isinstance(read, Value) else read.readings


@settings(max_examples=1000)
@given(st.data(), amounts, languages)
def test_a_number_in_the_habits_of_a_language_is_read_or_asked_about(
    data: st.DataObject, amount: Decimal, language: str
) -> None:
    thousands, decimals = data.draw(st.sampled_from(STYLES[language]))
    unit = data.draw(st.sampled_from(("", " ", "\u00a0"))) + data.draw(st.sampled_from(("", *AREAS[language])))
    text = written(amount, thousands, decimals) + unit
    assert amount in possible(read_number(text, "area", language)), text


@given(st.data(), languages)
def test_words_for_thousands_and_millions_mean_what_the_language_means(data: st.DataObject, language: str) -> None:
    amount = data.draw(st.decimals(Decimal("0.1"), 999, places=1) | st.integers(1, 9999).map(Decimal))
    word, power = data.draw(st.sampled_from(sorted(SCALES[language].items())))
    space = data.draw(st.sampled_from(("", " ", "\u202f"))) if word in "kKM" else " "
    meant = amount.scaleb(power)
    text = written(amount, "", "," if language != "en" else ".") + space + word
    read = read_number(text, "area", language)
    if meant >= 10**12:
        assert not isinstance(read, Value), text
    else:
        assert meant in possible(read), text


# The first number that is shown waits for its language's customs to be loaded.
@settings(deadline=None)
@given(amounts, languages, st.sampled_from(["count", "area", "percentage", "carbon"]))
@example(Decimal(1200), "es", "area")
@example(Decimal("1.234"), "en", "area")
def test_what_we_show_somebody_we_read_from_them(amount: Decimal, language: str, kind: Kind) -> None:
    if kind == "count":
        amount = Decimal(int(amount))
    elif kind == "percentage":
        amount = amount % 100
    shown = with_unit(Indicator(code="x", name={"en": "X"}, kind=kind, unit=UNITS[kind]), amount, language)
    read = read_number(shown, kind, language)
    assert amount in possible(read), shown
    # With three decimals it looks like thousands, and may have to be asked about.
    if amount == round(amount, 2):
        assert read == Value(amount.normalize()), shown


@pytest.mark.parametrize(
    ("text", "kind", "language", "amount"),
    [
        ("1 200 ha", "area", "en", "1200"),
        ("1\u202f200 ha", "area", "fr", "1200"),
        ("1'200", "area", "fr", "1200"),
        ("1.2k", "count", "en", "1200"),
        ("1,2 k", "count", "fr", "1200"),
        ("12 mil", "count", "es", "12000"),
        ("3 mil millones", "count", "es", "3000000000"),
        ("3,5 millions d'hectares", "area", "fr", "3500000"),
        ("1,200", "area", "en", "1200"),
        ("1.200,50", "area", "es", "1200.5"),
        ("1.200.000", "count", "es", "1200000"),
        ("½ million", "area", "en", "500000"),
        ("3½ ha", "area", "en", "3.5"),
        ("1 200 ¾ ha", "area", "fr", "1200.75"),
        ("1,5 mil", "count", "es", "1500"),
        (".5 ha", "area", "en", "0.5"),
        ("50 %", "percentage", "fr", "50"),
        ("50 por ciento", "percentage", "es", "50"),
        ("-0.5 t C/ha", "carbon", "en", "-0.5"),
        ("0,4 t C ha-1", "carbon", "fr", "0.4"),
        ("1 200 people", "count", "en", "1200"),
        # A number of things is whole, which decides between a thousand and one.
        ("1.200", "count", "fr", "1200"),
    ],
)
def test_as_people_write_it(text: str, kind: Kind, language: str, amount: str) -> None:
    assert read_number(text, kind, language, names={"people"}) == Value(Decimal(amount))


@pytest.mark.parametrize(
    ("text", "kind", "language", "readings", "doubt"),
    [
        ("1.200", "area", "fr", ["1200", "1.2"], "marks"),
        ("1.200", "area", "es", ["1200", "1.2"], "marks"),
        ("1.200", "area", "en", ["1200", "1.2"], "marks"),
        ("1,200", "area", "fr", ["1200", "1.2"], "marks"),
        ("1.000", "count", "es", ["1000", "1"], "marks"),
        ("1,2", "area", "en", ["1.2"], "marks"),
        ("12 mil", "count", "en", ["12000", "12000000"], "marks"),
        ("5 m", "count", "fr", ["5000", "5000000"], "marks"),
        # The other meaning is larger than we can note, and was perhaps meant all the same.
        ("1 billion", "count", "es", ["1000000000"], "marks"),
        ("5 to 6 ha", "area", "en", ["5", "6"], "several"),
        ("5-6 ha", "area", "en", ["5", "6"], "several"),
        ("1/2 ha", "area", "en", ["1", "2"], "several"),
        ("1e6", "count", "en", ["1", "6"], "several"),
        ("1 200 km²", "area", "fr", ["120000"], "unit"),
        ("1,200 km2", "area", "en", ["120000"], "unit"),
        ("10 acres", "area", "en", ["4.046856"], "unit"),
        ("about 500 ha", "area", "en", ["500"], "words"),
        ("environ 500 ha", "area", "fr", ["500"], "words"),
        ("más de 500 ha", "area", "es", ["500"], "words"),
        ("(500)", "count", "en", ["500"], "words"),
        ("12 dozen", "count", "en", ["12"], "words"),
    ],
)
def test_what_may_mean_something_else_is_asked_about(
    text: str, kind: Kind, language: str, readings: list[str], doubt: str
) -> None:
    read = read_number(text, kind, language)
    assert isinstance(read, Ambiguous)
    assert (list(map(str, read.readings)), read.doubt) == (readings, doubt)


@pytest.mark.parametrize(("most", "expected"), [(100, Value(Decimal("1.2"))), (10_000, None)])
def test_the_usual_range_decides_where_one_reading_is_likely_and_the_other_is_not(
    most: int, expected: Value | None
) -> None:
    read = read_number("1.200", "area", "fr", lambda amount: 0 <= amount <= most)
    assert read == expected if expected else isinstance(read, Ambiguous)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", "area", "none"),
        ("a lot", "area", "none"),
        ("1.23.4567", "area", "shape"),
        ("12 34", "area", "shape"),
        ("50 %", "area", "unit"),
        ("12 t", "area", "unit"),
        ("12 manzanas", "area", "unit"),
        ("5000 EUR", "area", "unit"),
        ("12 ha", "count", "unit"),
        ("0.4 t CO2/ha", "carbon", "unit"),
        ("-5 ha", "area", "negative"),
        ("−5", "count", "negative"),
        ("150 %", "percentage", "over_100"),
        ("2.5", "count", "whole"),
        ("9" * 13, "count", "large"),
        ("0.12345678", "area", "precise"),
    ],
)
def test_what_it_cannot_be_is_refused_with_a_reason(text: str, kind: Kind, reason: str) -> None:
    assert read_number(text, kind, "en") == Misread(reason)  # type: ignore[arg-type]  # the reasons as words


@given(st.text(st.sampled_from("0123456789.,' \u00a0kKmM-–%haéo½²"), max_size=14) | st.text(max_size=10), languages)
def test_whatever_is_written_it_is_read_asked_about_or_refused(text: str, language: str) -> None:
    for kind in ("count", "area", "percentage", "carbon"):
        read = read_number(text, kind, language)
        if not isinstance(read, Misread):
            assert all(abs(amount) < 10**12 for amount in possible(read))
            assert kind == "carbon" or all(amount >= 0 for amount in possible(read))
