"""The processes under load: started, watched from outside, and ended with us."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTING_SECONDS = 30
ENDING_SECONDS = 20


class Failed(Exception):
    """A process did not start, or did not live to the end."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that listens on `port`."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """What it has used so far, in user and system mode, all threads together. Reads Linux's /proc."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def all_cpu_seconds() -> float:
    """What everything on this machine has used so far, on all cores; also what its host took away."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> AsyncIterator[Running]:
    """Starts `python command…` in the folder, with PORT set to a free port, and waits until it listens. Ends it by
    SIGINT, so that it can write down what it holds, and by SIGKILL when that takes too long. Raises `Failed` with the
    end of its log."""
    port, log = _free_port(), folder / "log"
    # Nothing of the caller's own set-up reaches it, and Ctrl-C reaches it through us alone.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        **environment,
        "PORT": str(port),
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                while not await _listens(port):
                    if process.returncode is not None:
                        raise Failed(f"{command[-1]} ended with {process.returncode}:\n{_end_of(log)}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Failed(f"nobody listens after {STARTING_SECONDS} s:\n{_end_of(log)}") from None
        yield Running(process.pid, port)
        if process.returncode is not None:
            raise Failed(f"ended with {process.returncode} under load:\n{_end_of(log)}")
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), ENDING_SECONDS)
    except TimeoutError:
        raise Failed(f"did not end within {ENDING_SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-30:])
