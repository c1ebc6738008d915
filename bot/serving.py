"""`crm-bot serve`: the bot on its socket until somebody stops it, gracefully."""

import asyncio
import gc
import itertools
import logging
import signal
from typing import TYPE_CHECKING

from aiohttp import web

from bot import logs
from bot.app import Bot, build
from bot.settings import Settings
from bot.slack.socket import AppTokenRefused, socket_address

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

log = logging.getLogger(__name__)

COLLECTED_EVERY = 2.0
"""Seconds after which what is young is searched for garbage.

At 200 look-ups a second that takes 10 ms. Every half second it took 4, mostly for what was in use just then, and one
request in a hundred met it.
"""

OLD_COLLECTED_AFTER = 300
"""So many times later all the rest is, too: ten minutes."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was begun."""
    logs.configure(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    bot = await build(settings)
    runner = web.AppRunner(bot.web, access_log=None, handle_signals=False)
    try:
        await _open_something(bot)
        _spare_the_collector()
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
    except BaseException:
        await bot.stop()  # else Python tells of all that is left open, after what is wrong has been told
        raise
    bot.start()
    collecting = asyncio.create_task(collect_by_the_clock())
    socket = None
    try:
        socket = await _connect_socket(bot, stop) if settings.socket_mode else None
        if not stop.is_set():
            log.info("serving %s on %s:%s", settings.mode, settings.host, runner.addresses[0][1])
        await stop.wait()
    finally:
        log.info("stopping: finishing what was begun")
        collecting.cancel()
        if socket:
            await socket.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        await site.stop()  # nothing new comes in while what was begun ends
        await bot.stop()
        await runner.cleanup()


async def _open_something(bot: Bot) -> None:
    """Find out at start, not at somebody's command, that ENCRYPTION_KEY does not open what is stored."""
    for tenant in (await bot.store.installations.tenants())[:1]:
        await bot.store.installations.find(tenant, tenant)


def _spare_the_collector() -> None:
    """Keep what was imported out of every garbage collection, and do not collect by the count of what is in use.

    `crm-bot serve` starts with the collector off. What the imports left as garbage (2,000 small objects of 160,000) is
    kept: to find it would take 40 ms.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
    gc.enable()


async def collect_by_the_clock() -> None:
    """Search for garbage at steady times, in small portions: cycles are few here, 0.1 for a look-up.

    By Python's own count 64 look-ups in flight set a collection off 14 times a second, since they are many objects,
    though all in use: with the imports among them 15 % of a look-up's CPU, without them 4 %. And now and then it
    would go through all that is remembered of thousands of teams, which takes 60 ms. The threshold is for what makes
    cycles faster than the clock allows.
    """
    for turn in itertools.count(1):
        await asyncio.sleep(COLLECTED_EVERY)
        gc.collect(1 if turn % OLD_COLLECTED_AFTER else 2)


async def _connect_socket(bot: Bot, stop: asyncio.Event) -> "AsyncSocketModeHandler":
    """Connected, unless somebody stops the process first: the SDK tries for as long as Slack cannot be reached.

    Raises `AppTokenRefused`: for that, too, the SDK would try forever.
    """
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler  # only this mode pays for it

    handler = AsyncSocketModeHandler(bot.bolt, bot.settings.slack_app_token, web_client=bot.bolt.client)
    connecting = asyncio.create_task(_connected(handler))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set():
        connecting.cancel()
        return handler
    try:
        await connecting
    except AppTokenRefused:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        raise
    return handler


async def _connected(handler: "AsyncSocketModeHandler") -> None:
    if address := await socket_address(handler.client.web_client, handler.app_token):
        handler.client.wss_uri = address
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
