"""HTTP exchanges straight over aiohttp's pooled connections.

For each exchange aiohttp's session makes a request, a response and three context managers, for cookies, redirects,
proxies, middlewares and a second attempt of its own, none of which the bot may have: 105 us of CPU for a read of 4 KB,
55 us without. Connections, names, TLS, parsing and timeouts stay aiohttp's.
"""

import asyncio
from collections.abc import Iterable

import aiohttp
import yarl
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from msgspec import Struct

_COUNTED = frozenset({"POST", "PUT", "PATCH"})  # say their length even when it is nought (RFC 9110, section 8.6)
_OWN = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})
_ORIGINS_KEPT = 100

LARGEST = 64 * 1024 * 1024
"""Bytes of one answer, which is held as a whole; 200 records with long texts are some 20 MB."""
LONGEST = 30.0
"""Seconds for an answer where nobody says how long."""
TICK = 0.1
"""Seconds by which a time-out may come late."""


class Answer(Struct, frozen=True):
    """One whole answer; its body as it came, perhaps compressed."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Wire:
    """Sends each request exactly once: no redirect, no cookie, no second attempt. The connector stays its owner's."""

    def __init__(self, connector: aiohttp.BaseConnector) -> None:
        self._connector = connector
        self._origins: dict[tuple[str, str], aiohttp.ClientRequest] = {}
        self._clock = _Clock()

    async def exchange(
        self, method: str, url: yarl.URL, *, lines: bytes, body: bytes = b"", patience: aiohttp.ClientTimeout
    ) -> Answer:
        """One request, its headers as `lines` made them, and its answer.

        Raises aiohttp.ClientError or TimeoutError. With InvalidURL, ClientConnectorError and ConnectionTimeoutError
        there was no connection and nothing left; any other leaves open what the other side did.
        """
        origin = self._origin(url)
        connection = await self._connected(origin, patience)
        try:
            with _InTime(self._clock, connection, patience.sock_read or LONGEST):
                answer = await _exchanged(connection, _whole(method, url, origin, lines, body))
        except HttpProcessingError as error:
            connection.close()
            raise aiohttp.ClientPayloadError(f"no HTTP answer: {error.message}") from error
        except BaseException:
            connection.close()  # what is still to come must not become the next request's answer
            raise
        connection.release()
        return answer

    def _origin(self, url: yarl.URL) -> aiohttp.ClientRequest:
        """What the connector wants to know of scheme, host and port; the same for every request to them."""
        key = (url.scheme, url.raw_authority)
        if key not in self._origins:
            if not url.absolute:
                raise aiohttp.InvalidURL(url)
            if len(self._origins) >= _ORIGINS_KEPT:
                self._origins.clear()
            self._origins[key] = aiohttp.ClientRequest("GET", url.origin(), loop=asyncio.get_running_loop())
        return self._origins[key]

    async def _connected(self, origin: aiohttp.ClientRequest, patience: aiohttp.ClientTimeout) -> Connection:
        try:
            return await self._connector.connect(origin, traces=[], timeout=patience)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"no connection to {origin.url.host} in time") from error


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they leave, but for those that are the wire's own; ValueError for one that would be two."""
    kept = [b"%b: %b\r\n" % (name, value) for name, value in headers if name.lower() not in _OWN]
    said = b"".join(kept)
    if said.count(b"\r") != len(kept) or said.count(b"\n") != len(kept) or b"\0" in said:
        raise ValueError("a line break in a header")
    return said


def _whole(method: str, url: yarl.URL, origin: aiohttp.ClientRequest, said: bytes, body: bytes) -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body or method in _COUNTED else ""
    first = f"{method} {url.raw_path_qs} HTTP/1.1\r\nHost: {origin.headers['Host']}\r\n{length}"
    return b"%b%b\r\n%b" % (first.encode("ascii"), said, body)


async def _exchanged(connection: Connection, request: bytes) -> Answer:
    """Raises HttpProcessingError, too, when what comes is no HTTP."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection was closed before the request")
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    transport.write(request)
    message, payload = await _final(protocol)
    # A small answer came in one piece with its head; a reader that is asked waits and looks twice all the same.
    content = payload.read_nowait() if payload.is_eof() else await _read(payload)
    return Answer(message.code, message.raw_headers, content)


async def _read(payload: StreamReader) -> bytes:
    pieces = []
    while not payload.at_eof():
        pieces.append(await payload.readany())
        if payload.total_bytes > LARGEST:
            raise aiohttp.ClientPayloadError(f"an answer of more than {LARGEST} bytes")
    return b"".join(pieces)


async def _final(protocol: ResponseHandler) -> tuple[RawResponseMessage, StreamReader]:
    """The answer itself; what only announces it (1xx) is passed over."""
    while True:
        message, payload = await protocol.read()
        if message.code >= 200:
            return message, payload


class _Clock:
    """Breaks off exchanges that are not over in time.

    One timer for all: one for each is 7 us, a seventh of an exchange. And for the answer as a whole: aiohttp's begins
    anew with each piece, so that whoever sends a byte a second could keep a connection for ever.
    """

    def __init__(self) -> None:
        self._due: dict[Connection, float] = {}
        self._ticking = False

    def begin(self, connection: Connection, seconds: float) -> None:
        """Break it off in so many seconds, unless it is over before."""
        loop = asyncio.get_running_loop()
        self._due[connection] = loop.time() + seconds
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK, self._tick, loop)

    def over(self, connection: Connection) -> bool:
        """Leave it alone from now on; whether it was over in time."""
        return self._due.pop(connection, None) is not None

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [each for each, due in self._due.items() if due <= now]:
            del self._due[connection]
            if connection.transport is not None:
                connection.transport.abort()
        self._ticking = bool(self._due)
        if self._ticking:
            loop.call_later(TICK, self._tick, loop)


class _InTime:
    """What is done within must be over in so many seconds, else the connection breaks off: TimeoutError."""

    __slots__ = ("_clock", "_connection", "_seconds")

    def __init__(self, clock: _Clock, connection: Connection, seconds: float) -> None:
        self._clock, self._connection, self._seconds = clock, connection, seconds

    def __enter__(self) -> None:
        self._clock.begin(self._connection, self._seconds)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        in_time = self._clock.over(self._connection)
        if not in_time and (error is None or isinstance(error, Exception)):
            raise TimeoutError("no whole answer in time") from error
