"""Whatever the bot says, Slack takes it, and shows it as it was meant."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block, InputBlock, Option, OptionGroup
from slack_sdk.models.views import View

from bot.chat.limits import units
from bot.chat.markup import Markup, Run, fill, parse, plain, text
from bot.chat.messages import Button, Choice, Field, File, Form, Home, Say, Section
from bot.handlers.slack import render
from bot.handlers.slack.mrkdwn import shorten

WORDS = st.text(min_size=1, max_size=60) | st.text("ab &<>*_~`:|\n", min_size=1, max_size=60)
LONG = st.builds(lambda words, times: words * times, WORDS, st.integers(1, 400))
ADDRESSES = st.just("https://4p1000.org/?a=1&b=2") | WORDS | st.just("https://x.org/" + "&" * 900)
RUNS = st.builds(Run, WORDS | LONG, st.sampled_from(["plain", "bold", "italic", "code"]), st.just("") | ADDRESSES)
MARKUP = st.lists(RUNS, max_size=8).map(tuple)
LABELS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)
TOKENS = st.from_regex(r"[a-z0-9_.]{1,255}", fullmatch=True)
BUTTONS = st.builds(Button, LABELS, TOKENS, st.sampled_from(["plain", "primary", "danger"]), st.just("") | TOKENS)
ROWS = st.lists(st.lists(BUTTONS, min_size=1, max_size=30).map(tuple), max_size=4).map(tuple) | st.builds(
    lambda row, times: (row,) * times, st.lists(BUTTONS, min_size=1, max_size=2).map(tuple), st.integers(1, 60)
)


def choices(number: int) -> tuple[Choice, ...]:
    return tuple(Choice(f"v{index}", f"Choice number {index} " + "long " * (index % 30)) for index in range(number))


FIELDS = st.builds(
    Field,
    id=st.uuids().map(str),
    kind=st.sampled_from(["text", "paragraph", "choice", "choices", "files"]),
    label=LABELS,
    hint=st.just("") | LONG,
    choices=st.integers(1, 250).map(choices),
    value=st.lists(st.sampled_from(["v0", "v1", "v90", "unknown"]), max_size=3, unique=True).map(tuple),
    optional=st.booleans(),
    live=st.booleans(),
    most=st.integers(1, 30),
    only_pictures=st.booleans(),
)
FILES = st.builds(File, st.just(1), LABELS, st.sampled_from(["picture", "document"]), st.just("") | LONG)
FORMS = st.builds(Form, TOKENS, LABELS, LABELS, LABELS, st.lists(FIELDS, min_size=1, max_size=5).map(tuple), MARKUP)
FEW_ROWS = st.lists(st.lists(BUTTONS, min_size=1, max_size=3).map(tuple), max_size=2).map(tuple)
SECTIONS = st.builds(Section, LABELS, MARKUP, FEW_ROWS)
# The SDK's models take a while over thousands of buttons.
FEWER = settings(max_examples=40, deadline=None)


def strings(value: Any) -> list[str]:
    """Every string in a payload that a person may read or that comes back from a button."""
    if isinstance(value, dict):
        return [found for name in ("text", "value", "elements") for found in strings(value.get(name))]
    if isinstance(value, list):
        return [found for part in value for found in strings(part)]
    return [value] if isinstance(value, str) else []


def check(blocks: list[dict[str, Any]]) -> None:
    """As `slack_sdk.models` checks them, and what it does not check."""
    for model in Block.parse_all(blocks):
        model.to_dict()
    json.dumps(blocks)
    ids = [element["action_id"] for block in blocks for element in block.get("elements", []) if "action_id" in element]
    assert len(ids) == len(set(ids))
    for block in blocks:
        if block["type"] == "actions":
            assert 1 <= len(block["elements"]) <= 25
            assert all(1 <= units(element["text"]["text"]) <= 75 for element in block["elements"])
        if block["type"] == "section":
            assert 1 <= units(block["text"]["text"]) <= 3000
            assert block["text"]["text"].strip()
        if block["type"] == "image":
            assert 1 <= units(block["alt_text"]) <= 2000
        if block["type"] == "rich_text":
            assert sum(map(units, strings(block))) <= 3000


@FEWER
@given(st.builds(Say, MARKUP, ROWS, file=st.none() | FILES))
def test_no_message_exceeds_a_limit(message: Say) -> None:
    rendered = render.say(message, "F1" if message.file is not None else "")
    check(rendered["blocks"])
    assert [block["type"] for block in rendered["blocks"]].count("image") == (message.file is not None)
    assert len(rendered["blocks"]) <= 50
    assert sum(map(units, strings(rendered["blocks"]))) <= 12_000
    assert units(rendered["text"]) <= 4000
    assert rendered["text"] or not (plain(message.text).strip() or message.buttons)


@FEWER
@given(FORMS)
def test_no_form_exceeds_a_limit(form: Form) -> None:
    view = render.form(form)
    View(**view).to_dict()
    check([block for block in view["blocks"] if block["type"] != "input"])
    assert len(view["blocks"]) <= 100
    for words in (view["title"], view["submit"], view["close"]):
        assert 1 <= units(words["text"]) <= 24
    for block in view["blocks"]:
        if block["type"] == "input":
            InputBlock(**{name: value for name, value in block.items() if name != "type"}).to_dict()
            check_options(block["element"])
            assert 1 <= block["element"].get("max_files", 1) <= 10


def check_options(element: dict[str, Any]) -> None:
    groups = element.get("option_groups", [])
    assert len(groups) <= 100
    for group in groups:
        OptionGroup.parse_all([group])[0].to_dict()  # type: ignore[index]  # the SDK says that it may be None
        assert 1 <= len(group["options"]) <= 100
    every = element.get("options", []) + [option for group in groups for option in group["options"]]
    for option in every:
        Option.parse_all([option])[0].to_dict()  # type: ignore[index]  # the SDK says that it may be None
    if "options" in element:
        assert len(every) <= (10 if element["type"] in ("radio_buttons", "checkboxes") else 100)
    chosen = element.get("initial_options", []) + [element[name] for name in ("initial_option",) if name in element]
    assert all(option in every for option in chosen)
    assert element.get("initial_options") != []


@FEWER
@given(st.lists(SECTIONS, min_size=1, max_size=8).map(tuple))
def test_no_home_exceeds_a_limit(sections: tuple[Section, ...]) -> None:
    view = render.home(Home(sections))
    View(**view).to_dict()
    check(view["blocks"])
    assert 1 <= len(view["blocks"]) <= 100


def shown(block: dict[str, Any]) -> list[tuple[str, dict[str, bool], str]]:
    """The words of a rich text block, each with its style and address."""
    (section,) = block["elements"]
    return [(part["text"], part.get("style", {}), part.get("url", "")) for part in section["elements"]]


def said(markup: Markup) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = render.say(Say(markup))["blocks"]
    return blocks


def test_markup_becomes_mrkdwn() -> None:
    (block,) = said(parse("Read *this*, _please_: `4p1000` is [at home](https://4p1000.org?a=1&b=2)."))
    assert block["text"] == {
        "type": "mrkdwn",
        "verbatim": True,
        "text": "Read *this*, _please_: `4p1000` is <https://4p1000.org?a=1&amp;b=2|at home>.",
    }


def test_what_slack_reads_as_its_own_is_escaped() -> None:
    (block,) = said(text("<!channel> & <@U0042>"))
    assert block["text"]["text"] == "&lt;!channel&gt; &amp; &lt;@U0042&gt;"


@pytest.mark.parametrize(
    "name",
    ["*Awa*", "_a_", "~Awa~", "`Awa`", ":seedling:", "> Awa", "Awa\n> Diop", "snake_case", "*", "a|b*"],
)
def test_a_name_cannot_change_how_a_message_looks(name: str) -> None:
    (block,) = said(fill(parse("Hello *{name}*, welcome."), {"name": name}))
    assert shown(block) == [("Hello ", {}, ""), (name, {"bold": True}, ""), (", welcome.", {}, "")]


@pytest.mark.parametrize("source", ["un*believ*able", "*two*{lines}", "[a|b](https://4p1000.org)"])
def test_a_style_that_mrkdwn_cannot_show_is_shown_all_the_same(source: str) -> None:
    markup = fill(parse(source), {"lines": "s"})
    (block,) = said(markup)
    assert [part[0] for part in shown(block)] == [run.text for run in markup]


def test_an_address_that_slack_would_refuse_is_left_out() -> None:
    (block,) = said((Run("here", url="javascript:alert(1)"), Run(" or "), Run("there", url="not an address")))
    assert block["text"]["text"] == "here or there"


@settings(deadline=None)
@given(st.lists(st.builds(Run, WORDS), max_size=20).map(tuple))
def test_a_message_that_is_not_too_long_keeps_every_word(markup: Markup) -> None:
    whole = "".join(words_of(block) for block in said(markup))
    assert whole == plain(markup) or not plain(markup).strip()


def words_of(block: dict[str, Any]) -> str:
    """What a person reads."""
    if block["type"] == "rich_text":
        return "".join(words for words, _, _ in shown(block))
    escaped: str = block["text"]["text"]
    return escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_a_long_message_is_cut_between_words() -> None:
    blocks = said(text("soil regeneration " * 300))
    assert len(blocks) == 2
    assert all(block["text"]["text"].split()[-1] in ("soil", "regeneration") for block in blocks)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["soil\n", "soil ", "s" * 2999, "\n", "water and land " * 90]), max_size=40))
def test_however_its_lines_fall_a_message_keeps_its_words_within_the_limit(parts: list[str]) -> None:
    words = "".join(parts)[:11_000]
    assert "".join(map(words_of, said(text(words)))).split() == words.split() or "s" * 2999 in words
    assert len("".join(map(words_of, said(text(words))))) >= len(words.strip())


def test_a_short_first_line_is_not_left_alone() -> None:
    first, _ = said(text("Dear Awa,\n" + "soil " * 700))
    assert len(first["text"]["text"]) > 2900


def test_a_message_beyond_all_limits_ends_with_an_ellipsis() -> None:
    blocks = said(text("soil " * 5000))
    assert blocks[-1]["text"]["text"].endswith("…")


def test_buttons_stand_in_rows_and_carry_their_tokens() -> None:
    rows = ((Button("Yes", "q1.2.0", "primary"), Button("No", "q1.2.1", "danger")), (Button("Start", start="join_7"),))
    first, second = render.say(Say(text("Well?"), rows))["blocks"][1:]
    assert [(button["value"], button.get("style"), button["action_id"]) for button in first["elements"]] == [
        ("q1.2.0", "primary", "b0"),
        ("q1.2.1", "danger", "b1"),
    ]
    (start,) = second["elements"]
    assert start["value"] == "join_7"
    assert "style" not in start
    assert "url" not in start


def test_a_row_that_is_too_long_goes_on_in_the_next() -> None:
    row = tuple(Button(f"{number}", f"t{number}") for number in range(30))
    first, second = render.say(Say(text("Well?"), (row,)))["blocks"][1:]
    assert (len(first["elements"]), len(second["elements"])) == (25, 5)


def test_more_rows_than_a_message_holds_leave_room_for_its_words() -> None:
    blocks = render.say(Say(text("soil " * 2400), ((Button("Yes", "a"),),) * 60))["blocks"]
    check(blocks)
    assert len(blocks) <= 50
    assert blocks[0]["type"] == "section"


def test_views_hold_a_hundred_blocks() -> None:
    fields = tuple(Field(f"f{number}", "text", "Words?") for number in range(120))
    assert len(render.form(Form("q1.2.f", "Join", "Next", "Close", fields))["blocks"]) == 100
    sections = tuple(Section(f"Part {number}", text("Words"), ((Button("Yes", "a"),),)) for number in range(60))
    blocks = render.home(Home(sections))["blocks"]
    check(blocks)
    assert len(blocks) == 100


def test_buttons_with_long_tokens_leave_room_for_the_words() -> None:
    rows = ((Button("y" * 75, "t" * 255),) * 25,) * 4
    rendered = render.say(Say(text("soil " * 2400), rows))["blocks"]
    assert sum(map(units, strings(rendered))) <= 12_000
    assert sum(len(words_of(block)) for block in rendered if block["type"] == "section") > 2500


def test_a_notification_shows_plain_words() -> None:
    assert render.say(Say(parse("Read *this* & more")))["text"] == "Read this &amp; more"
    assert render.say(Say((), ((Button("Yes", "a"), Button("No", "b")),)))["text"] == "Yes · No"


@pytest.mark.parametrize(
    ("kind", "number", "element"),
    [
        ("choice", 6, "radio_buttons"),
        ("choice", 7, "static_select"),
        ("choices", 10, "checkboxes"),
        ("choices", 11, "multi_static_select"),
    ],
)
def test_few_choices_are_seen_at_once_and_many_are_a_list(kind: Any, number: int, element: str) -> None:
    field = Field("facility", kind, "Which?", choices=choices(number), value=("v1",), live=True)
    (block,) = render.form(Form("q1.2.f", "Join", "Next", "Close", (field,)))["blocks"]
    assert block["element"]["type"] == element
    assert block["block_id"] == "facility"
    assert block["dispatch_action"] is True


def test_all_countries_can_be_chosen() -> None:
    field = Field("country", "choice", "Country", choices=choices(195), value=("v150",))
    (block,) = render.form(Form("q1.2.f", "Join", "Next", "Close", (field,)))["blocks"]
    groups = block["element"]["option_groups"]
    assert [option["value"] for group in groups for option in group["options"]] == [f"v{n}" for n in range(195)]
    assert block["element"]["initial_option"]["value"] == "v150"


def test_what_was_typed_stands_in_the_form() -> None:
    field = Field("aim", "paragraph", "What for?", value=("Healthy soils",), hint="A few words", optional=True)
    form = Form("q1.2.f", "Propose a new coalition together", "Next", "Close", (field,), parse("Three *fields*."))
    view = render.form(form)
    assert view["title"]["text"] == "Propose a new coalition…"
    assert view["private_metadata"] == "q1.2.f"
    assert view["notify_on_close"] is False
    intro, block = view["blocks"]
    assert intro["text"]["text"] == "Three *fields*."
    assert block["element"] == {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": True,
        "initial_value": "Healthy soils",
    }
    assert (block["hint"]["text"], block["optional"], block["dispatch_action"]) == ("A few words", True, False)


def test_the_home_has_a_heading_words_and_buttons_per_part() -> None:
    home = Home((Section("Mine", parse("*Soil*"), ((Button("Leave", "leave_7"),),)), Section("More", ())))
    blocks = render.home(home)["blocks"]
    assert [block["type"] for block in blocks] == ["header", "section", "actions", "header"]


@settings(deadline=None)
@given(st.text(), st.integers(2, 80))
def test_shortened_words_fit(words: str, limit: int) -> None:
    short = shorten(words, limit)
    assert units(short) <= limit
    assert short == words if units(words) <= limit else short.endswith("…")
