"""Growth: CPU per command and per click with few and with many teams, stored proposals, and CRM records."""

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bot.proposal import State
from bot.store import Sealing, Store
from tests.bench import click_road, contenders, lookup_road, ours
from tests.bench import slack_standin as slack
from tests.bench.figures import Figure, table
from tests.bench.load import Ask, Asking, Sample, finds, in_flight
from tests.bench.lookup_road import Stage, staged

PORTIONS = 5
IN_FLIGHT = 8

Row = tuple[str, str, Figure]


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


async def by_teams(directory: Path, sizes: Sequence[int], commands: int) -> list[Row]:
    """Look-ups from some of that many teams, in turn; the portion to warm up serves each of those twice."""
    return await _compared("installed teams", sizes, lambda size: _teams(directory / f"teams-{size}", size, commands))


async def by_proposals(directory: Path, sizes: Sequence[int], clicks: int) -> list[Row]:
    """Confirms beside that many proposals of the same team that have ended."""
    return await _compared("stored proposals", sizes, lambda size: _stored(directory / f"stored-{size}", size, clicks))


async def by_records(directory: Path, sizes: Sequence[int], commands: int) -> list[Row]:
    """Look-ups, one after the other, that find a few among that many records.

    The larger CRM's stand-in needs a while to search; the smaller is given the same while. A process that slept costs
    more when it wakes, and meanwhile sweeps: that would be taken for growth.
    """
    small, large = sizes
    waited: list[float] = []
    of_large = await _records(directory / f"crm-{large}", large, commands, waited=waited)
    of_small = await _records(directory / f"crm-{small}", small, commands, wait=statistics.median(waited))
    return [("CRM records", f"{size:,}", Figure(tuple(of))) for size, of in ((small, of_small), (large, of_large))]


async def _compared(what: str, sizes: Sequence[int], measured: Callable[[int], Any]) -> list[Row]:
    return [(what, f"{size:,}", Figure(tuple(await measured(size)))) for size in sizes]


async def _teams(directory: Path, size: int, commands: int) -> list[float]:
    directory.mkdir(parents=True)
    await ours.prepared(f"sqlite:///{directory}/bench.sqlite3", size)
    async with staged() as stage:
        served = ours.served(directory, teams=max(size, 2))

        def asking(port: int) -> Asking:
            return finds(stage.slack, port, min(size, commands // 2))

        return await _portions(stage, served, asking, commands)


async def _stored(directory: Path, size: int, clicks: int) -> list[float]:
    directory.mkdir(parents=True)
    url = f"sqlite:///{directory}/bench.sqlite3"
    await ours.prepared(url, 1)
    waiting = iter(await click_road.waiting(url, clicks * (PORTIONS + 1) + IN_FLIGHT * (PORTIONS + 2)))
    if size:
        store = await Store.open(url, Sealing([ours.KEY]))
        await store._database.write(ended(size))
        await store.close()
    async with staged() as stage:
        served = ours.served(directory, teams=1)
        return await _portions(stage, served, lambda port: click_road.signing(waiting, port), clicks)


async def _records(
    directory: Path, size: int, commands: int, *, wait: float = 0.0, waited: list[float] | None = None
) -> list[float]:
    directory.mkdir(parents=True)
    await ours.prepared(f"sqlite:///{directory}/bench.sqlite3", 1)
    port = contenders.free_port()
    crm = subprocess.Popen([sys.executable, "-m", "tests.bench.big_crm", str(port), str(size), str(wait)])
    try:
        async with staged() as stage:
            await lookup_road.up(port, within=120)
            served = ours.served(directory, teams=1)
            served = replace(served, environment={**served.environment, "MATON_API_URL": f"http://127.0.0.1:{port}"})

            def asking(bot: int) -> Asking:
                return _words(stage.slack, bot)

            return await _portions(stage, served, asking, commands, together=1, waited=waited)
    finally:
        crm.kill()
        crm.wait()


def _words(standin: slack.SlackStandIn, port: int) -> Asking:
    """A domain that one company has, in the smallest CRM and in the largest; what broad words find is cut at 200."""
    numbers = iter(range(10**9, 2 * 10**9))

    def ask() -> Ask:
        number = next(numbers)
        form = slack.command("find n0.northwind", answer_to=standin.url(number), team_id=slack.team(0))
        return Ask(slack.signed(form, port), str(number), b"Northwind")

    return ask


async def _portions(
    stage: Stage,
    served: contenders.Contender,
    asking: Callable[[int], Asking],
    many: int,
    *,
    together: int = IN_FLIGHT,
    waited: list[float] | None = None,
) -> list[float]:
    """Milliseconds of CPU each, once per portion, after one to warm up; how long answers took goes to `waited`."""
    process = stage.start(served)
    try:
        await contenders.listening(process)
        seen: list[float] = []
        for _ in range(PORTIONS + 1):
            before = process.cpu
            sample: Sample = await in_flight(
                stage.slack, process.port, asking(process.port), many=together, seconds=300, at_most=many
            )
            if sample.errors:
                raise RuntimeError(sample.errors[0])
            if waited is not None:
                waited += sample.answers
            seen.append((process.cpu - before) / sample.answered * 1000)
        return seen[1:]
    finally:
        process.end()


def report(rows: Sequence[Row]) -> str:
    """A table; each size as a multiple of the smallest of its kind."""
    first: dict[str, float] = {}
    shown = []
    for what, size, figure in rows:
        base = first.setdefault(what, figure.median)
        shown.append((what, size, figure, f"{figure.median / base:.2f}", f"{statistics.fmean(figure.rounds):.2f}"))
    return table(("", "", "CPU ms each", "ratio", "mean"), shown)


async def measure(directory: Path, *, most_teams: int, most_proposals: int, most_records: int, many: int) -> str:
    """All three, small and large."""
    rows = [
        *await by_teams(directory, (1, most_teams), many),
        *await by_proposals(directory, (0, most_proposals), many),
        *await by_records(directory, (100, most_records), max(many // 8, 20)),
    ]
    return report(rows)
