"""People typing commands, so many in flight or so many a second, and what each waits for."""

import asyncio
import gc
import itertools
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bench import slack_standin as slack
from tests.bench.wire import Line

ANSWERED_WITHIN = 15.0
_numbers = itertools.count(1)


@dataclass(slots=True)
class Sample:
    """What one stretch of load saw; seconds throughout, and megabytes of memory at its end.

    `asked` is how many a second were sent, `generator` the share of a core that the load itself took.
    """

    seconds: float = 0.0
    answered: int = 0
    cpu: float = 0.0
    memory: float = 0.0
    asked: float = 0.0
    generator: float = 0.0
    acknowledgements: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def cpu_each(self) -> float:
        """CPU seconds of the measured process per answer."""
        return self.cpu / self.answered if self.answered else 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that somebody does: the signed request, the key of its answer, and what the answer must hold."""

    request: bytes
    key: str
    holds: bytes


Asking = Callable[[], Ask]

FOUND = b"Close date Mon 1 Jun 2099"
"""Stands in every deal's row; who answers with less has not done the job."""


def finds(standin: slack.SlackStandIn, port: int, teams: int) -> Asking:
    """`/crm find` from team after team, and from the first again after the last."""
    return finds_of(standin, port, itertools.cycle(range(teams)))


def finds_of(standin: slack.SlackStandIn, port: int, teams: Iterable[int]) -> Asking:
    """`/crm find` from these teams, never twice the same words, so that no two share a request to the CRM."""
    whose = iter(teams)

    def ask() -> Ask:
        number = next(_numbers)
        tag = f"q{number % 1_000_000:06d}"
        form = slack.command(f"find acme {tag}", answer_to=standin.url(number), team_id=slack.team(next(whose)))
        return Ask(slack.signed(form, port), str(number), FOUND)

    return ask


async def one(standin: slack.SlackStandIn, line: Line, ask: Ask, sample: Sample) -> None:
    """Send one, wait for its answer, and write down both times."""
    waiting = standin.expect(ask.key)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            status = await line.send(ask.request)
            acknowledged = time.perf_counter()
            body = await waiting
    except (TimeoutError, OSError) as error:
        standin.forget(ask.key)
        sample.errors.append(type(error).__name__)
        return
    if status != 200 or ask.holds not in body:
        sample.errors.append(f"status {status}, {body[:120]!r}")
        return
    sample.acknowledgements.append(acknowledged - began)
    sample.answers.append(time.perf_counter() - began)
    sample.answered += 1


async def in_flight(
    standin: slack.SlackStandIn, port: int, asking: Asking, *, many: int, seconds: float, at_most: int = 10**9
) -> Sample:
    """Closed loop: each of `many` people asks again as soon as answered."""
    sample, until = Sample(), time.perf_counter() + seconds
    left = itertools.count()

    async def person() -> None:
        line = await Line.to(port)
        while time.perf_counter() < until and next(left) < at_most and len(sample.errors) < 200:
            if line.lost:
                line = await Line.to(port)
            await one(standin, line, asking(), sample)
        line.close()

    with _unhindered(sample):
        began = time.perf_counter()
        await asyncio.gather(*(person() for _ in range(many)))
        sample.seconds = time.perf_counter() - began
    return sample


async def steadily(standin: slack.SlackStandIn, port: int, asking: Asking, *, rate: float, seconds: float) -> Sample:
    """Open loop: `rate` a second whatever the answers take, on as many connections as that needs.

    An app that keeps up is counted at what was asked, and one that does not at what it reaches: answers are counted
    over the time of the asking, or of the answers where that is longer, and not over the wait for the last one.
    Everything is signed and connected before the clock starts.
    """
    sample, asks = Sample(), [asking() for _ in range(int(rate * seconds))]
    idle = [await Line.to(port) for _ in range(_CONNECTED)]
    came: list[float] = []

    async def person(ask: Ask) -> None:
        line = idle.pop() if idle else await Line.to(port)
        line = line if not line.lost else await Line.to(port)
        before = sample.answered
        await one(standin, line, ask, sample)
        if sample.answered > before:
            came.append(time.perf_counter())
        idle.append(line)

    with _unhindered(sample):
        sample.asked = await _at_rate(person, asks, rate)
    sample.seconds = max(spanned(came), len(asks) / sample.asked)
    for line in idle:
        line.close()
    return sample


_CONNECTED = 32
"""Connections that are there before a steady load; Slack keeps its own, too."""


async def _at_rate(person: Callable[[Ask], Coroutine[Any, Any, None]], asks: Sequence[Ask], rate: float) -> float:
    """Let each ask at its time and wait for all; how many a second were really asked."""
    running = set[asyncio.Task[None]]()
    began = time.perf_counter()
    for n, ask in enumerate(asks):
        await asyncio.sleep(max(began + n / rate - time.perf_counter(), 0))
        running.add(task := asyncio.create_task(person(ask)))
        task.add_done_callback(running.discard)
    asked = len(asks) / (time.perf_counter() - began + 1 / rate)
    await asyncio.gather(*running)
    return asked


def spanned(came: Sequence[float]) -> float:
    """The time that so many answers stand for: between n answers lie n - 1 gaps, and each answer has one."""
    if len(came) < 2:
        return 0.0
    return (max(came) - min(came)) * len(came) / (len(came) - 1)


@contextmanager
def _unhindered(sample: Sample) -> Iterator[None]:
    """Let the load collect its garbage before and not during; note what share of a core it took."""
    gc.collect()
    gc.disable()
    began, cpu = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        sample.generator = (time.process_time() - cpu) / max(time.perf_counter() - began, 1e-9)
        gc.enable()
