"""Confirm without Bolt, httpx and SQLAlchemy: claim, write to the CRM, finish, rewrite the card."""

import asyncio
import hashlib
import hmac
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp import web

SECRET = os.environ["SLACK_SIGNING_SECRET"].encode()
CRM = os.environ["MATON_API_URL"]
SLACK = os.environ["SLACK_API_URL"]
HEADERS = {
    "Authorization": f"Bearer {os.environ['MATON_API_KEY']}",
    "Maton-Connection": "bench",
    "Content-Type": "application/json",
}
CLAIM = "UPDATE by_hand SET state = 'executing' WHERE id = {0} AND state = 'pending' RETURNING body"
FINISH = "UPDATE by_hand SET state = 'done' WHERE id = {0}"
TELL = "INSERT INTO by_hand_history (id, what) VALUES ({0}, {1})"

Store = Callable[[str, str, str], Awaitable[Any]]
"""Run a conditional write and tell history of it, in one transaction: (statement, id, what)."""


async def sqlite_store(url: str) -> Store:
    """On the event loop itself: a transaction is shorter than a hop to a thread."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")

    async def write(statement: str, id: str, what: str) -> Any:
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(statement.format("?"), (id,)).fetchone()
        connection.execute(TELL.format("?", "?"), (id, what))
        connection.execute("COMMIT")
        return row

    return write


async def postgresql_store(url: str) -> Store:
    """asyncpg's own pool."""
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=10, max_size=10)

    async def write(statement: str, id: str, what: str) -> Any:
        async with pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(statement.format("$1"), id)
            await connection.execute(TELL.format("$1", "$2"), id, what)
            return row

    return write


class Clicks:
    """One session, one handler, owned tasks."""

    def __init__(self, write: Store) -> None:
        self._write = write
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, request: web.Request) -> web.Response:
        body, stamp = await request.read(), request.headers["X-Slack-Request-Timestamp"]
        mac = hmac.new(SECRET, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(f"v0={mac}", request.headers["X-Slack-Signature"])
        if not genuine or abs(time.time() - int(stamp)) > 300:
            return web.Response(status=401)
        click = msgspec.json.decode(parse_qs(body.decode())["payload"][0])
        id = click["actions"][0]["value"].partition(".")[0]
        row = await self._write(CLAIM, id, "confirmed")
        if row is not None:
            task = asyncio.create_task(self._carry_out(id, row[0], click))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return web.Response()

    async def close(self, _: web.Application) -> None:
        await self._session.close()

    async def _carry_out(self, id: str, note: str, click: dict[str, Any]) -> None:
        async with self._session.post(f"{CRM}/twenty/rest/notes", data=note, headers=HEADERS) as answer:
            msgspec.json.decode(await answer.read())
        await self._write(FINISH, id, "done")
        text = {"type": "section", "text": {"type": "plain_text", "text": "Created note"}}
        card = {
            "channel": click["channel"]["id"],
            "ts": click["container"]["message_ts"],
            "text": "Created",
            "blocks": [text],
        }
        headers = {"Authorization": "Bearer xoxb-bench", "Content-Type": "application/json"}
        async with self._session.post(f"{SLACK}chat.update", data=msgspec.json.encode(card), headers=headers) as said:
            await said.read()


async def application() -> web.Application:
    url = os.environ["DATABASE_URL"]
    write = await (sqlite_store(url) if url.startswith("sqlite") else postgresql_store(url))
    app = web.Application()
    clicks = Clicks(write)
    app.router.add_post("/slack/events", clicks.take)
    app.on_cleanup.append(clicks.close)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
