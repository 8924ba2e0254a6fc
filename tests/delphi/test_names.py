"""Names are found in comments before others read them."""

import pytest

from bot.delphi.names import Known, Reason, find, scrub

KNOWN = Known.of(["Ana María López", "@moussa_diop", "Will Grant", "李伟", "Jean-Pierre N’Diaye", "Rosa de la Cruz"])


@pytest.mark.parametrize(
    ("written", "scrubbed"),
    [
        ("As Ana Maria Lopez said", "As […] said"),
        ("ANA and Moussa agree", "[…] and […] agree"),
        ("Jean Pierre’s plots", "[…]’s plots"),
        ("Ask N’Diaye or Jean-Pierre.", "Ask […] or […]."),
        ("Says A. M. López: no", "Says […]: no"),
        ("as Lopes wrote", "as […] wrote"),
        ("李伟说得对", "[…]说得对"),
        ("ask Dr. Müller of Kiel, or Mme Dupont", "ask […] of Kiel, or […]"),
        ("write to a.b@example.org or call +33 6 12 34 56 78", "write to […] or call […]"),
        ("see www.example.org/people and @field_lab", "see […] and […]"),
    ],
)
def test_what_tells_who_it_was_is_taken_out(written: str, scrubbed: str) -> None:
    assert scrub(written, find(written, KNOWN), "[…]") == scrubbed


@pytest.mark.parametrize(
    "written",
    [
        "Measured to 30 cm in 2027-2030 on 3 500 000 ha, at 12.5 t/ha",
        "The la Niña years and the cruel drought of de facto bare soil",
        "10 000 000 000 tonnes by 2026-11-22 10:30",
        "It costs $5 to $50 a plot.",
    ],
)
def test_numbers_and_ordinary_words_stay(written: str) -> None:
    assert find(written, KNOWN) == ()


def test_an_ordinary_word_that_is_a_name_too_is_left_to_a_person_to_judge() -> None:
    (asked,) = find("Who will pay?", KNOWN)
    (named,) = find("Who? Will.", KNOWN)
    assert (asked.why, asked.sure) == (Reason.NAME, False)
    assert named.sure
    (similar,) = find("Lopes knows", KNOWN)
    assert (similar.why, similar.sure) == (Reason.SIMILAR, False)
