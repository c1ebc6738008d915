"""Where a look-up's time goes: samples of the bot's stacks under load, grouped in a handful of named parts."""

import asyncio
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.bench import lookup_road, ours
from tests.bench.figures import shown, table
from tests.bench.load import in_flight
from tests.bench.results import Load, Results

PER_SECOND = 300
NO_SAMPLER = "This samples with py-spy, which is not here: pip install py-spy"

PARTS: Mapping[str, tuple[str, ...]] = {
    "Slack's edge and Bolt": ("/slack_bolt/", "/aiohttp/web", "/bot/listeners/", "/bot/slack/"),
    "authorisation and store": (
        *("/bot/store/", "/bot/teams/", "/bot/tenancy.py", "/sqlalchemy/"),
        *(f"/bot/slack/{each}.py" for each in ("authorize", "oauth", "clients", "people")),
    ),
    "CRM requests": (
        # Answers of both sides arrive in client_proto, without our frames; the CRM's are 12 KB and Slack's 2 bytes.
        "/aiohttp/client_proto.py",
        *(f"/bot/crm/{each}.py" for each in ("transport", "maton", "pace", "limits", "decipher", "reading", "crms")),
    ),
    "shaping and ranking": ("/bot/crm/", "/bot/language/", "/bot/models.py", "/bot/fields.py", "/bot/queries.py"),
    "rendering": ("/bot/blocks/",),
    "the answer": ("/bot/slack/talk.py",),
}
REST = "event loop and the rest"
WAITING = "_worker (", "/concurrent/futures/thread.py"
"""A pool's thread without work; it waits for its queue in C, which looks like running."""


def part(stack: Iterable[str]) -> str:
    """The part that a stack belongs to, outermost frame first: that of its innermost frame which belongs to any.

    So json or asyncio count for whoever called them, and what nobody of ours called is the event loop's. Of several
    parts that know a file, the one that names it most closely has it.
    """
    for frame in reversed(list(stack)):
        knowing = [(len(place), name) for name, places in PARTS.items() for place in places if place in frame]
        if knowing:
            return max(knowing)[1]
    return REST


def grouped(raw: Iterable[str]) -> Counter[str]:
    """Samples per part, of lines as py-spy writes them: frames between semicolons, then a number."""
    counted: Counter[str] = Counter()
    for line in raw:
        stack, _, samples = line.rpartition(" ")
        frames = stack.split(";")
        if not all(each in frames[-1] for each in WAITING):
            counted[part(frames)] += int(samples)
    return counted


def report(counted: Counter[str], ms_each: float) -> str:
    """A table: each part's share of a look-up, and that share of its CPU milliseconds."""
    whole = counted.total() or 1
    rows = [(name, counted[name] / whole) for name in (*PARTS, REST)]
    lines = [(name, f"{share:.0%}", shown(share * ms_each)) for name, share in rows]
    return table(("part", "of a look-up", "CPU ms"), [*lines, ("**all**", "100%", shown(ms_each))])


def sampler() -> str | None:
    """py-spy, on the path or beside this Python."""
    return shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))


async def measure(program: str, directory: Path, load: Load, *, seconds: float) -> str:
    """The bot at this load, first to see its CPU per look-up and then with samples taken."""
    contender = await asyncio.to_thread(ours.fresh, directory / "ours", teams=lookup_road.TEAMS)
    async with lookup_road.staged() as stage:
        await stage.latency(0)
        running = await lookup_road.started(stage, contender, Results())
        try:
            await stage.latency(load.latency_ms)
            seen = await lookup_road.loaded(stage, running, load, seconds=seconds)
            asking, port = running.asking(stage.slack, load), running.process.port
            sampling = _sampling(program, running.process.popen.pid, directory / "stacks", seconds)
            await in_flight(stage.slack, port, asking, many=load.many, seconds=seconds + 0.5)
            said = (await asyncio.to_thread(sampling.communicate))[0]
        finally:
            running.process.end()
    if sampling.returncode:
        return f"py-spy could not sample: {said.strip()}"
    return report(grouped((directory / "stacks").read_text().splitlines()), seen.cpu_each * 1000)


def _sampling(program: str, pid: int, to: Path, seconds: float) -> "subprocess.Popen[str]":
    options = ("--format", "raw", "--full-filenames", "--function", "--rate", str(PER_SECOND))
    argv = [
        program,
        "record",
        *options,
        "--duration",
        str(max(round(seconds), 1)),
        "--output",
        str(to),
        "--pid",
        str(pid),
    ]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
