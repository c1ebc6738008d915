"""The real bot as a process of its own: started, killed without warning, started again.

It gets nothing but environment variables, exactly as an operator would set them.
"""

import asyncio
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import aiohttp

import bot

Health = Literal["starting", "ready", "stopped"]
LOOK_AGAIN = 0.05
STARTS_WITHIN = 60.0
STOPS_WITHIN = 15.0
KEPT_LINES = 400


class DidNotStart(Exception):
    """The bot ended, or was not ready in time; the message holds what it said last."""


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """`crm-bot serve` under this environment, in `folder`. `log` holds its last lines."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path, url: str) -> None:
        self.health: Health = "stopped"
        self.log: deque[str] = deque(maxlen=KEPT_LINES)
        self.starts = 0
        self.url = url
        self.environment = {**environment, "PYTHONPATH": str(Path(bot.__file__).parents[1]), "PYTHONUTF8": "1"}
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever its health changes."""
        self._listeners.append(listener)

    async def run(self, *arguments: str) -> str:
        """Run `crm-bot` with these arguments to its end; what it printed. `DidNotStart` when it failed."""
        process = await self._spawn(*arguments)
        output, _ = await process.communicate()
        if process.returncode:
            raise DidNotStart(output.decode(errors="replace").strip())
        return output.decode(errors="replace")

    async def start(self) -> None:
        """Start it and wait until `/readyz` says so; nothing when it runs already."""
        if self._process is not None:
            return
        self._become("starting")
        self.starts += 1
        self._process = await self._spawn("serve")
        self._watching = asyncio.create_task(self._watch(self._process))
        await self._until_ready()
        self._become("ready")

    async def kill(self) -> None:
        """`kill -9`: it gets no chance to finish anything."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, as a supervisor does; it is killed when it takes too long."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        if process.returncode is None:
            process.send_signal(how)
        try:
            await asyncio.wait_for(asyncio.shield(watching), STOPS_WITHIN)
        except TimeoutError:
            process.kill()
            await watching

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            env=self.environment,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the sandbox only, which then stops the bot in order
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 -- for the type checker: it was asked for
        async for line in process.stdout:
            self.log.append(line.decode(errors="replace").rstrip())
        await process.wait()
        self._process = None
        self._become("stopped")

    async def _until_ready(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN
        async with aiohttp.ClientSession() as session:
            while not await _answers(session, f"{self.url}/readyz"):
                if self._process is None or time.monotonic() > ends:
                    raise DidNotStart("\n".join(list(self.log)[-20:]) or "it said nothing")
                await asyncio.sleep(LOOK_AGAIN)

    def _become(self, health: Health) -> None:
        self.health = health
        for listener in self._listeners:
            listener()


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, OSError):
        return False
