"""An amount is read as it was meant, or asked about; it is never guessed."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.flows import money
from bot.flows.flow import Misfit, Unsure
from bot.flows.turn import Turn
from bot.locales import LANGUAGES


def reader(language: str = "en") -> Turn:
    """Money asks a turn for its language and nothing else."""
    return cast(Turn, SimpleNamespace(language=language))


def refusal(written: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Misfit) as misfit:
        money.read(reader(), written)
    return misfit.value.text, misfit.value.values


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
        ("10 mil dólares", "10000.00 USD"),
        ("1 000 000 F CFA", "1000000.00 XOF"),
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
def test_what_can_be_read_in_two_ways_is_asked_about(written: str, readings: list[str], around: str) -> None:
    with pytest.raises(Unsure) as unsure:
        money.read(reader(), around.format(written))
    scale, currency = (6, "USD") if "M" in around else (0, "EUR")
    meant = [f"{Decimal(one).scaleb(scale):.2f} {currency}" for one in readings if scale or one != "12.345"]
    assert unsure.value.text == "money.ambiguous"
    assert [option.value for option in unsure.value.readings] == meant
    assert unsure.value.readings[0].label == money.show(reader(), meant[0])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "money.unreadable"),
        ("a lot", "money.unreadable"),
        ("5000 to 6000 EUR", "money.unreadable"),
        ("1.23.4567 EUR", "money.unreadable"),
        ("1,23,456.00 INR", "money.unreadable"),
        ("12 34 EUR", "money.unreadable"),
        ("5000", "money.no_currency"),
        ("5k", "money.no_currency"),
        ("5000 shells", "money.unknown_currency"),
        ("EUR 5000 USD", "money.unknown_currency"),
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
