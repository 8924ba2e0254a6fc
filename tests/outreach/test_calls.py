"""What a call says to each reader, what is wrong with one, and how it is shown to the secretariat."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.chat.markup import plain
from bot.chat.tokens import Standing, parse
from bot.flows import router
from bot.locales import load
from bot.outreach.audience import Known
from bot.outreach.call_words import bar, card, city, problem_words, when_words
from bot.outreach.calls import COMMANDS, Facts, blocking, message, problems, token_of
from bot.outreach.recipients import Reach
from storage.campaigns import Campaign, Counts, Draft
from tests.outreach.town import CALL, NOW, TITLES

WORDS = load()
PARIS = ZoneInfo("Europe/Paris")
FACTS = Facts(Known(TITLES, {"7": "Soil"}), Reach({"telegram": 2}, {"en": 1, "es": 1}), [], "", PARIS, NOW)


def places_of(draft: Draft, facts: Facts = FACTS) -> list[str]:
    """Where something is wrong, and what."""
    return [f"{one.place} {one.text.rpartition('.')[2]}" for one in problems(draft, facts) if not one.warning]


def test_everything_that_is_wrong_with_a_draft_is_told_at_once() -> None:
    draft = Draft(
        texts={"en": "x" * 4097, "de": "Kommt!"},
        button={"target": "join global-9", "labels": {"en": "L" * 65}},
        audience={"any": [{"langage": "fr"}]},
        places=(3,),
        begins_at=NOW - timedelta(seconds=1),
    )
    assert places_of(draft, replace(FACTS, reach=None)) == [
        "title no_title",
        "texts.de unknown_language",
        "texts.en text_long",
        "button.target unknown_coalition",
        "button.labels.en label_long",
        "places unknown_place",
        "audience.any[0] unknown_filter_meant",
        "when past",
    ]
    assert places_of(Draft()) == ["title no_title", "texts no_text", "audience no_audience"]
    assert places_of(CALL) == []
    assert places_of(CALL, replace(FACTS, reach=Reach({}, {}))) == ["audience empty_audience"]


def test_a_text_is_measured_as_each_platform_shows_it() -> None:
    def fits(text: str, picture: int | None = None) -> list[str]:
        return places_of(replace(CALL, texts={"fr": text}, picture=picture))

    # Marks of the markup are not shown, and a sign outside the first plane counts twice on Telegram.
    assert fits(f"*{'x' * 4096}*") == []
    assert fits("🌱" * 2048) == []
    assert fits("🌱" * 2049) == ["texts.fr text_long"]
    # What is too long for a caption comes after the picture.
    assert fits("x" * 4096, picture=1) == []
    # In Slack an ampersand takes five characters.
    assert fits("&" * 2300) == ["texts.fr text_long"]


def test_a_missing_language_is_a_warning_that_says_what_its_readers_get() -> None:
    found = problems(replace(CALL, texts={"fr": "Venez !"}), FACTS)
    assert not blocking(found)
    assert [plain(problem_words(one, WORDS["en"])) for one in found] == [
        "There is no text in English: 1 person who reads in it gets the one in French.",
        "There is no text in Spanish: 1 person who reads in it gets the one in French.",
    ]
    found = problems(
        replace(CALL, texts={"en": "Come!", "fr": "Venez !"}), replace(FACTS, reach=Reach({"telegram": 2}, {"en": 2}))
    )
    assert [plain(problem_words(one, WORDS["fr"])) for one in found if one.place == "texts.es"] == [
        "Il n’y a pas de texte en espagnol. Personne, parmi les destinataires, ne lit dans cette langue."
    ]


def test_a_local_time_is_past_when_it_is_past_for_its_author() -> None:
    assert places_of(replace(CALL, local_time="2026-03-02T10:29")) == ["when past"]
    assert places_of(replace(CALL, local_time="2026-03-02T10:31")) == []
    assert places_of(replace(CALL, local_time="tomorrow")) == ["when no_time"]
    warned = [one.text for one in problems(replace(CALL, local_time="2026-03-02T11:00"), FACTS)]
    assert warned == ["call.problem.past_somewhere"]


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_problem_can_be_said(language: str) -> None:
    bad = Draft("t" * 81, {"xx": "?"}, {"target": "elsewhere"}, {"any": []}, (9,), None, None, "soon")
    pictures = [replace(FACTS, picture=state) for state in ("coming", "gone")]
    for facts in (FACTS, *pictures):
        for one in problems(bad, facts):
            assert "{" not in plain(problem_words(one, WORDS[language]))


def test_a_button_leads_where_a_link_from_outside_may_lead() -> None:
    for target in (
        "join",
        "join global-4",
        "join 7",
        "round soil",
        "report",
        *(f"command {name}" for name in COMMANDS),
    ):
        token = parse(token_of(target, 12))
        assert isinstance(token, Standing)
        assert token.campaign == 12
        assert token.name in router.LINKED
        assert token.name in (*router.FLOWS, *router.VIEWS, "link")
    with pytest.raises(ValueError, match="command erase"):
        token_of("command erase")


def test_a_reader_gets_the_words_of_one_language_and_the_way_to_stop_in_their_own() -> None:
    draft = Draft(texts={"fr": "*Venez !*"}, button={"target": "join 7", "labels": {}})
    said = message(12, draft, "es", WORDS)
    assert plain(said.text) == "Venez !"
    assert [[(button.label, button.token) for button in row] for row in said.buttons] == [
        [("Participer", "join_7--c12")],
        [("Detener estos llamados", "stoptopic_calls")],
    ]
    public = message(12, draft, "fr", WORDS, in_public=True)
    assert [[(button.label, button.start, button.token) for button in row] for row in public.buttons] == [
        [("Participer", "join_7--c12", "")]
    ]


@pytest.mark.parametrize(("done", "total", "shown"), [(0, 0, 16), (0, 9, 0), (8, 9, 14), (999, 1000, 15), (9, 9, 16)])
def test_the_bar_is_full_only_at_the_end(done: int, total: int, shown: int) -> None:
    assert bar(done, total) == "▓" * shown + "░" * (16 - shown)


def test_the_card_says_how_far_it_is_and_what_can_be_done() -> None:
    campaign = Campaign(12, "sending", CALL, 1, "Ruth", None, "", NOW, NOW, None)
    counts = Counts(
        {"telegram": {"sent": 100, "waiting": 12}, "slack": {"sent": 290, "failed": 1, "blocked": 9}}, 31, 4
    )
    said = card(campaign, counts, WORDS["en"], PARIS)
    assert plain(said.text) == (
        "“Soil” is on its way.\n\n▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░\n400 of 412 done\n\nSent: 390\nWaiting: 12\nFailed: 1\n"
        "Cannot be reached: 9\n\nOpened what it leads to: 31\nWent through with it: 4\n\n"
        "Slack: 290 of 300 sent\nTelegram: 100 of 112 sent"
    )
    tokens = [button.token for row in said.buttons for button in row]
    assert tokens == ["call_12_pause", "call_12_cancel", "call_12_retry", "call_12_report", "calls"]
    states = {"scheduled": ["undo", "pause", "cancel"], "paused": ["resume", "cancel"], "done": [], "cancelled": []}
    for state, acts in states.items():
        rows = card(replace(campaign, state=state), Counts({}), WORDS["fr"], PARIS).buttons
        assert [button.token for row in rows for button in row] == [
            *(f"call_12_{act}" for act in acts),
            "call_12_report",
            "calls",
        ]


def test_when_it_goes_out_is_said_in_the_readers_words() -> None:
    assert when_words(replace(CALL, local_time="2026-03-03T09:00"), WORDS["fr"], PARIS) == (
        "mardi 3 mars 2026, 9:00, dans le fuseau horaire de chaque personne"
    )
    assert when_words(replace(CALL, begins_at=NOW), WORDS["es"], PARIS) == ("lunes, 2 de marzo de 2026, 10:30 (París)")
    for zone, said in (("UTC", "UTC"), ("Etc/GMT-2", "UTC+2"), ("America/Argentina/Buenos_Aires", "Buenos Aires")):
        assert city(ZoneInfo(zone), WORDS["en"]) == said
