"""Formatted text as Telegram reads it: HTML in, plain text and entities out, measured in UTF-16 units.

Source: core.telegram.org/bots/api#html-style and #messageentity.
"""

import html
import re
from dataclasses import dataclass

from sandbox.wire import JSON

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "span": "spoiler",
    "blockquote": "blockquote",
}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_FOUND = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)\]])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?<!\w)(?P<hashtag>\#\w*[^\W\d]\w*)"
)


class UnparsableText(ValueError):
    """What is wrong with the markup, in the platform's words."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text without markup, and its entities sorted by offset; offsets and lengths in UTF-16 units."""

    text: str
    entities: tuple[JSON, ...] = ()


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: characters beyond the basic plane count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def parse_html(source: str) -> Formatted:
    """Text and entities of a message in HTML style; UnparsableText when it is malformed."""
    text: list[str] = []
    length = 0
    opened: list[tuple[str, JSON]] = []
    entities: list[JSON] = []
    at = 0
    while at < len(source):
        character = source[at]
        if character == "<":
            tag = _TAG.match(source, at)
            offset = len(source[:at].encode())
            if tag is None:
                raise UnparsableText(f"Unsupported or unclosed start tag at byte offset {offset}")
            name = tag[2].lower()
            if tag[1]:
                _close(name, offset, opened, entities, length)
            else:
                opened.append((name, _open(name, tag[3], offset, length, opened)))
            at = tag.end()
            continue
        reference = _CHARACTER.match(source, at) if character == "&" else None
        if reference:
            character = html.unescape(reference[0])
            at = reference.end()
        else:
            at += 1
        text.append(character)
        length += utf16_length(character)
    if opened:
        raise UnparsableText(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return Formatted("".join(text), tuple(sorted(entities, key=lambda e: (e["offset"], -e["length"]))))


def _open(name: str, attributes: str, offset: int, length: int, opened: list[tuple[str, JSON]]) -> JSON:
    given = {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(attributes)
    }
    if name not in TAGS:
        raise UnparsableText(f'Unsupported start tag "{name}" at byte offset {offset}')
    if name == "span" and given.get("class") != "tg-spoiler":
        raise UnparsableText(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    entity: JSON = {"type": TAGS[name], "offset": length}
    if name == "a":
        entity["url"] = given.get("href", "")
    if name == "blockquote" and "expandable" in given:
        entity["type"] = "expandable_blockquote"
    if name == "code" and opened and opened[-1][0] == "pre":
        language = given.get("class", "")
        if language.startswith("language-"):
            opened[-1][1]["language"] = language.removeprefix("language-")
    return entity


def _close(name: str, offset: int, opened: list[tuple[str, JSON]], entities: list[JSON], length: int) -> None:
    if not opened:
        raise UnparsableText(f"Unexpected end tag at byte offset {offset}")
    start, entity = opened.pop()
    if start != name:
        raise UnparsableText(f'Unmatched end tag at byte offset {offset}, expected "</{start}>", found "</{name}>"')
    entity["length"] = length - entity["offset"]
    within_pre = name == "code" and bool(opened) and opened[-1][0] == "pre"
    without_address = name == "a" and not entity["url"].startswith(("http://", "https://", "tg://", "mailto:"))
    if entity["length"] and not within_pre and not without_address:
        entities.append(entity)


def trimmed(formatted: Formatted) -> Formatted:
    """Without the empty lines before it and the white space after it, as every message is stored."""
    body = formatted.text.rstrip()
    start = len(body) - len(body.lstrip("\n"))
    body = body[start:]
    size = utf16_length(body)
    kept = []
    for entity in formatted.entities:
        begin = max(entity["offset"] - start, 0)
        end = min(entity["offset"] + entity["length"] - start, size)
        if end > begin:
            kept.append({**entity, "offset": begin, "length": end - begin})
    return Formatted(body, tuple(kept))


def with_found_entities(formatted: Formatted) -> Formatted:
    """Adds what Telegram finds by itself: addresses, commands, mentions and hashtags outside other entities."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in formatted.entities
        if entity["type"] in ("text_link", "code", "pre")
    ]
    found = list(formatted.entities)
    for match in _FOUND.finditer(formatted.text):
        offset = utf16_length(formatted.text[: match.start()])
        length = utf16_length(match[0])
        if not any(offset < end and begin < offset + length for begin, end in taken):
            found.append({"type": str(match.lastgroup), "offset": offset, "length": length})
    return Formatted(formatted.text, tuple(sorted(found, key=lambda e: (e["offset"], -e["length"]))))
