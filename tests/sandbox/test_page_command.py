"""`crm-bot sandbox` as a person runs it: on a port that is taken, and ended by a signal."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]


async def started(*arguments: str) -> tuple[asyncio.subprocess.Process, list[str]]:
    """A sandbox that is ready, and what it printed."""
    command = [sys.executable, "-m", "bot", "sandbox", *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "Ready.":
        line = await process.stdout.readline()
        assert line, f"it ended: {lines}"
        lines.append(line.decode().strip())
    return process, lines


async def bot_of(url: str) -> str:
    """Where the sandbox's Slack reaches the bot: what the last payload was sent to is not shown, its log line is."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/?tab=faults") as answer:
        page = await answer.text()
    return page.partition(" on 127.0.0.1:")[2].partition("\n")[0].strip()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
async def test_a_taken_port_gives_way_and_a_signal_ends_everything(ending: signal.Signals) -> None:
    """A taken port is told of and a free one used; a signal ends the page and the bot behind it, in order."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, lines = await started("--port", str(port))
    assert f"Port {port} is taken" in lines[0]
    bot_port = int(await bot_of(lines[1].split()[-1]))
    process.send_signal(ending)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", bot_port)) != 0
