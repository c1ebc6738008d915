"""`/crm find` without Bolt and without httpx, doing only what the job needs: the limit in Python."""

import asyncio
import hashlib
import hmac
import os
import time
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp import web

from tests.bench.rivals import rows

SECRET = os.environ["SLACK_SIGNING_SECRET"].encode()
CRM = os.environ["MATON_API_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['MATON_API_KEY']}", "Maton-Connection": "bench"}
JSON = {"Content-Type": "application/json"}


class ByHand:
    """One session, one handler, owned tasks."""

    def __init__(self) -> None:
        connector = aiohttp.TCPConnector(limit=512)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, request: web.Request) -> web.Response:
        body, stamp = await request.read(), request.headers["X-Slack-Request-Timestamp"]
        mac = hmac.new(SECRET, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(f"v0={mac}", request.headers["X-Slack-Signature"])
        if not genuine or abs(time.time() - int(stamp)) > 300:
            return web.Response(status=401)
        task = asyncio.create_task(self._find({key: value[0] for key, value in parse_qs(body.decode()).items()}))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return web.Response()

    async def close(self, _: web.Application) -> None:
        await self._session.close()

    async def _find(self, command: dict[str, str]) -> None:
        words = command["text"].split()[1:]
        found = await asyncio.gather(*(self._read(each, words) for each in rows.PATHS))
        answer = msgspec.json.encode({**rows.answer(words, found), "response_type": "ephemeral"})
        async with self._session.post(command["response_url"], data=answer, headers=JSON) as said:
            await said.read()

    async def _read(self, plural: str, words: list[str]) -> list[dict[str, Any]]:
        params = rows.asked(plural, words)
        async with self._session.get(f"{CRM}/twenty/rest/{plural}", params=params, headers=HEADERS) as response:
            return msgspec.json.decode(await response.read())["data"][plural]


async def application() -> web.Application:
    app = web.Application()
    by_hand = ByHand()
    app.router.add_post("/slack/events", by_hand.take)
    app.on_cleanup.append(by_hand.close)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
