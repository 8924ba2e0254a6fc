"""An amount is read as it was meant, or asked about; it is never guessed."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.flows import money
from bot.flows.flow import Misfit, Unsure
from bot.flows.turn import Turn
from bot.locales import LANGUAGES, load


def reader(language: str = "en") -> Turn:
    """Money asks a turn for its language and words and nothing else."""
    return cast(Turn, SimpleNamespace(language=language, words=load()[language]))


def refusal(written: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Misfit) as misfit:
        money.read(reader(), written)
    return misfit.value.text, misfit.value.values


def asked(written: str, language: str = "en", usual: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """What is asked about it, and what it may mean."""
    with pytest.raises(Unsure) as unsure:
        money.read(reader(language), written, usual)
    return unsure.value.text, [option.value for option in unsure.value.readings]


# How people write thousands and decimals, whatever the books say of their language.
STYLES = {
    "en": [(",", "."), ("", "."), (" ", "."), ("\u202f", "."), ("'", "."), ("’", ".")],
    "fr": [(" ", ","), ("\u202f", ","), ("\u00a0", ","), (".", ","), ("", ","), ("", "."), ("’", ","), ("'", ".")],
    "es": [(".", ","), (" ", ","), ("\u202f", ","), ("\u00a0", ","), ("", ","), (",", "."), ("", "."), ("’", ",")],
}
# What a word or a letter behind the digits can mean to somebody who writes this language, as powers of ten.
SCALES = {
    "en": {"k": 3, "K": 3, "thousand": 3, "M": 6, "million": 6, "billion": 9},
    "fr": {"k": 3, "mille": 3, "M": 6, "m": 3, "millions": 6, "million d’": 6, "millions d'": 6, "milliards": 9},
    "es": {"k": 3, "mil": 3, "M": 6, "m": 6, "millones": 6, "millones de": 6, "mil millones de": 9},
}
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"EUR": ("EUR", "eur", "€", "euros"), "USD": ("USD", "$", "US$", "dollars"), "KES": ("KES",)},
    "fr": {"EUR": ("EUR", "€", "euros"), "USD": ("USD", "$", "dollars"), "XOF": ("XOF", "F CFA", "FCFA")},
    "es": {"EUR": ("EUR", "€", "euros"), "USD": ("USD", "US$", "dólares", "$"), "XAF": ("XAF", "francos CFA")},
}
SPACES = st.sampled_from(("", " ", "\u00a0", "\u202f"))


@settings(max_examples=600, deadline=None)
@given(st.data(), st.sampled_from(LANGUAGES))
def test_an_amount_in_the_habits_of_a_language_is_read_or_asked_about(data: st.DataObject, language: str) -> None:
    thousands, decimals = data.draw(st.sampled_from(STYLES[language]))
    amount = data.draw(st.decimals("0.01", "9999999.99", places=2) | st.integers(1, 10**8).map(Decimal))
    currency, names = data.draw(st.sampled_from(sorted(NAMES[language].items())))
    name, space = data.draw(st.sampled_from(names)), data.draw(SPACES)
    scale, power = data.draw(st.sampled_from([("", 0), *sorted(SCALES[language].items())]))
    digits = (
        grouped(amount, thousands, decimals) + (data.draw(SPACES) if len(scale) == 1 else " ") * bool(scale) + scale
    )
    before = data.draw(st.booleans()) and not scale.endswith(("'", "’", "de"))
    beside = space if len(scale) < 2 and (not scale or not name[0].isalpha()) else " "
    written = (
        f"{name}{space}{digits}" if before else f"{digits}{'' if scale.endswith(('’', chr(39))) else beside}{name}"
    )
    amount, is_too_large = amount.scaleb(power), amount.scaleb(power) >= 10**13
    try:
        meant = [money.read(reader(language), written)]
        assert not is_too_large, written
    except Unsure as unsure:
        meant = [option.value for option in unsure.readings]
    except Misfit:
        meant = []
    assert is_too_large or f"{amount:.2f} {currency}" in meant, written


def grouped(amount: Decimal, thousands: str, decimals: str) -> str:
    whole, _, rest = f"{amount.normalize():f}".partition(".")
    groups: list[str] = []
    while len(whole) > 3:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    return thousands.join([whole, *groups]) + (decimals + rest if rest else "")


amounts = st.decimals("0.01", "9999999999999.99", places=2) | st.integers(1, 10**13 - 1).map(Decimal)


@given(amounts, st.sampled_from(["EUR", "USD", "XOF", "JPY", "CHF"]), st.sampled_from(LANGUAGES))
@example(Decimal(1200), "EUR", "en")
@example(Decimal(1200), "EUR", "es")
@example(Decimal(1_200_000), "EUR", "en")
def test_what_we_write_we_read(amount: Decimal, currency: str, language: str) -> None:
    stored = f"{amount:.2f} {currency}"
    written = money.show(reader(language), stored)
    for also in LANGUAGES:
        assert money.read(reader(also), written) == stored


@given(amounts)
def test_digits_with_a_code_are_always_read(amount: Decimal) -> None:
    assert money.read(reader(), f"{amount:f} EUR") == f"{amount:.2f} EUR"
    assert money.read(reader(), f"eur{amount:f}".replace(".", ",")) == f"{amount:.2f} EUR"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("5000 EUR", "5000.00 EUR"),
        ("5000EUR", "5000.00 EUR"),
        ("EUR 5000", "5000.00 EUR"),
        ("5000 euros", "5000.00 EUR"),
        ("5000 €.", "5000.00 EUR"),
        ("€5,000.50", "5000.50 EUR"),
        ("€ 2 500", "2500.00 EUR"),
        ("2 500,50 €", "2500.50 EUR"),
        ("2\u00a0500 €", "2500.00 EUR"),
        ("2\u202f500,5 EUR", "2500.50 EUR"),
        ("5'000 CHF", "5000.00 CHF"),
        ("12’500.25 CHF", "12500.25 CHF"),
        ("1.234.567 EUR", "1234567.00 EUR"),
        ("1,234,567.8 USD", "1234567.80 USD"),
        ("1.200,5 EUR", "1200.50 EUR"),
        ("0.500 EUR", "0.50 EUR"),
        ("12,5 EUR", "12.50 EUR"),
        ("3k euros", "3000.00 EUR"),
        ("3k€", "3000.00 EUR"),
        ("$5k", "5000.00 USD"),
        ("1,2 M USD", "1200000.00 USD"),
        ("US$ 1.5 million", "1500000.00 USD"),
        ("2 mille euros", "2000.00 EUR"),
        ("3 millions d'euros", "3000000.00 EUR"),
        ("3 millions d’euros", "3000000.00 EUR"),
        ("3 millones de euros", "3000000.00 EUR"),
        ("1 000 000 XOF", "1000000.00 XOF"),
        ("1,200 EUR", "1200.00 EUR"),
        ("½ million EUR", "500000.00 EUR"),
        ("12 500,75 €", "12500.75 EUR"),
        ("250 swiss francs", "250.00 CHF"),
        ("250 francs suisses", "250.00 CHF"),
        ("250 francos suizos", "250.00 CHF"),
        ("1 Swiss franc", "1.00 CHF"),
        ("40 000 Kenyan shillings", "40000.00 KES"),
    ],
)
def test_as_people_write_it(written: str, stored: str) -> None:
    assert money.read(reader(), written) == stored


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("1.200", ["1200", "1.2"]),
        ("1,200", ["1200", "1.2"]),
        # No amount has three decimals; it is asked about all the same.
        ("12.345", ["12345", "12.345"]),
        ("350,000", ["350000", "350"]),
    ],
)
@pytest.mark.parametrize("around", ["{} EUR", "€ {}", "{} M USD"])
@pytest.mark.parametrize("language", ["fr", "es"])
def test_what_can_be_read_in_two_ways_is_asked_about(
    written: str, readings: list[str], around: str, language: str
) -> None:
    with pytest.raises(Unsure) as unsure:
        money.read(reader(language), around.format(written))
    scale, currency = (6, "USD") if "M" in around else (0, "EUR")
    meant = [f"{Decimal(one).scaleb(scale):.2f} {currency}" for one in readings if scale or one != "12.345"]
    assert unsure.value.text == "money.ambiguous"
    assert [option.value for option in unsure.value.readings] == meant
    assert unsure.value.readings[0].label == money.show(reader(language), meant[0])


@pytest.mark.parametrize(
    ("written", "language", "ask", "readings"),
    [
        ("about 300 euros", "en", "figure.doubt_words", ["300.00 EUR"]),
        ("environ 300 €", "fr", "figure.doubt_words", ["300.00 EUR"]),
        ("~300 €", "es", "figure.doubt_words", ["300.00 EUR"]),
        ("300 EUR a month", "en", "figure.doubt_words", ["300.00 EUR"]),
        ("5000 to 6000 EUR", "en", "figure.doubt_several", ["5000.00 EUR", "6000.00 EUR"]),
        ("1.200 EUR", "en", "money.ambiguous", ["1200.00 EUR", "1.20 EUR"]),
        ("5 m EUR", "fr", "money.ambiguous", ["5000.00 EUR", "5000000.00 EUR"]),
        ("12 mil EUR", "en", "money.ambiguous", ["12000.00 EUR", "12000000.00 EUR"]),
        ("3 500 000 F CFA", "fr", "money.which_franc", ["3500000.00 XOF", "3500000.00 XAF"]),
        # In most countries that write Spanish it is the sign of pesos.
        ("$300", "es", "figure.doubt_words", ["300.00 USD"]),
    ],
)
def test_what_may_not_be_quite_what_it_says_is_asked_about(
    written: str, language: str, ask: str, readings: list[str]
) -> None:
    assert asked(written, language) == (ask, readings)


def test_a_name_of_two_currencies_is_the_usual_one_where_there_is_one() -> None:
    assert money.read(reader("fr"), "3 500 000 FCFA", ["XAF"]) == "3500000.00 XAF"
    assert money.read(reader("es"), "10 mil dólares") == "10000.00 USD"
    assert money.read(reader("es"), "$300", ["USD"]) == "300.00 USD"
    assert asked("3 500 000 FCFA", "fr", ("XAF", "XOF"))[0] == "money.which_franc"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "money.unreadable"),
        ("a lot", "money.unreadable"),
        ("1.23.4567 EUR", "money.unreadable"),
        ("1,23,456.00 INR", "money.unreadable"),
        ("12 34 EUR", "money.unreadable"),
        ("5000", "money.no_currency"),
        ("5k", "money.no_currency"),
        ("5000 shells", "money.unknown_currency"),
        ("60 %", "money.unknown_currency"),
        ("about 300", "money.no_currency"),
        ("EUR 5000 USD", "money.several_currencies"),
        ("0 EUR", "money.not_positive"),
        ("-5 EUR", "money.not_positive"),
        ("EUR −5", "money.not_positive"),
        ("0.001 EUR", "money.not_positive"),
        ("1234.567 EUR", "money.not_positive"),
        ("10000000000000 EUR", "money.not_positive"),
        ("9" * 60 + " EUR", "money.not_positive"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(written: str, why: str) -> None:
    assert refusal(written)[0] == why


@given(st.text(st.sampled_from("0123456789.,' \u00a0€$kM-EURde"), max_size=16) | st.text(max_size=12))
def test_it_either_reads_or_says_why(written: str) -> None:
    try:
        amount, currency = money.parse(money.read(reader(), written))
    except (Misfit, Unsure):
        return
    assert Decimal("0.01") <= amount < 10**13
    assert len(currency) == 3
