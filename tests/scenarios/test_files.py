"""Pictures and documents in a conversation, in both directions and on both platforms."""

from collections.abc import Mapping
from gettext import GNUTranslations

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select

from bot.chat.limits import LARGEST_UPLOAD
from bot.chat.markup import Markup, text
from bot.chat.messages import File, Rows
from bot.flows import router
from bot.flows.flow import Attach, Beginning, Ending, Flow, Write
from bot.flows.turn import Turn
from bot.locales import Words, load, read
from sandbox.slack.person import SlackPerson
from sandbox.telegram.person import TelegramPerson
from storage import files
from storage.schema import files as table
from tests.shelf import PNG
from tests.stage import Actor, Stage

WORDS = {
    "visit.title": "A visit",
    "visit.over": "The visit is over.",
    "visit.review": "*Please check*",
    "visit.send": "Send it",
    "visit.about.intro": "About the visit",
    "visit.place.ask": "*Where was it?*",
    "visit.place.label": "Place",
    "visit.photos.ask": "*Do you have photos of it?*",
    "visit.photos.label": "Photos",
    "visit.plan.ask": "*Is there a plan?*",
    "visit.plan.label": "Plan",
}


class Visit(BaseModel):
    place: str | None = None
    photos: list[str] | None = None
    plan: list[str] | None = None


async def _begin(_turn: Turn, _argument: str) -> Beginning:
    return Beginning({})


async def _finish(turn: Turn, answers: Visit) -> Ending:
    given = [int(id) for id in (*(answers.photos or ()), *(answers.plan or ()))]
    await files.adopt(await turn.connection(), given, "visit 1")
    return Ending(text("Thank you for the visit."))


def _as_written(_turn: Turn, written: str) -> str:
    return written


VISIT: Flow[Visit] = Flow(
    name="visit",
    version=1,
    answers=Visit,
    begin=_begin,
    finish=_finish,
    steps=(
        Write(id="place", page="about", read=_as_written),
        Attach(id="photos", page="about", most=3, only_pictures=True),
        Attach(id="plan"),
    ),
)


async def _shown(turn: Turn, argument: str) -> tuple[Markup, Rows] | tuple[Markup, Rows, File]:
    """The first file of the visit with its words; `objectives_words` shows the words alone."""
    rows = turn.onward((("start.help", "help"), ("start.objectives", "objectives_words")))
    if argument == "words":
        return text("Only words."), rows
    stored = (await files.of(await turn.connection(), "visit 1"))[0]
    return text("This is the visit."), rows, File(stored.id, stored.name, stored.kind, "The place")


class _More(GNUTranslations):
    """A catalogue with the words of the visit in it."""

    def __init__(self, base: GNUTranslations, more: Mapping[str, str]) -> None:
        super().__init__()
        self._base, self._more = base, more

    def gettext(self, message: str) -> str:
        return self._more.get(message) or self._base.gettext(message)


