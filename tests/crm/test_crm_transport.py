"""What leaves is what was meant, byte for byte, and nothing of one team's answer comes back with another's request."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web

from bot.crm import CRMs, http_client
from bot.models import ConnectionId, Kind

AWKWARD = 'O\'Brien "&" Söhne, (100%) + #1?\n/\\ 名前'


@asynccontextmanager
async def _serving(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("awkward", [AWKWARD, "%41%zz%", "a=b&c;d", "\U0001f600 \u2028", "#", "+", " ", "//?", "ß\t"])
async def test_a_filter_arrives_letter_by_letter(awkward: str) -> None:
    """Percent signs, quotes, plus signs and other scripts, as any server reads them (maton.md section 5)."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.json_response({})

    params = {"filter": f'name[ilike]:"%{awkward}%"', "limit": "1"}
    async with _serving(answer) as url, http_client(api_key="k", base_url=url) as http:
        await CRMs(http).of(ConnectionId("c"))._gateway.get("companies", params=params)
    query = urlsplit(seen[0]).query
    assert seen[0].isascii()
    assert parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict") == list(params.items())


async def test_an_address_with_a_path_is_kept() -> None:
    """MATON_API_URL may lead through a proxy of the operator's."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"data": {"companies": []}, "totalCount": 7})

    async with _serving(answer) as url, http_client(api_key="k", base_url=f"{url}/proxy/maton/") as http:
        assert await CRMs(http).of(ConnectionId("c")).count(Kind.COMPANY) == 7
        await http.get("/connections/c")
    assert seen == ["/proxy/maton/twenty/rest/companies", "/proxy/maton/connections/c"]


async def test_no_cookie_goes_from_one_team_to_another() -> None:
    """Whatever a CRM sets, the next request carries none of it."""
    cookies: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(text="{}", headers={"Set-Cookie": "session=acme; Path=/"})

    async with _serving(answer) as url, http_client(api_key="k", base_url=url) as http:
        for _ in range(2):
            await http.get("/connections/c")
    assert cookies == [None, None]


async def test_a_redirect_is_not_followed() -> None:
    """It would carry the key to another host (maton.md section 5)."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})

    async with _serving(answer) as url, http_client(api_key="k", base_url=url) as http:
        assert (await http.get("/connections/c")).status_code == 302


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_answer_is_read(encoding: str) -> None:
    """As the answer's own header says."""

    async def answer(request: web.Request) -> web.Response:
        response = web.Response(text='{"a": 1}')
        response.enable_compression(web.ContentCoding(encoding))
        return response

    async with _serving(answer) as url, http_client(api_key="k", base_url=url) as http:
        assert (await http.get("/connections/c")).json() == {"a": 1}
