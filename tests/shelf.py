"""Files at hand for senders, without a database."""

from dataclasses import dataclass, field

from bot.outreach.delivery import Content

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000010802000000"
    "7b40e8dd0000000d4944415408d763f8ffff3f000005fe02fe33c8e3"
    "000000000049454e44ae426082"
)
"""A picture of 2 × 1 pixels."""


@dataclass(slots=True)
class HandyFiles:
    """What is on the shelf, by id, and what was said to be uploaded where."""

    contents: dict[int, Content] = field(default_factory=dict)
    uploaded: dict[tuple[int, str], str] = field(default_factory=dict)
    loaded: list[int] = field(default_factory=list)

    async def reference(self, id: int, holder: str) -> str:
        return self.uploaded.get((id, holder), "")

    async def load(self, id: int) -> Content | None:
        self.loaded.append(id)
        return self.contents.get(id)

    async def remember(self, id: int, holder: str, reference: str) -> None:
        self.uploaded[id, holder] = reference
