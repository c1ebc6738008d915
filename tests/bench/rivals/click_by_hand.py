"""Confirm without Bolt, httpx and SQLAlchemy, and yet with all that a Confirm has to do (product.md section 4).

Look at the proposal and its team; ask Slack who clicked; claim; write to the CRM; finish; rewrite the card; note that
it is true. What is done to the store survives a crash, and what happened is told in history.
"""

import asyncio
import hashlib
import hmac
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp import web

SECRET = os.environ["SLACK_SIGNING_SECRET"].encode()
CRM = os.environ["MATON_API_URL"]
SLACK = os.environ["SLACK_API_URL"]
TOKEN = {"Authorization": "Bearer xoxb-bench"}
HEADERS = {
    "Authorization": f"Bearer {os.environ['MATON_API_KEY']}",
    "Maton-Connection": "bench",
    "Content-Type": "application/json",
}
LOOK = (
    "SELECT by_hand.state, connections.connection_id, settings.settings FROM by_hand "
    "LEFT JOIN connections ON connections.team_id = {1} LEFT JOIN settings ON settings.team_id = {1} "
    "WHERE by_hand.id = {0}"
)
CLAIM = "UPDATE by_hand SET state = 'executing' WHERE id = {0} AND state = 'pending' RETURNING body"
FINISH = "UPDATE by_hand SET state = 'done' WHERE id = {0}"
SHOWN = "UPDATE by_hand SET shown = 1 WHERE id = {0}"
TELL = "INSERT INTO by_hand_history (id, what) VALUES ({0}, {1})"


@dataclass(frozen=True, slots=True)
class Store:
    """`look(id, team)`; `write(statement, id, what)`, which tells history in the same transaction; `note(id)`."""

    look: Callable[[str, str], Awaitable[Any]]
    write: Callable[[str, str, str], Awaitable[Any]]
    note: Callable[[str], Awaitable[Any]]


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

    async def look(id: str, team: str) -> Any:
        return connection.execute(LOOK.format("?1", "?2"), (id, team)).fetchone()

    async def note(id: str) -> None:
        connection.execute(SHOWN.format("?"), (id,))

    return Store(look, write, note)


async def postgresql_store(url: str) -> Store:
    """asyncpg's own pool."""
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=10, max_size=10)

    async def write(statement: str, id: str, what: str) -> Any:
        async with pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(statement.format("$1"), id)
            await connection.execute(TELL.format("$1", "$2"), id, what)
            return row

    async def look(id: str, team: str) -> Any:
        return await pool.fetchrow(LOOK.format("$1", "$2"), id, team)

    async def note(id: str) -> None:
        await pool.execute(SHOWN.format("$1"), id)

    return Store(look, write, note)


class Clicks:
    """One session, one handler, owned tasks."""

    def __init__(self, store: Store) -> None:
        self._store = store
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
        row = None
        if await self._may(id, click):
            row = await self._store.write(CLAIM, id, "confirmed")
        if row is not None:
            task = asyncio.create_task(self._carry_out(id, row[0], click))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return web.Response()

    async def close(self, _: web.Application) -> None:
        await self._session.close()

    async def _may(self, id: str, click: dict[str, Any]) -> bool:
        """Whether there is something to decide, and this person, as Slack knows them now, may decide it."""
        found = await self._store.look(id, click["team"]["id"])
        if found is None or found[0] != "pending" or found[1] is None:
            return False
        async with self._session.get(f"{SLACK}users.info", params={"user": click["user"]["id"]}, headers=TOKEN) as said:
            user = msgspec.json.decode(await said.read())["user"]
        return not (user.get("is_restricted") or user.get("deleted") or user.get("is_bot"))

    async def _carry_out(self, id: str, note: str, click: dict[str, Any]) -> None:
        async with self._session.post(f"{CRM}/twenty/rest/notes", data=note, headers=HEADERS) as answer:
            msgspec.json.decode(await answer.read())
        await self._store.write(FINISH, id, "done")
        text = {"type": "section", "text": {"type": "plain_text", "text": "Created note"}}
        card = {
            "channel": click["channel"]["id"],
            "ts": click["container"]["message_ts"],
            "text": "Created",
            "blocks": [text],
        }
        headers = {**TOKEN, "Content-Type": "application/json"}
        async with self._session.post(f"{SLACK}chat.update", data=msgspec.json.encode(card), headers=headers) as said:
            await said.read()
        await self._store.note(id)


async def application() -> web.Application:
    url = os.environ["DATABASE_URL"]
    store = await (sqlite_store(url) if url.startswith("sqlite") else postgresql_store(url))
    app = web.Application()
    clicks = Clicks(store)
    app.router.add_post("/slack/events", clicks.take)
    app.on_cleanup.append(clicks.close)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
