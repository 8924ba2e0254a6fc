"""What the secretariat's conversations are about: calls, studies, a proposal and a comment that wait, all as lengthy as
they may be."""

from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delphi.checking import LONGEST
from bot.delphi.protocol import ScaleItem
from storage import campaigns, studies
from storage.campaigns import Draft
from storage.schema import answers, proposals, pseudonyms
from tests import panel
from tests.panel import GROUPS, said


async def furnish(connection: AsyncConnection, title: str, now: datetime) -> dict[str, str]:
    """Put all of it there; what each conversation is opened with, by flow."""
    draft, waiting = [await campaigns.create(connection, Draft(title=title), None, now) for _ in range(2)]
    await campaigns.move(connection, waiting, ("draft",), "waiting")
    text = said(*("W" * LONGEST["text"] for _ in range(3)))
    items = [ScaleItem(id=f"A{number}", text=text) for number in range(1, 13)]
    opens = now.replace(tzinfo=None) + timedelta(days=3)
    titles, introduction = said(title, title, title), said(*("W" * 300 for _ in range(3)))
    settings = {"languages": ["en", "fr", "es"], "groups": GROUPS, "title": titles, "introduction": introduction}
    fixed = panel.protocol(opens, items, **settings)
    begun = await studies.create(
        connection, "begun", fixed.model_copy(update={"study": "begun"}).model_dump(mode="json"), None, now
    )
    study = await panel.publish(connection, fixed, now)
    first, item = study.rounds[1], study.items["A1"]
    words = {"round_id": first, "item_id": item}
    proposal = await connection.execute(
        insert(proposals)
        .values(words="W" * 600, language="en", state="waiting", at=now, **words)
        .returning(proposals.c.id)
    )
    pseudonym = await connection.execute(
        insert(pseudonyms).values(study_id=study.id, code="P-7K4QX2").returning(pseudonyms.c.id)
    )
    comment = await connection.execute(
        insert(answers)
        .values(pseudonym_id=pseudonym.scalar_one(), value=7, comment="W" * 600, comment_language="en", **words)
        .returning(answers.c.id)
    )
    asked, one, said_of_it = f"{first}-{item}", str(proposal.scalar_one()), str(comment.scalar_one())
    return {
        "who": f"{draft}-only",
        "when": str(draft),
        "sendback": str(waiting),
        "making": "",
        **dict.fromkeys(("draftitem", "itemsfile", "seats"), str(begun)),
        **dict.fromkeys(("reword", "merge", "split"), asked),
        "extend": f"{study.id}-1",
        "endstudy": str(study.id),
        **dict.fromkeys(("accept", "reject"), one),
        "editcomment": said_of_it,
    }
