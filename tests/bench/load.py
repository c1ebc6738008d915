"""People typing commands, so many in flight or so many a second, and what each waits for."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench import slack_standin as slack
from tests.bench.wire import Line

ANSWERED_WITHIN = 15.0
_numbers = itertools.count(1)


@dataclass(slots=True)
class Sample:
    """What one stretch of load saw; seconds throughout."""

    seconds: float = 0.0
    answered: int = 0
    cpu: float = 0.0
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


def finds(standin: slack.SlackStandIn, port: int, teams: int) -> Asking:
    """`/crm find` from team after team, never twice the same words, so that no two share a request to the CRM."""

    def ask() -> Ask:
        number = next(_numbers)
        tag = f"q{number % 1_000_000:06d}"
        form = slack.command(f"find acme {tag}", answer_to=standin.url(number), team_id=slack.team(number % teams))
        return Ask(slack.signed(form, port), str(number), b"expansion")

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

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(many)))
    sample.seconds = time.perf_counter() - began
    return sample


async def steadily(standin: slack.SlackStandIn, port: int, asking: Asking, *, rate: float, seconds: float) -> Sample:
    """Open loop: `rate` a second whatever the answers take, on as many connections as that needs."""
    sample, idle, running = Sample(), list[Line](), set[asyncio.Task[None]]()

    async def person(line: Line | None) -> None:
        line = line if line and not line.lost else await Line.to(port)
        await one(standin, line, asking(), sample)
        idle.append(line)

    began = time.perf_counter()
    for n in range(int(rate * seconds)):
        await asyncio.sleep(max(began + n / rate - time.perf_counter(), 0))
        running.add(task := asyncio.create_task(person(idle.pop() if idle else None)))
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    sample.seconds = time.perf_counter() - began
    for line in idle:
        line.close()
    return sample
