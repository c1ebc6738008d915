"""`/crm find` without Bolt and without httpx, doing only what the job needs: the limit in Python.

With WORKSPACES it serves those of that SQLite file, and their full members only.
"""

import asyncio
import hashlib
import hmac
import os
import sqlite3
import time
from typing import Any, Protocol
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp import web
from nacl.secret import SecretBox

from tests.bench.rivals import rows

SECRET = os.environ["SLACK_SIGNING_SECRET"].encode()
CRM = os.environ["MATON_API_URL"]
SLACK = os.environ["SLACK_API_URL"]
MATON = {"Authorization": f"Bearer {os.environ['MATON_API_KEY']}"}
JSON = {"Content-Type": "application/json"}
FIND = "SELECT token, connection FROM workspaces WHERE team = ?"


class Workspaces(Protocol):
    """Says whose CRM a command reads: its connection, or None for whoever may not."""

    async def connection(self, command: dict[str, str]) -> str | None: ...


class One:
    """A single workspace, whose CRM everybody may read."""

    async def connection(self, command: dict[str, str]) -> str | None:
        return "bench"


class Many:
    """Tokens (sealed) and connections from a file, people from Slack: asked for once, then remembered."""

    def __init__(self, session: aiohttp.ClientSession, file: str, key: str) -> None:
        self._session = session
        self._file = sqlite3.connect(file)
        self._box = SecretBox(bytes.fromhex(key))
        self._known: dict[str, tuple[str, str]] = {}
        self._members: dict[tuple[str, str], bool] = {}

    async def connection(self, command: dict[str, str]) -> str | None:
        team, user = command["team_id"], command["user_id"]
        known = self._known.get(team)
        if known is None:
            sealed, connection = self._file.execute(FIND, (team,)).fetchone()
            known = self._known[team] = self._box.decrypt(sealed).decode(), connection
        if (team, user) not in self._members:
            self._members[team, user] = await self._is_member(team, user, known[0])
        return known[1] if self._members[team, user] else None

    async def _is_member(self, team: str, user: str, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.get(f"{SLACK}users.info", params={"user": user}, headers=headers) as said:
            asking = msgspec.json.decode(await said.read())["user"]
        outside = asking.get("team_id", team) != team
        return not (outside or asking.get("is_restricted") or asking.get("is_stranger") or asking.get("deleted"))


class ByHand:
    """One session, one handler, owned tasks."""

    def __init__(self, session: aiohttp.ClientSession, workspaces: Workspaces) -> None:
        self._session = session
        self._workspaces = workspaces
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
        connection = await self._workspaces.connection(command)
        if connection is None:
            return
        words, headers = command["text"].split()[1:], MATON | {"Maton-Connection": connection}
        found = await asyncio.gather(*(self._read(each, words, headers) for each in rows.PATHS))
        answer = msgspec.json.encode({**rows.answer(words, found), "response_type": "ephemeral"})
        async with self._session.post(command["response_url"], data=answer, headers=JSON) as said:
            await said.read()

    async def _read(self, plural: str, words: list[str], headers: dict[str, str]) -> list[dict[str, Any]]:
        params = rows.asked(plural, words)
        async with self._session.get(f"{CRM}/twenty/rest/{plural}", params=params, headers=headers) as response:
            return msgspec.json.decode(await response.read())["data"][plural]


async def application() -> web.Application:
    app = web.Application()
    connector = aiohttp.TCPConnector(limit=512)
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    file = os.environ.get("WORKSPACES")
    by_hand = ByHand(session, Many(session, file, os.environ["KEY"]) if file else One())
    app.router.add_post("/slack/events", by_hand.take)
    app.on_cleanup.append(by_hand.close)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
