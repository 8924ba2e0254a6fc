"""Pictures of items: for a phone, with alternative text, without what may not be shown."""

import io

from PIL import Image

from bot.delphi.closing import outcome_of
from bot.delphi.report.charts import Own, Picture, item_picture
from bot.locales import load
from tests.delphi.studies import EVERY_KIND, OPEN, drawn, protocol

WORDS = load()
STUDY = protocol()
OUTCOME = outcome_of(STUDY, 1, drawn(STUDY, 24, seed=3))


def picture(code: str, own: Own = None, language: str = "en", rehearsal: bool = False) -> Picture | None:
    item = OUTCOME.item(code)
    assert item is not None
    asked = next(each for each in EVERY_KIND if each.id == code)
    return item_picture(item, asked, STUDY, WORDS[language], own=own, rehearsal=rehearsal)


def test_every_kind_has_a_picture_but_for_words() -> None:
    for item in EVERY_KIND:
        drawn_item = picture(item.id)
        if item is OPEN:
            assert drawn_item is None
            continue
        assert drawn_item is not None
        with Image.open(io.BytesIO(drawn_item.png)) as opened:
            assert opened.width == 1080
            assert 500 < opened.height < 3000
        assert drawn_item.alt.startswith(item.id)


def test_ones_own_answer_is_in_the_picture_and_in_its_words() -> None:
    plain, own = picture("A1"), picture("A1", own=7)
    assert plain is not None
    assert own is not None
    assert plain.png != own.png
    assert "Your own answer is 7." in own.alt
    assert "own" not in plain.alt


def test_the_words_tell_the_numbers_in_the_readers_language_and_mark_a_rehearsal() -> None:
    shown = picture("A1", language="fr", rehearsal=True)
    item = OUTCOME.item("A1")
    assert shown is not None
    assert item is not None
    assert item.rated is not None
    assert shown.alt.startswith("Répétition")
    counts = [f"{point} ({heads})" for point, heads in enumerate(item.rated.heads, 1) if heads]
    assert all(count in shown.alt for count in counts)
    assert "Agriculteurs" in shown.alt


def test_a_group_that_is_hidden_is_in_no_picture() -> None:
    few = outcome_of(STUDY, 1, drawn(STUDY, 9, seed=3))
    item = few.item("A1")
    assert item is not None
    assert not any(group.shown for group in item.groups)
    shown = item_picture(item, EVERY_KIND[0], STUDY, WORDS["en"])
    assert shown is not None
    assert "Farmers" not in shown.alt
