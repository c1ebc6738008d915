"""`crm-bot sandbox`: opens the page on loopback, says where, and takes everything down again on Ctrl-C or SIGTERM."""

import asyncio
import contextlib
import errno
import signal
import webbrowser

import click
from aiohttp import web

from bot.sandbox.page.house import House
from bot.sandbox.page.server import application

LOOPBACK = "127.0.0.1"


async def run(*, port: int = 3000, open_browser: bool = False) -> None:
    """Serve the sandbox until somebody ends it. A port that is taken gives way to a free one."""
    ended = _ended()
    house = House()
    await house.open()
    runner = web.AppRunner(application(house), access_log=None, shutdown_timeout=1.0)
    try:
        await runner.setup()
        url = await _listen(runner, port)
        click.echo(f"The sandbox is at {url}\nCtrl-C ends it. The bot is starting …")
        if open_browser:
            webbrowser.open(url)
        await _announce(house, ended)
        await ended.wait()
        click.echo("Stopping …")
    finally:
        await runner.cleanup()
        await house.close()


async def _announce(house: House, ended: asyncio.Event) -> None:
    """Say when the bot is ready, unless somebody ends it first."""
    waiting = asyncio.create_task(house.ready())
    stopping = asyncio.create_task(ended.wait())
    await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if waiting.done():
        click.echo(
            "Ready." if waiting.result() else f"The bot did not start:\n{house.problem}", err=not waiting.result()
        )
    else:
        waiting.cancel()


async def _listen(runner: web.AppRunner, port: int) -> str:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        click.echo(f"Port {port} is taken by another program, so a free one is used.")
        await web.TCPSite(runner, LOOPBACK, 0).start()
    return f"http://{LOOPBACK}:{runner.addresses[0][1]}"


def _ended() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: there Ctrl-C arrives as KeyboardInterrupt
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, ended.set)
    return ended
