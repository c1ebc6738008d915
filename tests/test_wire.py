"""The wire sends a request once, whatever happens to it, and no answer is ever taken for another's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
import yarl

from bot.wire import Answer, Wire, lines

SOON = aiohttp.ClientTimeout(sock_connect=2.0, sock_read=0.2)
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"


class Server(asyncio.Protocol):
    """Keeps every request as it came; says what it is told to, or closes the connection on b''."""

    def __init__(self, saying: Callable[[int], bytes | None]) -> None:
        self.came: list[bytes] = []
        self.connections = 0
        self.asked = asyncio.Event()
        self._saying = saying

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.connections += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.came.append(data)
        self.asked.set()
        said = self._saying(len(self.came))
        if said:
            self._transport.write(said)
        if said is not None and (not said or b"Connection: close" in said):
            self._transport.close()


@asynccontextmanager
async def listening(*said: bytes | None) -> AsyncIterator[tuple[Server, yarl.URL, Wire]]:
    """A server that says these things in turn, the last for ever; None is silence."""
    server = Server(lambda number: said[min(number, len(said)) - 1])
    listener = await asyncio.get_running_loop().create_server(lambda: server, "127.0.0.1", 0)
    url = yarl.URL(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/a%20b?c=%26")
    async with aiohttp.TCPConnector() as connector:
        yield server, url, Wire(connector)
    listener.close()


def answer(body: bytes, *more: str, status: str = "200 OK") -> bytes:
    """One whole answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more])
    return f"{head}\r\n\r\n".encode() + body


async def ask(wire: Wire, url: yarl.URL, method: str = "GET", body: bytes = b"") -> Answer:
    """One exchange with a header of its own."""
    return await wire.exchange(method, url, lines=lines([(b"Key", b"1")]), body=body, patience=SOON)


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"", b""), ("DELETE", b"", b""), ("PATCH", b"", b"Content-Length: 0\r\n")]
    + [(each, b"{}", b"Content-Length: 2\r\n") for each in ("POST", "PATCH")],
)
async def test_a_request_leaves_as_it_is_written_here(method: str, body: bytes, length: bytes) -> None:
    """Byte for byte, in one piece."""
    async with listening(NOTHING) as (server, url, wire):
        await ask(wire, url, method, body)
    line, host = f"{method} /a%20b?c=%26 HTTP/1.1", f"Host: 127.0.0.1:{url.port}"
    assert server.came == [f"{line}\r\n{host}\r\n".encode() + length + b"Key: 1\r\n\r\n" + body]


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (answer(b"ten"), 200, b"ten"),
        (NOTHING, 204, b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"then"), 200, b"then"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nten\r\n0\r\n\r\n", 200, b"ten"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", 200, b"to the end"),
        (answer(b"no", status="503 Service Unavailable"), 503, b"no"),
        (answer(b"x" * 1_000_000), 200, b"x" * 1_000_000),
    ],
)
async def test_every_form_of_answer_is_read_whole(said: bytes, status: int, body: bytes) -> None:
    """With a length, without a body, announced, in chunks, until the connection ends, a refusal, or a large one."""
    async with listening(said) as (_, url, wire):
        came = await ask(wire, url)
    assert (came.status, came.body) == (status, body)


