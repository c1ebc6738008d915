"""The look-up road: `/crm find` at several loads, every contender in turn within every round."""

import asyncio
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import contenders, ours, wire
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender, Process, first_answer, free_port
from tests.bench.figures import Figure, Figures, table
from tests.bench.load import Sample, finds, in_flight, steadily
from tests.bench.picture import Bars

TEAMS = 1_000
STEADY = 200  # commands a second


@dataclass(frozen=True, slots=True)
class Load:
    """So many in flight (or, with `many` 0, `STEADY` a second) at a CRM of this latency."""

    many: int
    latency_ms: int

    def __str__(self) -> str:
        return f"{self.many or f'{STEADY}/s'} at {self.latency_ms} ms"


BUSY, STEADILY = Load(64, 0), Load(0, 50)


@dataclass(slots=True)
class Results:
    """Everything that was seen."""

    samples: dict[tuple[str, Load], list[Sample]] = field(default_factory=lambda: defaultdict(list))
    started: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    idle: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    after: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def figures(self, name: str, load: Load) -> Figures:
        return Figures.of(self.samples[name, load])


class Stage:
    """The stand-ins: Slack here, the CRM in a process of its own."""

    def __init__(self, standin: slack.SlackStandIn, crm_port: int) -> None:
        self.slack = standin
        self.crm_port = crm_port

    @property
    def addresses(self) -> dict[str, str]:
        """What every contender is told."""
        return {
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": slack.TOKEN,
            "SLACK_SIGNING_SECRET": slack.SECRET,
            "MATON_API_URL": f"http://127.0.0.1:{self.crm_port}",
            "MATON_API_KEY": "bench",
        }

    async def latency(self, milliseconds: int) -> None:
        """How long the CRM takes from now on."""
        line = await wire.Line.to(self.crm_port)
        await line.send(f"POST /latency/{milliseconds} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())
        line.close()

    def start(self, contender: Contender) -> Process:
        """Start a contender against these stand-ins."""
        told = self.addresses
        if "SLACK_CLIENT_ID" in contender.environment:
            del told["SLACK_BOT_TOKEN"]
        return contender.start(told)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """The stand-ins, up."""
    crm_port, slack_port = free_port(), free_port()
    crm = subprocess.Popen([sys.executable, "-m", "tests.bench.crm_standin", str(crm_port)])
    standin = slack.SlackStandIn(slack_port)
    server = await wire.serve(standin.answer, slack_port)
    try:
        await up(crm_port)
        yield Stage(standin, crm_port)
    finally:
        crm.kill()
        crm.wait()
        server.close()


async def up(port: int, *, within: float = 10) -> None:
    """Return once somebody listens there."""
    for _ in range(int(within * 100)):
        try:
            (await wire.Line.to(port)).close()
            return
        except OSError:
            await asyncio.sleep(0.01)
    raise RuntimeError("the CRM's stand-in did not come up")


def entrants(directory: Path, *, only: str = "") -> list[Contender]:
    """Everybody who takes part."""
    known = [
        ours.fresh(directory, teams=TEAMS),
        contenders.python("Bolt for Python, plain", "tests.bench.rivals.plain_bolt"),
        contenders.bolt_js(),
        contenders.python("by hand, the limit", "tests.bench.rivals.by_hand"),
    ]
    return [each for each in known if each and (not only or only in each.name)]


async def measure(entered: Sequence[Contender], loads: Sequence[Load], *, rounds: int, seconds: float) -> Results:
    """Every round starts everybody anew, and at each load lets them run one after the other."""
    results = Results()
    async with staged() as stage:
        for _ in range(rounds):
            await _round(stage, entered, loads, results, seconds=seconds)
    return results


async def _round(
    stage: Stage, entered: Sequence[Contender], loads: Sequence[Load], results: Results, *, seconds: float
) -> None:
    running: dict[str, Process] = {}
    try:
        await stage.latency(0)
        for each in entered:
            process = running[each.name] = stage.start(each)
            results.started[each.name].append(await first_answer(process, stage.slack, each.teams))
            results.idle[each.name].append(process.memory)
        for load in loads:
            await stage.latency(load.latency_ms)
            for each in entered:
                sample = await _loaded(stage, each, running[each.name], load, seconds=seconds)
                results.samples[each.name, load].append(sample)
        for each in entered:
            results.after[each.name].append(running[each.name].memory)
    finally:
        for process in running.values():
            process.end()


async def _loaded(stage: Stage, contender: Contender, process: Process, load: Load, *, seconds: float) -> Sample:
    asking = finds(stage.slack, process.port, contender.teams)
    await in_flight(stage.slack, process.port, asking, many=max(load.many, 8), seconds=seconds / 4)  # warm up
    before = process.cpu
    if load.many:
        sample = await in_flight(stage.slack, process.port, asking, many=load.many, seconds=seconds)
    else:
        sample = await steadily(stage.slack, process.port, asking, rate=STEADY, seconds=seconds)
    sample.cpu = process.cpu - before
    return sample


def report(results: Results, entered: Sequence[Contender], loads: Sequence[Load]) -> str:
    """Two tables: the loads, and what a process costs."""
    rows = []
    for load in loads:
        reference = results.figures(entered[0].name, load)
        for each in entered:
            rows.append(_row(load, each.name, results.figures(each.name, load), reference))
    heads = (
        "load",
        "",
        "answers/s",
        "CPU ms each",
        "ack p50",
        "ack p99",
        "answer p50",
        "answer p99",
        "errors",
        "times ours",
    )
    costs = [
        (each.name, *(Figure(tuple(seen[each.name])) for seen in (results.started, results.idle, results.after)))
        for each in entered
    ]
    memory = table(("", "first answer, s", "idle, MB", "after load, MB"), costs)
    return f"{table(heads, rows)}\n\n{memory}"


def _row(load: Load, name: str, seen: Figures, ours_seen: Figures) -> tuple[object, ...]:
    ratio = seen.per_second.median / ours_seen.per_second.median if ours_seen.per_second.median else 0
    return (
        load,
        name,
        seen.per_second,
        seen.cpu_ms,
        seen.ack_p50,
        seen.ack_p99,
        seen.answer_p50,
        seen.answer_p99,
        seen.errors,
        f"{ratio:.2f}",
    )


def bars(results: Results, entered: Sequence[Contender]) -> list[Bars]:
    """What the README shows of it."""

    def of(value: Callable[[str], Figure]) -> list[tuple[str, float]]:
        return [(each.name, value(each.name).median) for each in entered]

    return [
        Bars(
            "Look-ups a second, 64 in flight (more is better)", "/s", of(lambda n: results.figures(n, BUSY).per_second)
        ),
        Bars(
            "99 % are acknowledged within, at 200 a second and a CRM of 50 ms (less is better)",
            "ms",
            of(lambda name: results.figures(name, STEADILY).ack_p99),
        ),
        Bars("Memory after load (less is better)", "MB", of(lambda name: Figure(tuple(results.after[name])))),
    ]


def scratch() -> Path:
    """A directory of this run's own."""
    return Path(tempfile.mkdtemp(prefix="crm-bot-bench-"))
