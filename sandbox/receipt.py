"""What becomes of something delivered to the bot."""

import asyncio
from contextlib import suppress


class Receipt:
    """Finished once the bot has acknowledged a delivery, or the platform has given up on it."""

    def __init__(self) -> None:
        self._finished = asyncio.Event()
        self.acknowledged = False

    def finish(self, acknowledged: bool) -> None:
        self.acknowledged = acknowledged
        self._finished.set()

    @property
    def finished(self) -> bool:
        return self._finished.is_set()

    async def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; tells whether the bot has acknowledged."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._finished.wait()
        return self.acknowledged
