"""Socket Mode: hello, envelopes with an id, acknowledgements that may carry an answer."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.state import State
from bot.sandbox.slack.world import Json


class SocketMode:
    """The connections of one app; each envelope goes to one of them, in turn."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tickets: set[str] = set()
        self._connections: list[web.WebSocketResponse] = []
        self._unanswered: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0

    @property
    def is_connected(self) -> bool:
        return bool(self._connections)

    def ticket(self) -> str:
        """A ticket for one connection, as `apps.connections.open` hands out."""
        ticket = self._state.new_id("ticket")
        self._tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until either side closes it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPUnauthorized
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._connections.append(socket)
        try:
            await self._serve(socket)
        finally:
            self._connections.remove(socket)
            self._state.changes.tell()
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._connections),
                "connection_info": {"app_id": self._state.world.app_id},
                "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
            }
        )
        self._state.changes.tell()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                self._take_answer(json.loads(message.data))

    def _take_answer(self, answer: Json) -> None:
        future = self._unanswered.pop(str(answer.get("envelope_id")), None)
        if future and not future.done():
            future.set_result(answer)

    async def send(self, kind: str, payload: Any, *, retry: int = 0) -> str:
        """Send an envelope and wait for its acknowledgement; the answer is its payload as JSON, empty without one."""
        envelope_id = self._state.new_id("envelope")
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._unanswered[envelope_id] = future
        self._turn += 1
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        await self._connections[self._turn % len(self._connections)].send_json(envelope)
        try:
            answer = await future
        finally:
            self._unanswered.pop(envelope_id, None)
        return json.dumps(answer["payload"]) if answer.get("payload") else ""

    async def disconnect(self) -> None:
        """Close every connection, as Slack does now and then."""
        for socket in list(self._connections):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
            await socket.close()
