"""An open modal as a person sees it: what it asks, what it offers, what it holds, and what is wrong with that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.inputs import elements, labels_of, options
from sandbox.slack.state import View
from sandbox.slack.text import block_lines, button_labels

FieldKind = Literal["words", "one", "several", "files"]
_KINDS: dict[str, FieldKind] = {
    "radio_buttons": "one",
    "static_select": "one",
    "checkboxes": "several",
    "multi_static_select": "several",
    "file_input": "files",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One input. `value` is what it holds: words, the labels of options, or the names of files. `live` inputs tell the
    app what was chosen, and it may change the form. `id` is how the person points at it when two have one label."""

    id: str
    kind: FieldKind
    label: str
    hint: str
    options: tuple[str, ...]
    value: tuple[str, ...]
    optional: bool
    live: bool
    error: str


@dataclass(frozen=True, slots=True)
class Modal:
    """The modal on top. `text` is all of it, `errors` are by the label of their field."""

    id: str
    title: str
    text: str
    fields: tuple[Field, ...]
    buttons: tuple[str, ...]
    errors: dict[str, str]
    submit: str | None

    def __str__(self) -> str:
        errors = "".join(f"\n! {label}: {text}" for label, text in self.errors.items())
        return f"== {self.title} ==\n{self.text}{errors}\n[{self.submit or 'Close'}]"

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(field.label for field in self.fields)

    def field(self, label: str) -> Field:
        """The field with this label; LookupError when there is none."""
        for field in self.fields:
            if field.label == label:
                return field
        raise LookupError(f"the modal has no field {label!r}, only {list(self.labels)}")

    @property
    def shape(self) -> tuple[object, ...]:
        """What would strike the eye if it changed: the questions, not what was filled in."""
        return (self.id, self.title, *((field.id, field.options, field.error) for field in self.fields))


def read_modal(view: View) -> Modal:
    """What a modal asks."""
    labels = labels_of(view.blocks)
    return Modal(
        view.id,
        view.source["title"]["text"],
        "\n".join(block_lines(view.blocks, view.values)),
        tuple(_fields(view)),
        tuple(button_labels(view.blocks)),
        {labels.get(block_id, block_id): text for block_id, text in view.errors.items()},
        (view.source.get("submit") or {}).get("text"),
    )


def _fields(view: View) -> Iterator[Field]:
    for block, element in elements(view.blocks):
        if block["type"] != "input":
            continue
        labels = {option["value"]: option["text"]["text"] for option in options(element)}
        held = view.values.get(block["block_id"], {}).get(element["action_id"]) or []
        kind = _KINDS.get(element["type"], "words")
        if kind == "files":
            held = [file["name"] for file in held]
        yield Field(
            block["block_id"],
            kind,
            block["label"]["text"],
            (block.get("hint") or {}).get("text", ""),
            tuple(labels.values()),
            tuple(labels.get(one, str(one)) for one in (held if isinstance(held, list) else [held])),
            bool(block.get("optional")),
            bool(block.get("dispatch_action")),
            view.errors.get(block["block_id"], ""),
        )
