"""An audience put together step by step: each step applies to all that was chosen so far."""

import pytest

from bot.flows.calls.audience import joined, without_last
from bot.outreach.audience import EVERYBODY, All, AnyOf, Audience, Filter, Not

NGOS = Filter("organisation_type", ("civil_society",))
SOIL = Filter("facility", ("global-4",))
SENIORS = Filter("generation", ("senior",))
FRENCH = Filter("language", ("fr",))


@pytest.mark.parametrize(
    ("before", "how", "new", "after"),
    [
        (None, "some", NGOS, NGOS),
        (None, "not", NGOS, Not(NGOS)),
        (NGOS, "only", SOIL, All((NGOS, SOIL))),
        # Side by side, so that they are said of one membership.
        (All((NGOS, SOIL)), "only", FRENCH, All((NGOS, SOIL, FRENCH))),
        (All((NGOS, SOIL)), "plus", SENIORS, AnyOf((All((NGOS, SOIL)), SENIORS))),
        (AnyOf((NGOS, SENIORS)), "plus", FRENCH, AnyOf((NGOS, SENIORS, FRENCH))),
        (AnyOf((NGOS, SENIORS)), "not", FRENCH, All((AnyOf((NGOS, SENIORS)), Not(FRENCH)))),
        (AnyOf((NGOS, SENIORS)), "last", FRENCH, AnyOf((NGOS, All((SENIORS, FRENCH))))),
        (EVERYBODY, "only", FRENCH, All((FRENCH,))),
        (EVERYBODY, "not", FRENCH, All((Not(FRENCH),))),
    ],
)
def test_each_step_applies_to_all_that_was_chosen_and_can_be_taken_back(
    before: Audience | None, how: str, new: Audience, after: Audience
) -> None:
    assert joined(before, how, new) == after
    assert without_last(after) == before
