"""`python -m tests.outreach.process`: a worker like `engage worker`'s, whose leases last for a second only.

It is known to the database by its process id, so that a test can kill the one that holds a sender.
"""

import asyncio
import os
from datetime import timedelta

import uvloop

from bot.app import assemble, told_to_stop
from bot.outreach import rates
from bot.outreach.worker import Worker
from bot.settings import read_settings


async def main() -> None:
    settings = read_settings("worker")
    async with assemble(settings) as app:
        assert app.telegram is not None
        assert app.slack is not None
        worker = Worker(
            app.database,
            {each.sender.name: each.sender for each in (app.telegram, app.slack)},
            {
                app.telegram.sender.name: rates.telegram(settings.telegram_rate, 1, 20),
                app.slack.sender.name: rates.slack(1, settings.slack_workspace_rate),
            },
            app.clock,
            asyncio.get_running_loop().time,
            str(os.getpid()),
            lease=timedelta(seconds=1),
            longest_send=timedelta(seconds=0.4),
        )
        running = asyncio.create_task(worker.run())
        told = asyncio.create_task(told_to_stop())
        await asyncio.sleep(0)
        print(f"listens {os.getpid()}", flush=True)  # to signals, from now on
        await told
        worker.stop()
        await running


if __name__ == "__main__":
    uvloop.run(main())