@pytest.fixture(autouse=True)
def _visits(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/join` leads to the visit, and `/objectives` to what came of it."""
    scene.app.house.words = {**load(), "en": Words("en", _More(read("en"), WORDS))}
    monkeypatch.setattr(router, "FLOWS", {**router.FLOWS, "join": VISIT, "visit": VISIT})
    monkeypatch.setattr(router, "VIEWS", {**router.VIEWS, "objectives": _shown})


async def kept(scene: Stage, subject: str = "visit 1") -> list[tuple[str, bytes | None]]:
    """The files about a subject: their names and what has been fetched of them."""
    async with scene.app.database.connect() as connection:
        stored = await files.of(connection, subject)
        return [(file.name, await files.content(connection, file.id)) for file in stored]


async def stored(scene: Stage) -> int:
    """How many files there are at all."""
    async with scene.app.database.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def test_photos_and_a_document_on_telegram(scene: Stage) -> None:
    ada = scene.telegram("ada")
    person = ada.person
    assert isinstance(person, TelegramPerson)
    await ada.say("/join")
    await person.send_photo("field.png", PNG)
    await scene.quiet()
    assert "I cannot use files or pictures for this question" in ada.last.text
    await ada.say("Kaolack")

    assert "Do you have photos of it?" in ada.last.text
    await ada.say("no idea")
    assert "Please send a picture or a document here, or use the buttons." in ada.last.text
    await person.send_document("plan.pdf", b"%PDF")
    await scene.quiet()
    assert "plan.pdf is not a picture that I can show." in ada.last.text
    assert "Tap the paper clip" in ada.last.text
    await person.send_photo("field.png", PNG, "Our field")
    await scene.quiet()
    assert "Received: photo.jpg.\nYou can send another one (up to 3), or tap Done." in ada.last.text
    await ada.tap("Remove")
    assert "Received" not in ada.last.text
    for picture in (PNG, PNG + b"2"):
        await person.send_photo("field.png", picture)
        await scene.quiet()
    assert "Received: photo.jpg, photo.jpg." in ada.last.text
    await ada.say("done")

    assert "Is there a plan?" in ada.last.text
    await person.send_document("film.mov", bytes(LARGEST_UPLOAD + 1))
    await scene.quiet()
    assert "film.mov is too large: it has 21 MB, and I can take 20 MB at most." in ada.last.text
    await person.send_document("plan.pdf", b"%PDF")
    await scene.quiet()
    assert "Photos: photo.jpg, photo.jpg\nPlan: plan.pdf" in ada.last.text
    await ada.tap("Change an answer")
    await ada.tap("3")
    assert "Received: plan.pdf.\nTap Done to go on, or Remove to send something else." in ada.last.text
    await person.send_document("better plan.pdf", b"%PDF 2")
    await scene.quiet()
    assert "Plan: better plan.pdf" in ada.last.text
    await ada.tap("Send it")
    ada.sees("Thank you for the visit.")

    await scene.app.fetching.tick()
    assert await kept(scene) == [("photo.jpg", PNG), ("photo.jpg", PNG + b"2"), ("better plan.pdf", b"%PDF 2")]
    await ada.say("/objectives")
    assert (ada.last.text, ada.last.pictures, ada.last.buttons[0]) == ("This is the visit.", 1, "Help")
    await ada.tap("Objectives")
    assert (ada.last.text, ada.last.pictures) == ("Only words.", 0)
    await ada.tap("Objectives", ada.last)
    await erased(scene, ada)


async def test_photos_and_a_document_in_slack(scene: Stage) -> None:
    ada = scene.slack("ada")
    person = ada.person
    assert isinstance(person, SlackPerson)
    await ada.say("/join")
    await person.until(lambda: person.modal is not None)
    errors = await person.submit({"Place": "Kaolack", "Photos": [person.upload("plan.pdf", b"%PDF")]})
    assert errors == {
        "Photos": "plan.pdf is not a picture that I can show. Please send a photo, or a PNG, JPEG or GIF file."
    }
    assert await person.submit({"Photos": [person.upload("a.png", PNG), person.upload("b.png", PNG + b"2")]}) == {}
    await scene.quiet()

    assert "Is there a plan?" in ada.last.text
    await person.send_document("plan.pdf", b"%PDF")
    await scene.quiet()
    assert "Photos: a.png, b.png\nPlan: plan.pdf" in ada.last.text
    await ada.tap("Change an answer")
    await ada.tap("2")
    await ada.fill({"Photos": [person.upload("c.png", PNG + b"3")]})
    await ada.tap("Send it")

    await scene.app.fetching.tick()
    found = await kept(scene)
    assert sorted(found) == [("a.png", PNG), ("b.png", PNG + b"2"), ("c.png", PNG + b"3"), ("plan.pdf", b"%PDF")]
    await ada.say("/objectives")
    assert (ada.last.pictures, ada.last.text.splitlines()[:2]) == (1, ["This is the visit.", "(The place)"])
    await ada.tap("Objectives")
    assert (ada.last.text.splitlines()[0], ada.last.pictures) == ("Only words.", 0)
    await erased(scene, ada)


async def test_what_was_sent_goes_with_the_answers(ada: Actor, scene: Stage) -> None:
    await ada.say("/join")
    await ada.say("Kaolack")
    for _ in range(2):
        await ada.person.send_document("field.png", PNG)
        await scene.quiet()
        assert "Received: field.png." in ada.last.text
        await ada.say("remove")
        assert "Received" not in ada.last.text
    await ada.person.send_document("field.png", PNG)
    await scene.quiet()
    await ada.tap("Save for later")
    assert await stored(scene) == 1
    await ada.tap("Delete my answers")
    assert await stored(scene) == 0


async def erased(scene: Stage, ada: Actor) -> None:
    """Nothing of what Ada sent is left when she has herself erased."""
    assert await stored(scene) > 0
    await ada.say("/privacy")
    ada.sees("Pictures and documents that you send with an answer")
    await ada.tap("Erase my data")
    await ada.tap("Yes, erase everything")
    assert await stored(scene) == 0
