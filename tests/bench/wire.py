"""The least HTTP that a measurement needs, so that its own cost stays a small part of what it measures.

A server of some 15 us and a client of some 25 us per request; both speak HTTP/1.1 with kept connections only.
"""

import asyncio
import re
from collections.abc import Callable

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:\s*(\d+)")
_END = b"\r\n\r\n"

Answering = Callable[[bytes, bytes, bytes], bytes]
"""Takes method, target and body; gives a whole response."""


def response(body: bytes, *, status: str = "200 OK", content_type: str = "application/json") -> bytes:
    """A whole response."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Served(asyncio.Protocol):
    """One connection of a stand-in; `latency` seconds pass before each answer, without any work."""

    def __init__(self, answering: Answering, latency: Callable[[], float]) -> None:
        self._answering = answering
        self._latency = latency
        self._came = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (end := self._came.find(_END)) >= 0:
            head = bytes(self._came[:end])
            found = _LENGTH.search(head)
            whole = end + len(_END) + (int(found[1]) if found else 0)
            if len(self._came) < whole:
                return
            body = bytes(self._came[end + len(_END) : whole])
            del self._came[:whole]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head[: head.index(b"\r\n")].split(b" ", 2)
        answer = self._answering(method, target, body)
        if wait := self._latency():
            asyncio.get_running_loop().call_later(wait, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)  # type: ignore[attr-defined]


async def serve(answering: Answering, port: int, latency: Callable[[], float] = lambda: 0.0) -> asyncio.Server:
    """Listen on loopback until the server is closed."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Served(answering, latency), "127.0.0.1", port, backlog=1024)


class Line(asyncio.Protocol):
    """One kept connection of the load: a request at a time, its status when the answer is whole."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._waiting: asyncio.Future[int] | None = None
        self.lost = False

    @classmethod
    async def to(cls, port: int) -> "Line":
        """A new connection."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the connection was closed before the answer"))

    def data_received(self, data: bytes) -> None:
        self._came += data
        if self._waiting and not self._waiting.done() and _is_whole(self._came):
            self._waiting.set_result(int(self._came[9:12]))
            self._came.clear()

    async def send(self, request: bytes) -> int:
        """Send one request; the status of its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        return await self._waiting

    def close(self) -> None:
        self._transport.close()


def _is_whole(came: bytearray) -> bool:
    end = came.find(_END)
    if end < 0:
        return False
    if found := _LENGTH.search(came, 0, end):
        return len(came) >= end + len(_END) + int(found[1])
    return came.endswith(b"0\r\n\r\n")  # chunked, as Node answers
