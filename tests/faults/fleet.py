"""Real `crm-bot serve` processes on one PostgreSQL, killed with `-9` and started again."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from tests.faults.street import Doors

READY_WITHIN = 30.0
NOTICED_AFTER = 0.3
"""Seconds until a load balancer sends nothing more to a dead process; till then Slack cannot connect."""


@dataclass(slots=True)
class Ship:
    """One place in the fleet: the same port for each process that takes it."""

    port: int
    process: asyncio.subprocess.Process | None = None

    @property
    def events_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/slack/events"


@dataclass(slots=True)
class Fleet:
    """Keeps so many processes alive, and kills one now and then."""

    environment: Mapping[str, str]
    doors: Doors
    directory: Path
    size: int
    ships: list[Ship] = field(default_factory=list)
    kills: int = 0

    async def set_out(self) -> None:
        """Start everything."""
        self.ships = [Ship(free_port()) for _ in range(self.size)]
        await asyncio.gather(*(self._man(ship) for ship in self.ships))

    async def storm(self, every: float, dice: Random, most: int | None = None) -> None:
        """Until cancelled: kill a process every so many seconds while another lives, and start one in its place."""
        async with asyncio.TaskGroup() as sinking:
            while most is None or self.kills < most:
                await asyncio.sleep(every * dice.uniform(0.6, 1.4))
                sailing = [ship for ship in self.ships if ship.events_url in self.doors.urls]
                if len(sailing) > 1:
                    self.kills += 1
                    sinking.create_task(self.sink(dice.choice(sailing)))

    async def sink(self, ship: Ship) -> None:
        """`kill -9` and a new process."""
        assert ship.process
        ship.process.kill()
        await ship.process.wait()
        await asyncio.sleep(NOTICED_AFTER)
        if ship.events_url in self.doors.urls:
            self.doors.urls.remove(ship.events_url)
        await self._man(ship)

    async def come_home(self) -> None:
        """End all processes, gracefully."""
        for ship in self.ships:
            if ship.process and ship.process.returncode is None:
                ship.process.terminate()
        await asyncio.gather(*(ship.process.wait() for ship in self.ships if ship.process))

    async def _man(self, ship: Ship) -> None:
        with (self.directory / f"serve_{ship.port}.log").open("ab") as log:
            ship.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve"),
                env={**os.environ, **self.environment, "PORT": str(ship.port)},
                stderr=log,
                stdout=log,
            )
        await self._ready(ship)
        self.doors.urls.append(ship.events_url)

    async def _ready(self, ship: Ship) -> None:
        deadline = time.monotonic() + READY_WITHIN
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                try:
                    async with session.get(f"http://127.0.0.1:{ship.port}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        raise TimeoutError(f"a process on port {ship.port} does not get ready; see {self.directory}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
