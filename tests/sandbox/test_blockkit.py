"""Block Kit is held to its limits, with the place of what is wrong."""

from typing import Any

import pytest

from sandbox.slack.blockkit import check_message, check_view


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(text: str = "Join", **members: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": text, **members}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def choice(kind: str, count: int, **members: Any) -> dict[str, Any]:
    options = [{"text": plain(f"Option {number}"), "value": str(number)} for number in range(count)]
    return {"type": kind, "action_id": "choice", "options": options, **members}


def field(element: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("Name"), "element": element, **members}


SOUND = [
    {"type": "header", "text": plain("Soil")},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}, "accessory": button()},
    {"type": "section", "fields": [plain("Kind"), plain("Alliance")]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://example.org/x.png", "alt_text": "A chart"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "3 of 7"}]},
    actions(button(), button("No", style="danger"), choice("static_select", 100, placeholder=plain("Choose"))),
    field(choice("radio_buttons", 10)),
]


def test_what_slack_takes_is_taken() -> None:
    assert check_message(SOUND) == []
    view = {"type": "modal", "title": plain("Join"), "submit": plain("Send"), "blocks": SOUND}
    assert check_view(view) == []
    assert check_view({"type": "home", "blocks": SOUND}) == []


def test_files_are_taken_in_modals_only() -> None:
    taking = field({"type": "file_input", "action_id": "files", "max_files": 10, "filetypes": ["png"]})
    view = {"type": "modal", "title": plain("Join"), "submit": plain("Send"), "blocks": [taking]}
    assert check_view(view) == []
    too_many = field({"type": "file_input", "max_files": 11})
    (wrong,) = check_view(view | {"blocks": [too_many]})
    assert wrong.endswith("[json-pointer:/view/blocks/0/element/max_files]")
    (elsewhere,) = check_message([taking])
    assert elsewhere.endswith("[json-pointer:/blocks/0/element/type]")


@pytest.mark.parametrize(
    ("block", "place"),
    [
        (actions(button("x" * 76)), "/blocks/0/elements/0/text/text"),
        (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value"),
        (actions(*[button(str(number)) for number in range(26)]), "/blocks/0/elements"),
        (actions(button(), button()), "/blocks/0/elements/1/action_id"),
        (actions(button(style="loud")), "/blocks/0/elements/0/style"),
        (actions({"type": "plain_text_input", "action_id": "x"}), "/blocks/0/elements/0/type"),
        (actions(choice("static_select", 101)), "/blocks/0/elements/0/options"),
        (actions(choice("overflow", 6)), "/blocks/0/elements/0/options"),
        (field(choice("checkboxes", 11)), "/blocks/0/element/options"),
        (field(choice("static_select", 0)), "/blocks/0/element/options"),
        (
            field(choice("radio_buttons", 2, initial_option={"text": plain("?"), "value": "9"})),
            "/blocks/0/element/initial_option",
        ),
        (field({"type": "number_input", "action_id": "n"}), "/blocks/0/element"),
        (
            {"type": "input", "label": plain("x" * 2001), "element": {"type": "plain_text_input"}},
            "/blocks/0/label/text",
        ),
        ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type"),
        ({"type": "section", "text": plain("x" * 3001)}, "/blocks/0/text/text"),
        ({"type": "section", "text": plain("")}, "/blocks/0/text/text"),
        ({"type": "section"}, "/blocks/0"),
        ({"type": "section", "fields": [plain("x")] * 11}, "/blocks/0/fields"),
        ({"type": "section", "fields": [plain("x" * 2001)]}, "/blocks/0/fields/0/text"),
        ({"type": "image", "image_url": "https://example.org/x.png"}, "/blocks/0/alt_text"),
        ({"type": "image", "alt_text": "x"}, "/blocks/0"),
        ({"type": "context", "elements": [plain("x")] * 11}, "/blocks/0/elements"),
        ({"type": "divider", "block_id": "x" * 256}, "/blocks/0/block_id"),
        ({"type": "carousel-of-my-own"}, "/blocks/0/type"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_place(block: dict[str, Any], place: str) -> None:
    assert [problem for problem in check_message([block]) if problem.endswith(f"[json-pointer:{place}]")]


def test_surfaces_have_their_own_number_of_blocks() -> None:
    divider = [{"type": "divider"}]
    assert check_message(divider * 50) == []
    assert check_message(divider * 51)
    assert check_view({"type": "home", "blocks": divider * 100}) == []
    assert check_view({"type": "home", "blocks": divider * 101})


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": plain("x" * 25)},
        {"submit": plain("x" * 25)},
        {"close": plain("")},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"submit": None},
        {"type": "page"},
    ],
)
def test_a_modal_has_limits_of_its_own(wrong: dict[str, Any]) -> None:
    view = {"type": "modal", "title": plain("Join"), "submit": plain("Send"), "blocks": SOUND}
    assert check_view(view | wrong)


def test_a_block_id_is_used_once() -> None:
    assert check_message([{"type": "divider", "block_id": "a"}] * 2)
