"""A definition is taken whole or not at all, and everything that is wrong with it is told at once, with its line."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.delphi.checking import SAID, Weight
from bot.delphi.definition import Definition, read_definition, write_definition
from bot.delphi.items_file import read_items
from bot.delphi.protocol import ChoiceItem, NumberItem, OpenItem, Protocol
from bot.locales import load

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "docs" / "example-study.yaml"

GOOD = """\
study: soil
title: {en: Soil, fr: Sol}
introduction: {en: Hello, fr: Bonjour}
languages: [en, fr]
ends: {low: {en: bad, fr: mauvais}, high: {en: good, fr: bon}}
groups:
  - {id: farmers, name: {en: Farmers, fr: Agriculteurs}}
panel:
  - {account: telegram:1, group: farmers}
rounds:
  - {opens: 2027-01-11 09:00, closes: 2027-01-24}
  - {opens: 2027-02-01 09:00, closes: 2027-02-14 18:30}
items:
  - {id: A1, text: {en: One, fr: Un}}
  - {id: A2, text: {en: Two, fr: Deux}}
"""


def nothing_beside(name: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", name)


def read(text: str, **beside: bytes) -> Definition:
    def reader(name: str) -> bytes:
        return beside[name.replace(".", "_")] if name.replace(".", "_") in beside else nothing_beside(name)

    return read_definition(text.encode(), "study.yaml", NOW, reader)


def told(text: str, **beside: bytes) -> list[str]:
    """The problems but for warnings, as a terminal shows them."""
    return [str(each) for each in read(text, **beside).problems if each.problem.weight is not Weight.WARNING]


def taken(text: str, **beside: bytes) -> Protocol:
    definition = read(text, **beside)
    assert definition.protocol is not None, definition.problems
    return definition.protocol


def test_the_example_of_the_docs_can_be_published() -> None:
    definition = read_definition(EXAMPLE.read_bytes(), EXAMPLE.name, NOW, nothing_beside)
    assert definition.problems == []
    assert definition.protocol is not None
    assert [number for number, _ in definition.protocol.numbered()] == [0, 1, 2, 3]


def test_a_date_alone_means_that_the_round_is_open_on_that_day() -> None:
    first, second = taken(GOOD).rounds
    assert first.closes == datetime(2027, 1, 25)  # noqa: DTZ001 - a wall time
    assert second.closes == datetime(2027, 2, 14, 18, 30)  # noqa: DTZ001


def test_the_same_protocol_has_the_same_hash_whoever_is_on_its_panel_and_however_it_is_written() -> None:
    other = GOOD.replace("{account: telegram:1, group: farmers}", "{group: farmers, account: slack:T1/U7}")
    assert taken(GOOD).hash() == taken(other).hash() == taken("# a remark\n" + GOOD).hash()
    assert taken(GOOD).hash() != taken(GOOD.replace("One", "Other")).hash()


def test_what_is_written_out_is_read_as_the_same_protocol() -> None:
    protocol = read_definition(EXAMPLE.read_bytes(), EXAMPLE.name, NOW, nothing_beside).protocol
    assert protocol is not None
    assert taken(write_definition(protocol)).hash() == protocol.hash()


def test_a_text_without_a_language_is_in_the_first_one_of_the_study() -> None:
    assert taken(GOOD.replace("{en: One, fr: Un}", "no")).items[0].text == {"en": "no"}


def test_everything_that_is_wrong_is_told_at_once_each_with_its_place_and_remedy() -> None:
    broken = (
        GOOD.replace("ends:", "scale: 1-7\nconsensus: {rule: comet}\nends:")
        .replace("  - {id: farmers", "  - {id: nobody, name: {en: N, fr: N}}\n  - {id: farmers")
        .replace("2027-01-24", "2026-01-24")
        .replace("opens: 2027-01-11", "opens: 2026-01-11")
    )
    broken += "  - {id: A2, text: {en: Three}}\n  - {id: A4, text: {en: Four}}\n  - {id: A5, text: {en: Five}}\n"
    assert told(broken) == [
        "study.yaml:6: consensus.rule: comet is stated for 1-9 and does not fit A1, A2, A2, A4, A5 (1-7): choose "
        "another rule or scale",
        "study.yaml:9: groups.1: nobody is in the group nobody: add a seat in it, or remove it",
        "study.yaml:14: rounds.1.closes: closes at 2026-01-24 24:00, which lies in the past: choose a later time",
        "study.yaml:18: items.2.id: A2 is used twice: give one of them another id (lines 18 and 19)",
        "study.yaml:19: items.3.text: fr: 3 of 5 items: A2, A4, A5. Translate them, or drop the language",
    ]
    assert read(broken).protocol is None
    many = broken + "".join(f"  - {{id: B{number}, text: {{en: More, fr: Plus}}}}\n" for number in range(3))
    assert "does not fit A1, A2, A2, A4, A5, B0, … (8) (1-7)" in told(many)[0]


def test_what_cannot_be_read_does_not_keep_the_rest_from_being_checked() -> None:
    broken = GOOD + "  - {id: 9 x, text: {en: Three, fr: Trois}, unable: maybe}\n  - {id: a1, txt: Four}\n"
    assert told(broken.replace("title:", "tittle:").replace("2027-01-11 09:00", "soon")) == [
        "study.yaml:1: title: is missing: add it",
        "study.yaml:2: tittle: `tittle` is unknown here: did you mean `title`?",
        "study.yaml:11: rounds.1.opens: 'soon' is no time: write it as 2027-01-11 09:00",
        "study.yaml:16: items.3.id: '9 x' cannot be one: begin with a letter; up to 16 letters, digits and . _ -",
        "study.yaml:16: items.3.unable: 'maybe' is neither: write true or false",
        "study.yaml:17: items.4.text: is missing: add it",
        "study.yaml:17: items.4.txt: `txt` is unknown here: did you mean `text`?",
    ]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("closes: 2027-01-24", "closes: 2027-01-02", "11: rounds.1.closes: closes at 2027-01-02 24:00, before it"),
        ("opens: 2027-02-01", "opens: 2027-01-20", "rounds.2.opens: opens at 2027-01-20 09:00, before round 1 is over"),
        ("group: farmers}", "group: farmer}", "panel.1.group: farmer is none of the groups: farmers"),
        (
            "account: telegram:1,",
            "account: Ada,",
            "panel.1.account: Ada is no account: write it as telegram:42, slack:T01/U02",
        ),
        ("ends: {", "scale: 1-50\nends: {", "items.1.scale: has 50 points"),
        (
            "ends: {low: {en: bad, fr: mauvais}, high: {en: good, fr: bon}}",
            "",
            "items.1: the ends of the scale have no",
        ),
        ("languages:", "stopping: {least_rounds: 4, most_rounds: 2}\nlanguages:", "`least_rounds` is 4 and"),
        ("languages:", "consensus: {threshold: 40 %}\nlanguages:", "a threshold of 40 % decides nothing"),
        ("languages:", "consensus: {threshold: most}\nlanguages:", "'most' is no share: write 75 %, 0.75 or 3/4"),
        (
            "text: {en: One, fr: Un}",
            "kind: choice, text: {en: One, fr: Un}, options: []",
            "has 0 options: give at least",
        ),
        ("text: {en: One, fr: Un}", "kind: number, measure: money, text: {en: One, fr: Un}", "needs its currency"),
        (
            "text: {en: One, fr: Un}",
            "kind: choise, text: {en: One, fr: Un}",
            "is of no known kind: choose one of scale",
        ),
        ("Two", "T" * 1001, "items.2.text.en: is 1001 characters long in en, and 1000 are the most"),
        ("opens: 2027-01-11 09:00,", "opens: 2027-01-11T09:00:00Z,", "write it without a time zone"),
        ("items:\n", "items: items.csv\nx:\n", "items.csv cannot be read (No such file or directory): put it beside"),
        ("study: soil", "study: [soil", "is no YAML: "),
    ],
)
def test_a_mistake_is_named_with_what_to_do(before: str, after: str, says: str) -> None:
    assert before in GOOD
    problems = told(GOOD.replace(before, after))
    assert any(says in problem for problem in problems), problems


def test_what_is_only_missing_for_publishing_can_be_kept_as_a_draft() -> None:
    definition = read(GOOD.replace("panel:\n  - {account: telegram:1, group: farmers}\n", "").replace("Deux", '""'))
    assert definition.protocol is not None
    assert [each.problem.id for each in definition.standing_in_the_way({Weight.PUBLISHING})] == [
        "nobody",
        "untranslated_items",
    ]


def test_every_problem_has_its_words() -> None:
    """In the catalogues too, for who checks a study in a conversation; with the same things filled in."""
    for language, words in load().items():
        for id, said in SAID.items():
            if id != "file":
                filled_in = dict.fromkeys(re.findall(r"{(\w+)}", said), "x")
                assert words.plain(f"study.problem.{id}", **filled_in), language


TABLE = """\
id,kind,text_en,text_fr,options_en,options_fr,measure,least,unable,proposals
A1,,One,Un,,,,,,
A2,choice,Which,Laquelle,a: Apple | b: Pear,a: Pomme | b: Poire,,,no,
A3,number,When,Quand,,,year,2026,,
P1,open,What else,Quoi d’autre,,,,,no,yes
"""


def test_items_come_from_a_spreadsheet_as_from_the_definition() -> None:
    book = Workbook()
    for row in TABLE.splitlines():
        book.active.append([cell or None for cell in row.split(",")])  # type: ignore[union-attr]  # a new book has a sheet
    file = io.BytesIO()
    book.save(file)
    from_csv, from_xlsx = read_items(TABLE.encode(), "items.csv"), read_items(file.getvalue(), "items.xlsx")
    assert from_csv.problems == from_xlsx.problems == []
    assert from_csv.items == from_xlsx.items
    _, choice, number, asking = from_csv.items
    assert isinstance(choice, ChoiceItem)
    assert [option.text for option in choice.options] == [{"en": "Apple", "fr": "Pomme"}, {"en": "Pear", "fr": "Poire"}]
    assert isinstance(number, NumberItem)
    assert (number.least, number.measure, choice.unable) == (2026, "year", False)
    assert isinstance(asking, OpenItem)
    assert asking.proposals
    protocol = taken(
        GOOD[: GOOD.index("items:")].replace("panel:", "open_panel: true\npanel:") + "items: items.csv",
        items_csv=TABLE[: TABLE.index("P1")].encode(),
    )
    assert [item.id for item in protocol.items] == ["A1", "A2", "A3"]


def test_a_spreadsheet_is_told_its_mistakes_by_rows() -> None:
    broken = TABLE.replace("unable", "unsure").replace("A3,number", "A2,numbr") + "A9,,,,,,,,,\n"
    head = GOOD[: GOOD.index("items:")]
    assert told(head + "items: items.csv", items_csv=broken.encode())[:3] == [
        "study.yaml:13: items: items.csv, row 1: no column is called 'unsure': use id, kind, scale, unable, comment, "
        "proposals, measure, currency, least, most, text_en and so on",
        "study.yaml:13: items: items.csv, row 4: is of no known kind: choose one of scale, agree, choice, ranking, "
        "number, open",
        "study.yaml:13: items: items.csv, row 6: has no text: fill in text_en, or another language",
    ]
    twice = TABLE.replace("A2,choice", "A1,choice").encode()
    assert "items.csv:3: items.2.id" not in told(head + "items: items.csv", items_csv=twice)[0]
    assert any(
        "items.1.id: A1 is used twice" in each and "(lines 2 and 3)" in each
        for each in told(head + "items: items.csv", items_csv=twice)
    )