async def test_a_connection_is_used_again_and_one_that_says_close_is_not() -> None:
    """Three requests, two connections."""
    async with listening(answer(b"1"), answer(b"2", "Connection: close"), answer(b"3")) as (server, url, wire):
        assert [(await ask(wire, url)).body for _ in range(3)] == [b"1", b"2", b"3"]
        assert server.connections == 2


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_a_request_whose_kept_connection_drops_is_not_sent_again(method: str) -> None:
    """Nobody can know whether it was executed; that is for the caller to decide (twenty.md section 6)."""
    async with listening(NOTHING, b"") as (server, url, wire):
        await ask(wire, url)
        with pytest.raises(aiohttp.ClientError) as caught:
            await ask(wire, url, method)
        assert not isinstance(caught.value, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
        assert len(server.came) == 2


@pytest.mark.parametrize("late", [answer(b"whole"), answer(b"half")[:-2]])
async def test_an_answer_nobody_waited_for_is_not_the_next_ones(late: bytes) -> None:
    """After a time-out its connection is gone with whatever still comes on it."""
    async with listening(None, answer(b"mine")) as (server, url, wire):
        with pytest.raises(TimeoutError):
            await ask(wire, url)
        server._transport.write(late)
        assert (await ask(wire, url)).body == b"mine"
        assert server.connections == 2


async def test_an_answer_in_trickles_has_an_end() -> None:
    """However often another byte comes; also where only the end of the connection would end it."""
    for length in ("Content-Length: 9999", "X-None: 1"):
        async with listening(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode()) as (server, url, wire):
            asking = asyncio.ensure_future(ask(wire, url))
            while not asking.done():
                await asyncio.sleep(0.02)
                if server.asked.is_set():
                    server._transport.write(b"x")
            assert isinstance(asking.exception(), TimeoutError)


async def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """One CRM that sends gigabytes must not take the memory of all."""
    monkeypatch.setattr("bot.wire.LARGEST", 100_000)
    async with listening(answer(b"x" * 2_000_000)) as (_, url, wire):
        with pytest.raises(aiohttp.ClientPayloadError, match="more than 100000 bytes"):
            await ask(wire, url)


async def test_a_request_that_is_given_up_takes_its_connection_along() -> None:
    """A cancelled look-up leaves nothing behind that another team's could read."""
    async with listening(None, answer(b"mine")) as (server, url, wire):
        asking = asyncio.ensure_future(ask(wire, url))
        await server.asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await ask(wire, url)).body == b"mine"
        assert server.connections == 2


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", answer(b"cut off")[:-3]])
async def test_what_is_no_whole_answer_is_a_client_error(said: bytes) -> None:
    """Another protocol, nonsense, or an answer cut off."""
    async with listening(said) as (server, url, wire):
        asking = asyncio.ensure_future(ask(wire, url))
        await server.asked.wait()
        server._transport.close()
        with pytest.raises(aiohttp.ClientError):
            await asking


async def test_no_connection_is_told_apart_from_a_lost_one() -> None:
    """Only then did certainly nothing leave."""
    async with listening(NOTHING) as (_, url, _):
        pass
    async with aiohttp.TCPConnector() as connector:
        with pytest.raises(aiohttp.ClientConnectorError):
            await ask(Wire(connector), url)


async def test_waiting_for_a_connection_has_an_end() -> None:
    """All of them busy: the one who waits is told that nothing left."""
    async with listening(None) as (server, url, _), aiohttp.TCPConnector(limit=1) as connector:
        wire = Wire(connector)
        busy = asyncio.ensure_future(wire.exchange("GET", url, lines=b"", patience=aiohttp.ClientTimeout(sock_read=5)))
        await server.asked.wait()
        with pytest.raises(aiohttp.ConnectionTimeoutError):
            await wire.exchange("GET", url, lines=b"", patience=aiohttp.ClientTimeout(connect=0.05))
        busy.cancel()
        await asyncio.wait([busy])
    assert len(server.came) == 1


@pytest.mark.parametrize("url", ["", "/only/a/path", "hooks.slack.example/x"])
async def test_an_address_without_a_host_is_refused(url: str) -> None:
    """In aiohttp's words, which every caller expects."""
    async with aiohttp.TCPConnector() as connector:
        with pytest.raises(aiohttp.InvalidURL):
            await ask(Wire(connector), yarl.URL(url))


@pytest.mark.parametrize("value", [b"1\r\nMaton-Connection: another", b"1\n", b"1\0"])
def test_a_header_that_would_be_two_is_refused(value: bytes) -> None:
    """Before anything leaves."""
    with pytest.raises(ValueError, match="line break"):
        lines([(b"Key", value)])


def test_the_wires_own_headers_are_left_to_it() -> None:
    """A second Host or length would let two servers read two requests."""
    assert lines([(b"Host", b"other"), (b"content-length", b"9"), (b"Accept", b"*/*")]) == b"Accept: */*\r\n"
