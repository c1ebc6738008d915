"""The page's own little server: the page, its stream of changes, and the JSON door."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from bot.sandbox.page.door import Door
from bot.sandbox.page.house import House
from bot.sandbox.page.loopback import add_headers, loopback_only
from bot.sandbox.page.painting import page, regions
from bot.sandbox.page.seat import seated

STATIC = Path(__file__).parent / "static"
FILES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
TOGETHER = 0.03
HEARTBEAT = 15.0


def application(house: House) -> web.Application:
    """The page over this house."""
    app = web.Application(middlewares=[loopback_only])
    app.on_response_prepare.append(add_headers)
    window = Window(house)
    app.add_routes([web.get("/", window.show), web.get("/stream", window.stream), web.get("/{name}", window.file)])
    app.add_routes(Door(house).routes())
    app.on_shutdown.append(window.end)
    return app


class Window:
    """What a browser sees of the house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._streams: set[asyncio.Task[None]] = set()

    async def show(self, request: web.Request) -> web.Response:
        """The page at one seat."""
        seat = seated(self._house.stage.slack, request.query)
        return web.Response(text=page(self._house, seat), content_type="text/html")

    async def file(self, request: web.Request) -> web.Response:
        """The style, the script and the icon."""
        kind = FILES.get(request.match_info["name"])
        if kind is None:
            raise web.HTTPNotFound
        content = await asyncio.to_thread((STATIC / request.match_info["name"]).read_bytes)
        return web.Response(body=content, content_type=kind, charset="utf-8")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: whatever changed of what this seat sees, region by region."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        sending = asyncio.current_task()
        assert sending is not None  # noqa: S101 -- a handler always runs in a task
        self._streams.add(sending)
        try:
            with contextlib.suppress(ConnectionResetError):
                async for changed in self._changes(request):
                    await response.write(changed)
        finally:
            self._streams.discard(sending)
        return response

    async def _changes(self, request: web.Request) -> AsyncIterator[bytes]:
        sent: dict[str, str] = {}
        seen = -1
        while True:
            try:
                seen = await asyncio.wait_for(self._house.newer(seen), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            await asyncio.sleep(TOGETHER)  # changes come in bursts: a message, its call, the exchange
            seen = self._house.version
            painted = regions(self._house, seated(self._house.stage.slack, request.query))
            changed = {name: str(markup) for name, markup in painted.items() if sent.get(name) != markup}
            sent |= changed
            if changed:
                yield f"data: {json.dumps(changed)}\n\n".encode()

    async def end(self, _: web.Application) -> None:
        """Close every stream, so that the page can stop at once."""
        for stream in list(self._streams):
            stream.cancel()
