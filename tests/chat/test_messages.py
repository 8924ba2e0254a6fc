"""What was put into the outbox is what comes out of it, whatever people wrote into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.chat.markup import Run
from bot.chat.messages import Button, Choice, Field, File, Form, Home, Message, Say, Section, decode, encode

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
markup = st.lists(st.builds(Run, words, st.sampled_from(("plain", "bold", "italic", "code")), words), max_size=3)
button = st.builds(Button, words, words, st.sampled_from(("plain", "primary", "danger")), words)
buttons = st.lists(st.lists(button, max_size=3).map(tuple), max_size=3).map(tuple)
fields = st.builds(
    Field,
    words,
    st.sampled_from(("text", "paragraph", "choice", "choices", "files")),
    words,
    words,
    st.lists(st.builds(Choice, words, words), max_size=3).map(tuple),
    st.lists(words, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.integers(1, 10),
    st.booleans(),
)
file = st.builds(File, st.integers(1, 2**53), words, st.sampled_from(("picture", "document")), words)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Say, markup.map(tuple), buttons, words, st.none() | file),
    st.builds(Form, words, words, words, words, st.lists(fields, max_size=3).map(tuple), markup.map(tuple)),
    st.builds(Home, st.lists(st.builds(Section, words, markup.map(tuple), buttons), max_size=2).map(tuple)),
)


@given(messages)
def test_a_message_survives_the_outbox(message: Message) -> None:
    assert decode(encode(message)) == message
    assert decode(encode(message).decode()) == message


def test_a_message_that_was_stored_before_there_were_files_is_read() -> None:
    stored = '{"kind": "say", "text": [{"text": "Hello", "style": "plain", "url": ""}], "buttons": [], "edits": "7"}'
    assert decode(stored) == Say((Run("Hello"),), edits="7")


@pytest.mark.parametrize("stored", ["", "{}", '{"kind": "shout", "text": []}', '{"kind": "say"}', "null"])
def test_what_is_no_message_is_refused(stored: str) -> None:
    with pytest.raises(ValidationError):
        decode(stored)
