"""The bot as real processes, which are killed and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

OURS = ("DATABASE_", "TELEGRAM_", "SLACK_")
SHAME = ("Traceback", "event_failed", "event_not_committed", "group_failed", "send_crashed", "send_failed", "crashed")
"""What a log must not hold, however often its process was killed."""


class BotProcess:
    """`engage <command>`. What it writes to standard error, over all its lives, is in `log`."""

    def __init__(self, command: str, settings: Mapping[str, str], folder: Path) -> None:
        self.command = command
        self.log = folder / f"{command}.log"
        self._folder = folder
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(OURS)} | dict(settings)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns at once; the process takes a while until it listens."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                f"from bot.cli import main; main([{self.command!r}])",
                env=self._environment,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """SIGKILL. AssertionError with its last words when it had ended by itself."""
        assert self._process is not None
        assert self._process.returncode is None, f"{self.command} ended by itself:\n{self.last_words()}"
        self._process.kill()
        assert await self._process.wait() == -signal.SIGKILL

    async def stop(self) -> None:
        """SIGTERM, and wait until it has finished what was under way."""
        assert self._process is not None
        assert self._process.returncode is None, f"{self.command} ended by itself:\n{self.last_words()}"
        self._process.terminate()
        await self._process.wait()

    def check_log(self) -> None:
        """AssertionError when something went wrong in it but being killed."""
        written = self.log.read_text(errors="replace")
        assert not any(word in written for word in SHAME), written[-8000:]

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    async def aclose(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def started(*processes: BotProcess) -> AsyncIterator[None]:
    """Run them beside the block."""
    try:
        for process in processes:
            await process.start()
        yield
    finally:
        for process in processes:
            await process.aclose()
