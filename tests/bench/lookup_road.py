"""The look-up road: `/crm find` at several loads, every contender in turn within every round."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import contenders, ours, wire
from tests.bench import slack_standin as slack
from tests.bench.contenders import Absent, Contender, Process, first_answer, free_port
from tests.bench.load import Asking, Sample, finds, finds_of, in_flight, steadily
from tests.bench.results import BUSY, PLAIN, STEADY, Load, Results

TEAMS = 20_000
WARM_TEAMS = 200
"""Those that take turns while warm; the others ask once each, while cold."""
SERVED_AGAIN_WITHIN = 2.0
"""Seconds until a warm team's turn comes again: well within the shortest of the bot's memories of a team, 5 s."""
REAL_LOAD = 10.0
"""Seconds of 64 in flight before memory is looked at: JavaScript's heap goes on growing for as long."""
MEASURED = 2.0
"""Seconds per load from which on a run counts as a measurement, and memory is looked at after `REAL_LOAD`."""


class Stage:
    """The stand-ins: Slack here, the CRM in a process of its own."""

    def __init__(self, standin: slack.SlackStandIn, crm_port: int, directory: Path) -> None:
        self.slack = standin
        self.crm_port = crm_port
        self._directory = directory

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
        return contender.start(told, self._directory)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """The stand-ins, up."""
    crm_port, slack_port = free_port(), free_port()
    crm = subprocess.Popen([sys.executable, "-m", "tests.bench.crm_standin", str(crm_port)])
    standin = slack.SlackStandIn(slack_port)
    server = await wire.serve(standin.answer, slack_port)
    directory = scratch()
    try:
        await up(crm_port)
        yield Stage(standin, crm_port, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
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


def warm_teams(load: Load) -> int:
    """How many teams take turns, so that each is served again within `SERVED_AGAIN_WITHIN`."""
    if not load.many or not load.latency_ms:
        return WARM_TEAMS
    return min(WARM_TEAMS, int(load.many / (load.latency_ms / 1000) * SERVED_AGAIN_WITHIN))


@dataclass(slots=True)
class Running:
    """A contender that takes part in a round, and the teams that it has not heard of yet."""

    contender: Contender
    process: Process
    unheard: Iterator[int]

    def asking(self, standin: slack.SlackStandIn, load: Load) -> Asking:
        """What it is asked at this load."""
        if load.cold:
            return finds_of(standin, self.process.port, self.unheard)
        return finds(standin, self.process.port, min(self.contender.teams, warm_teams(load)))


def entrants(directory: Path, *, only: str = "", tell: Callable[[str], None]) -> list[Contender]:
    """Everybody who takes part; who cannot, and why, is told."""
    known = [
        ours.fresh(directory, teams=TEAMS),
        contenders.python(PLAIN, "tests.bench.rivals.plain_bolt"),
        *_where_there_is(
            lambda: [contenders.bolt_js(), contenders.bolt_js_of_many(directory.with_name("javascript"), teams=TEAMS)],
            tell,
        ),
        contenders.by_hand(),
        contenders.by_hand_of_many(directory.with_name("by-hand.sqlite3"), teams=TEAMS),
    ]
    return [each for each in known if not only or only in each.name]


def _where_there_is(rivals: Callable[[], list[Contender]], tell: Callable[[str], None]) -> list[Contender]:
    try:
        return rivals()
    except Absent as why:
        tell(str(why))
        return []


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
    running: list[Running] = []
    try:
        await stage.latency(0)
        for each in entered:
            running.append(await started(stage, each, results))
        for load in loads:
            await stage.latency(load.latency_ms)
            for each in running:
                if each.contender.teams > 1 if load.cold else not each.contender.only_cold:
                    sample = await loaded(stage, each, load, seconds=_stretch(load, seconds))
                    results.samples[each.contender.name, load].append(sample)
                    if sample.errors:
                        await _anew(stage, each, results)
    finally:
        for each in running:
            _over(each, results)


async def _anew(stage: Stage, running: Running, results: Results) -> None:
    """Start it again: plain Bolt works on for minutes at what nobody waits for, and would slow down whoever is next."""
    _over(running, results)
    running.process = stage.start(running.contender)
    await first_answer(running.process, stage.slack, min(running.contender.teams, WARM_TEAMS))


def _over(running: Running, results: Results) -> None:
    running.process.end()
    results.said[running.contender.name] = results.said.get(running.contender.name) or running.process.said


async def started(stage: Stage, contender: Contender, results: Results) -> Running:
    """Start one and see its first answer."""
    process = stage.start(contender)
    try:
        seconds = await first_answer(process, stage.slack, min(contender.teams, WARM_TEAMS))
    except BaseException:
        process.end()
        raise
    results.started[contender.name].append(seconds)
    results.idle[contender.name].append(process.memory)
    return Running(contender, process, iter(range(WARM_TEAMS, contender.teams)))


def _stretch(load: Load, seconds: float) -> float:
    return max(seconds, REAL_LOAD) if load == BUSY and seconds >= MEASURED else seconds


async def loaded(stage: Stage, running: Running, load: Load, *, seconds: float) -> Sample:
    """One stretch of one load, after the warm-up that belongs to it."""
    standin, process, asking = stage.slack, running.process, running.asking(stage.slack, load)
    if not load.cold:
        await _warmed(standin, running, load, seconds / 4)
    before = process.cpu
    if load.many:
        sample = await in_flight(standin, process.port, asking, many=load.many, seconds=seconds)
    else:
        sample = await steadily(standin, process.port, asking, rate=STEADY, seconds=seconds)
    sample.cpu, sample.memory = process.cpu - before, process.memory
    return sample


async def _warmed(standin: slack.SlackStandIn, running: Running, load: Load, seconds: float) -> None:
    """Serve each team of this load twice, and all of them for some time."""
    port, asking = running.process.port, running.asking(standin, load)
    twice = 2 * min(running.contender.teams, warm_teams(load))
    await in_flight(standin, port, asking, many=min(64, twice), seconds=30, at_most=twice)
    await in_flight(standin, port, asking, many=max(load.many, 8), seconds=seconds)


def scratch() -> Path:
    """A directory of this run's own."""
    return Path(tempfile.mkdtemp(prefix="crm-bot-bench-"))
