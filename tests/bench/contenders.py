"""What is measured: our bot as it is served, and the same job as others would write it; each a process of its own."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nacl.secret import SecretBox

from tests.bench import slack_standin as slack
from tests.bench.load import Sample, finds, one
from tests.bench.results import JAVASCRIPT, JAVASCRIPT_OF_MANY, LIMIT, LIMIT_OF_MANY
from tests.bench.wire import Line

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "crm-bot-bench"
BOLT_JS = CACHE / "node_modules" / "@slack" / "bolt"
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Process:
    """A child and what it costs; what it says on stderr goes to a file, which keeps tracebacks off the terminal."""

    popen: "subprocess.Popen[bytes]"
    port: int
    stderr: Path

    @property
    def cpu(self) -> float:
        """CPU seconds so far, all its threads together."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        lines = Path(f"/proc/{self.popen.pid}/status").read_text().splitlines()
        return next(int(each.split()[1]) / 1024 for each in lines if each.startswith("VmRSS"))

    @property
    def said(self) -> str:
        """The first line that it said on stderr; nothing when it was content."""
        with self.stderr.open(errors="replace") as lines:
            return next((line.strip() for line in lines if line.strip()), "")

    def end(self) -> None:
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@dataclass(frozen=True, slots=True)
class Contender:
    """How one is started; `teams` is how many its commands come from, and `only_cold` that nothing else is asked."""

    name: str
    argv: tuple[str, ...]
    teams: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    only_cold: bool = False

    def start(self, addresses: dict[str, str], scratch: Path) -> Process:
        """Start it on a free port; it is not ready yet. What it says on stderr goes to a file in `scratch`."""
        port = free_port()
        stderr = scratch / f"{port}.stderr"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        environment = {
            **kept,
            **addresses,
            **self.environment,
            "PORT": str(port),
            "PYTHONPATH": str(HERE.parent.parent),
        }
        with stderr.open("wb") as said:
            popen = subprocess.Popen(
                self.argv,
                env=environment,
                cwd=self.environment.get("BENCH_DIRECTORY", scratch),
                stdin=subprocess.DEVNULL,
                stderr=said,
            )
        return Process(popen, port, stderr)


async def first_answer(process: Process, standin: slack.SlackStandIn, teams: int, *, within: float = 30.0) -> float:
    """Seconds until the first command is answered, counted from now: call it right after `start`."""
    began, sample = time.perf_counter(), Sample()
    while True:
        if time.perf_counter() - began > within or process.popen.poll() is not None:
            raise RuntimeError(f"it never answered: {sample.errors[-1:]} {process.said}")
        try:
            line = await Line.to(process.port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        await one(standin, line, finds(standin, process.port, teams)(), sample)
        line.close()
        if sample.answered:
            return time.perf_counter() - began
        await asyncio.sleep(0.01)


async def listening(process: Process, *, within: float = 30.0) -> None:
    """Return once it takes connections."""
    until = time.perf_counter() + within
    while time.perf_counter() < until and process.popen.poll() is None:
        try:
            (await Line.to(process.port)).close()
            return
        except OSError:
            await asyncio.sleep(0.01)
    raise RuntimeError(f"it never listened: {process.said}")


def python(name: str, module: str) -> Contender:
    """A contender written in Python."""
    return Contender(name, (sys.executable, "-m", module))


class Absent(Exception):
    """A contender cannot take part; str() is a sentence that says why."""


def bolt_js() -> Contender:
    """Bolt for JavaScript, installed once by its name; raises `Absent` where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node:
        raise Absent("There is no Node here, so Bolt for JavaScript is not measured.")
    if not BOLT_JS.is_dir():
        if not npm:
            raise Absent("There is no npm here to install @slack/bolt with, so Bolt for JavaScript is not measured.")
        _install(npm, "@slack/bolt")
    environment = {"NODE_PATH": str(CACHE / "node_modules"), "NODE_ENV": "production"}
    return Contender(JAVASCRIPT, (node, str(HERE / "rivals" / "bolt.js")), environment=environment)


def bolt_js_of_many(directory: Path, *, teams: int) -> Contender:
    """The same with the store of installations that Bolt brings along, and a file for each workspace's connection."""
    one = bolt_js()
    shutil.rmtree(directory, ignore_errors=True)
    for n in range(teams):
        home = directory / slack.team(n)
        home.mkdir(parents=True)
        (home / "app-latest").write_text(json.dumps(_installation(slack.team(n))))
        (home / "connection").write_text(f"c-{slack.team(n)}")
    environment = one.environment | {"INSTALLATIONS": f"{directory}/"}  # Bolt puts a team's id right behind it
    return Contender(JAVASCRIPT_OF_MANY, one.argv, teams=teams, environment=environment, only_cold=True)


def by_hand() -> Contender:
    """The same work without Bolt: the limit."""
    return python(LIMIT, "tests.bench.rivals.by_hand")


def by_hand_of_many(file: Path, *, teams: int) -> Contender:
    """The limit with a SQLite file of sealed tokens and connections."""
    key = secrets.token_bytes(SecretBox.KEY_SIZE)
    file.unlink(missing_ok=True)
    sealed = bytes(SecretBox(key).encrypt(slack.TOKEN.encode()))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE workspaces (team TEXT PRIMARY KEY, token BLOB, connection TEXT)")
        rows = ((slack.team(n), sealed, f"c-{slack.team(n)}") for n in range(teams))
        database.executemany("INSERT INTO workspaces VALUES (?, ?, ?)", rows)
    environment = {"WORKSPACES": str(file), "KEY": key.hex()}
    return replace(by_hand(), name=LIMIT_OF_MANY, teams=teams, environment=environment, only_cold=True)


def _installation(team: str) -> dict[str, Any]:
    return {
        "team": {"id": team, "name": "Bench"},
        "user": {"id": slack.USER},
        "bot": {"token": slack.TOKEN, "id": "B0BOT", "userId": slack.BOT, "scopes": ["commands"]},
        "appId": "A0BENCH",
        "authVersion": "v2",
        "tokenType": "bot",
        "isEnterpriseInstall": False,
    }


def _install(npm: str, package: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    argv = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(CACHE), package]
    done = subprocess.run(argv, capture_output=True, check=False, text=True)
    if done.returncode:
        said = next(iter(done.stderr.splitlines()), "nothing")
        raise Absent(f"npm could not install {package} ({said}), so Bolt for JavaScript is not measured.")
