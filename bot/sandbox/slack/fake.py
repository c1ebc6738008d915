"""A Slack on loopback: real sockets, real signatures, Slack's own rules, and nobody but the sandbox's people in it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.slack.acting import Acting, Trouble
from bot.sandbox.slack.deliver import PATIENCE, Delivery, Exchange
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.sample import sample_world
from bot.sandbox.slack.server import Call, Server
from bot.sandbox.slack.socket import SocketMode
from bot.sandbox.slack.state import State
from bot.sandbox.slack.world import SCOPES, Json, World


class FakeSlack(Acting):
    """A whole Slack in memory, for one app.

    `serve()` puts it on a socket; the Web API is then under `url + "/api/"`. Point it at the bot with
    `point_at`, or let the bot connect by Socket Mode: while a socket is connected, everything goes through it.
    `clock` is the present for triggers and response_urls; `patience` is how many seconds Slack waits for an answer.
    """

    def __init__(
        self,
        *,
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107 (a made-up secret of a made-up Slack)
        world: World | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        self.state = State(world or sample_world(), clock=clock)
        self.faults = Faults()
        self.url = ""
        self.troubles: list[Trouble] = []
        self.socket = SocketMode(self.state)
        self.delivery = Delivery(signing_secret, self.socket, patience=patience)
        self._server = Server(self.state, self.faults, self.socket)
        self._offered: dict[tuple[str, str, str], list[Json]] = {}

    @property
    def calls(self) -> list[Call]:
        """Every request of the bot: Web API methods and `response_url`."""
        return self._server.calls

    @property
    def surprises(self) -> list[str]:
        """Requests that nobody taught this Slack; a test should find none."""
        return self._server.surprises

    @property
    def exchanges(self) -> list[Exchange]:
        """Everything that was sent to the bot, with its answers."""
        return self.delivery.exchanges

    def calls_of(self, method: str) -> list[Call]:
        """The bot's requests of one kind."""
        return [call for call in self.calls if call.method == method]

    def point_at(self, events_url: str, signing_secret: str | None = None) -> None:
        """Send everything to this bot."""
        self.delivery.events_url = events_url
        if signing_secret is not None:
            self.delivery.signing_secret = signing_secret

    def grant(self, team: str, *, by: str, scopes: tuple[str, ...] = SCOPES, org: str | None = None) -> str:
        """Allow the app in a team, or with `org` in an organisation: the code for `oauth.v2.access`."""
        return self._server.grant(team, user=by, scopes=scopes, org=org)

    def app(self) -> web.Application:
        """The server, to run or to mount; `url` must be set to where it will be reached."""
        app = web.Application(client_max_size=2**22)
        app.add_routes(self._server.routes())
        app.cleanup_ctx.append(self._session)
        return app

    @asynccontextmanager
    async def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen on a socket of one's own; gives the url."""
        runner = web.AppRunner(self.app(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        self.url = f"http://{host}:{runner.addresses[0][1]}"
        try:
            yield self.url
        finally:
            await runner.cleanup()

    async def _session(self, _: Any) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            self.delivery.session = session
            yield
            await self.socket.disconnect()
        self.delivery.session = None
