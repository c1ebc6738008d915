"""The scarce good: what a burst of many teams on one account waits, when the gateway allows ten requests a second."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import uuid4

from bot.crm import CRMs, Pacer, Twenty, http_client
from bot.errors import BotError, RateLimited
from bot.models import ConnectionId, Kind
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples

READS = 3
"""A `find` costs three requests and one for names; the burst's words find nothing that would have to be named."""


@dataclass(slots=True)
class Burst:
    """What each waited, in seconds, and what went wrong."""

    teams: int
    per_second: int
    finds: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    suggestions: list[float] = field(default_factory=list)
    unsuggested: int = 0
    refused: list[str] = field(default_factory=list)
    requests: int = 0
    too_many: int = 0

    @property
    def fair_share(self) -> float:
        """Seconds that the allowance needs for everybody's reads."""
        return self.teams * READS / self.per_second

    def __str__(self) -> str:
        lines = (
            f"{self.teams} teams ask at once, {self.per_second} requests a second allowed for all of them together",
            f"  fair share of a look-up {self.fair_share:.1f} s; waited {_spread(self.finds)}",
            f"  confirmed writes in between waited {_spread(self.writes)}",
            f"  suggestions: {len(self.suggestions)} given, {self.unsuggested} left empty at once",
            f"  of {self.requests} requests the gateway refused {self.too_many}; people: {len(self.refused)}",
        )
        return "\n".join(lines)


async def burst(*, teams: int, per_second: int, writers: int, typists: int) -> Burst:
    """Everybody at once; then some confirm a write and some type, while the line is longest."""
    seen, maton = Burst(teams, per_second), FakeMaton()
    ids = [ConnectionId(maton.connect(FakeCRM("current", samples.globex()))) for _ in range(teams)]
    maton.limit(per_second)
    async with maton.serve() as url, http_client(api_key=maton.api_key, base_url=url) as http:
        crms = CRMs(http, pacer=Pacer(per_second=per_second))
        asked = [asyncio.create_task(_timed(crms.of(each).find("zzzz"), seen.finds, seen)) for each in ids]
        await asyncio.sleep(0.5)
        asked += [asyncio.create_task(_timed(_written(crms.of(each)), seen.writes, seen)) for each in ids[:writers]]
        asked += [asyncio.create_task(_suggested(crms.of(each), seen)) for each in ids[:typists]]
        await asyncio.gather(*asked)
    seen.requests, seen.too_many = len(maton.log), sum(each.status == 429 for each in maton.log)
    return seen


async def _timed(work: Awaitable[object], waited: list[float], seen: Burst) -> None:
    began = time.perf_counter()
    try:
        await work
        waited.append(time.perf_counter() - began)
    except BotError as error:
        seen.refused.append(f"{type(error).__name__}: {error}")


async def _written(crm: Twenty) -> None:
    record_id = str(uuid4())
    await crm.create(Kind.NOTE, record_id, {"title": "Call"})


async def _suggested(crm: Twenty, seen: Burst) -> None:
    began = time.perf_counter()
    try:
        await crm.suggest("glo", (Kind.COMPANY,))
        seen.suggestions.append(time.perf_counter() - began)
    except RateLimited:
        seen.unsuggested += 1


def _spread(waited: list[float]) -> str:
    if not waited:
        return "nothing"
    ordered = sorted(waited)
    return f"median {ordered[len(ordered) // 2]:.1f} s, most {ordered[-1]:.1f} s"
