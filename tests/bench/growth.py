"""Growth: CPU per command and per click with few and with many teams, stored proposals, and CRM records.

The small and the large run side by side and take turns portion by portion, so that a busy machine is busy for both.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, text

from bot.proposal import State
from bot.sandbox.twenty.sample_words import COMPANIES
from bot.store import Sealing, Store
from tests.bench import click_road, contenders, lookup_road, ours
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender, Process
from tests.bench.figures import Figure, table
from tests.bench.load import Ask, Asking, finds, in_flight
from tests.bench.lookup_road import Stage, staged

PORTIONS = 5
IN_FLIGHT = 8


@dataclass(frozen=True, slots=True)
class Sized:
    """A bot with so much behind it, and what it is asked once it listens on a port."""

    size: int
    served: Contender
    asking: Callable[[int], Asking]


@dataclass(frozen=True, slots=True)
class Growth:
    """Milliseconds of CPU each, portion by portion, at the smaller size and at the larger."""

    what: str
    sizes: tuple[int, int]
    portions: tuple[tuple[float, float], ...]

    @property
    def ratio(self) -> Figure:
        """The larger as a multiple of the smaller, within each portion."""
        return Figure(tuple(large / small for small, large in self.portions))

    def at(self, which: int) -> str:
        """What it costs at the smaller size (0) or the larger (1)."""
        return f"{Figure(tuple(each[which] for each in self.portions))} at {self.sizes[which]:,}"


def ended(many: int) -> Callable[[Connection], None]:
    """Put that many ended proposals and their history in, as copies of one."""

    def work(connection: Connection) -> None:
        for table_name, id in (("proposals", "'old-' || n.i"), ("history", "NULL")):
            columns = [row[1] for row in connection.execute(text(f"PRAGMA table_info({table_name})"))]
            kept = {"id": id, "state": f"'{State.DONE.value}'", "due_at": "NULL", "card_due_at": "NULL"}
            chosen = ", ".join(kept.get(each, f"seed.{each}") for each in columns)
            numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})"
            one = f"(SELECT * FROM {table_name} LIMIT 1) AS seed"
            connection.execute(text(f"INSERT INTO {table_name} {numbers} SELECT {chosen} FROM {one}, n"))

    return work


async def by_teams(directory: Path, sizes: tuple[int, int], commands: int) -> Growth:
    """Look-ups from some of that many teams, in turn; the portion to warm up serves each of those twice."""
    async with staged() as stage:
        one, many = [await _teams(stage, directory / f"teams-{size}", size, commands) for size in sizes]
        return await _compared("installed teams", stage, (one, many), commands)


async def by_proposals(directory: Path, sizes: tuple[int, int], clicks: int) -> Growth:
    """Confirms beside that many proposals of the same team that have ended."""
    async with staged() as stage:
        none, many = [await _stored(directory / f"stored-{size}", size, clicks) for size in sizes]
        return await _compared("stored proposals", stage, (none, many), clicks)


async def by_records(directory: Path, sizes: tuple[int, int], commands: int) -> Growth:
    """Look-ups that find a few among that many records."""
    async with staged() as stage, _crm(sizes[0]) as small, _crm(sizes[1]) as large:
        few = await _records(stage, directory / "few", sizes[0], small)
        many = await _records(stage, directory / "many", sizes[1], large)
        return await _compared("CRM records", stage, (few, many), commands)


async def _teams(stage: Stage, directory: Path, size: int, commands: int) -> Sized:
    await _empty(directory, teams=size)
    served = ours.served(directory, teams=max(size, 2))
    return Sized(size, served, lambda port: finds(stage.slack, port, min(size, commands // 2)))


async def _stored(directory: Path, size: int, clicks: int) -> Sized:
    url = await _empty(directory, teams=1)
    waiting = iter(await click_road.waiting(url, clicks * (PORTIONS + 1) + IN_FLIGHT * (PORTIONS + 2)))
    if size:
        store = await Store.open(url, Sealing([ours.KEY]))
        await store._database.write(ended(size))
        await store.close()
    return Sized(size, ours.served(directory, teams=1), lambda port: click_road.signing(waiting, port))


async def _records(stage: Stage, directory: Path, size: int, crm_port: int) -> Sized:
    await _empty(directory, teams=1)
    served = ours.served(directory, teams=1)
    beside = {**served.environment, "MATON_API_URL": f"http://127.0.0.1:{crm_port}"}
    return Sized(size, replace(served, environment=beside), lambda port: _domains(stage.slack, port))


async def _empty(directory: Path, *, teams: int) -> str:
    """A store with these teams and nothing else."""
    directory.mkdir(parents=True)
    url = f"sqlite:///{directory}/bench.sqlite3"
    await ours.prepared(url, teams)
    return url


@asynccontextmanager
async def _crm(records: int) -> AsyncIterator[int]:
    """A CRM with that many records, at this port."""
    port = contenders.free_port()
    crm = subprocess.Popen([sys.executable, "-m", "tests.bench.big_crm", str(port), str(records)])
    try:
        await lookup_road.up(port, within=120)
        yield port
    finally:
        crm.kill()
        crm.wait()


DOMAINS = 16
"""Companies that take turns, twice as many as are asked for at once, so that no two commands share a request."""


def _domains(standin: slack.SlackStandIn, port: int) -> Asking:
    """A domain that one company has, in the smallest CRM and in the largest; what broad words find is cut at 200."""
    numbers = iter(range(10**9, 2 * 10**9))

    def ask() -> Ask:
        number = next(numbers)
        which = number % DOMAINS
        name, domain, *_ = COMPANIES[which % len(COMPANIES)]
        form = slack.command(f"find n{which}.{domain}", answer_to=standin.url(number), team_id=slack.team(0))
        return Ask(slack.signed(form, port), str(number), f"{name} {which}".encode())

    return ask


async def _compared(what: str, stage: Stage, both: tuple[Sized, Sized], many: int) -> Growth:
    """Both in turn, portion by portion, after one each to warm up."""
    small, large = both
    processes: list[Process] = []
    try:
        for each in both:
            processes.append(stage.start(each.served))
            await contenders.listening(processes[-1])
        of_small, of_large = processes
        portions = [
            (await _portion(stage, small, of_small, many), await _portion(stage, large, of_large, many))
            for _ in range(PORTIONS + 1)
        ]
    finally:
        for process in processes:
            process.end()
    return Growth(what, (small.size, large.size), tuple(portions[1:]))


async def _portion(stage: Stage, sized: Sized, process: Process, many: int) -> float:
    """Milliseconds of CPU for each of `many`."""
    before, asking = process.cpu, sized.asking(process.port)
    sample = await in_flight(stage.slack, process.port, asking, many=IN_FLIGHT, seconds=300, at_most=many)
    if sample.errors:
        raise RuntimeError(sample.errors[0])
    return (process.cpu - before) / sample.answered * 1000


def report(seen: Sequence[Growth]) -> str:
    """A table: what each costs with little and with much."""
    rows = [(each.what, each.at(0), each.at(1), each.ratio) for each in seen]
    return table(("CPU ms each, by", "with little", "with much", "ratio"), rows)


async def measure(
    directory: Path, *, most_teams: int, most_proposals: int, most_records: int, many: int
) -> list[Growth]:
    """All three, small and large."""
    return [
        await by_teams(directory, (1, most_teams), many),
        await by_proposals(directory, (0, most_proposals), many),
        await by_records(directory, (100, most_records), many),
    ]
