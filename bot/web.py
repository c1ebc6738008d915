"""The HTTP face: Slack's payloads to Bolt, and what an operator's tools ask (product.md section 8)."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.metrics import Metrics

BIGGEST_PAYLOAD = 3 * 1024 * 1024  # bytes; a view_submission carries its whole view, at most 250 KB

UNREADABLE = (ValueError, LookupError, AttributeError, RecursionError, web.RequestPayloadError)
"""What comes of reading a body before its signature is looked at: anybody may send anything."""

SECONDS = re.compile("[0-9]{1,12}")

Ready = Callable[[], Awaitable[bool]]
Counted = Callable[[], Awaitable[Mapping[str, int]]]
"""How many proposals stand in each open state; nothing when the database does not answer."""


def application(
    bolt: AsyncApp | None, *, ready: Ready, counted: Counted, metrics: Metrics, doors: Iterable[web.RouteDef] = ()
) -> web.Application:
    """The aiohttp application; without `bolt` (Socket Mode) only the operator's routes and the install's `doors`."""
    app = web.Application(client_max_size=BIGGEST_PAYLOAD)
    app.router.add_routes(doors)

    async def events(request: web.Request) -> web.Response:
        with metrics.acknowledging():
            if not _can_be_signed(request):
                return web.Response(status=401, text="not signed by Slack\n")
            try:
                payload = await to_bolt_request(request)
            except UNREADABLE:
                return web.Response(status=400, text="not a payload of Slack's\n")
            return await to_aiohttp_response(await bolt.async_dispatch(payload))  # type: ignore[union-attr]

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(_: web.Request) -> web.Response:
        if await ready():
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready: the database does not answer, or the bot is shutting down\n")

    async def measured(_: web.Request) -> web.Response:
        metrics.open_proposals(await counted())
        return web.Response(body=metrics.exposition(), headers={"Content-Type": metrics.content_type})

    if bolt is not None:
        app.router.add_post("/slack/events", events)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", measured)
    return app


def _can_be_signed(request: web.Request) -> bool:
    """Whether Bolt can look at the signature: one that is none would be an error of its own, and told in the log."""
    at, signature = (request.headers.get(f"X-Slack-{name}", "0") for name in ("Request-Timestamp", "Signature"))
    return bool(SECONDS.fullmatch(at)) and signature.isascii()
