"""One team's road to its CRM through Maton: no request without its connection, none to where the bot has no business.

Everything assumed about the gateway stands in maton.md; `decipher` says what its answers mean.
"""

import asyncio
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import aiohttp
import httpx
from msgspec import Struct

from bot.crm.decipher import KEY_REFUSED, NOT_ACCEPTED, READS, UNREACHABLE, decipher, silence
from bot.crm.pace import Pacer, Urgency
from bot.crm.transport import Bodiless, Client, Transport
from bot.errors import BotError, CredentialBroken, OutcomeUnknown, RateLimited, Unavailable, Whose
from bot.models import ConnectionId
from bot.wire import lines

log = logging.getLogger(__name__)

USER_AGENT = "crm-bot/0.1"
HEADER = "Maton-Connection"
JSON = lines([(b"Content-Type", b"application/json")])
WRITE_TIMEOUT = 30.0
BUDGET = 10.0
"""Seconds that one read, or one write before it has left, may take with everything that is tried again."""
MOST_TRIES = 8
CONNECTIONS = 256
"""At once, per process. With 64, a CRM that takes 50 ms would let through no more than 400 lookups a second."""

FAULTY = "The CRM answered with a fault; most often its connection has expired."

_KNOWN_TO_MATON: dict[int, Whose] = {404: "binding", 200: "team"}
"""Whose credential is broken, by what Maton says of the connection."""

ASKED_FOR = 5.0
"""Seconds for which Maton's word on a connection serves: one broken team must not spend everybody's requests."""

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MANY = frozenset({"companies", "people", "opportunities", "notes", "tasks", "noteTargets", "taskTargets"})
_READ_ONLY = frozenset({"workspaceMembers", "workflows"})
_RESTORABLE = frozenset({"companies", "people", "opportunities", "notes", "tasks"})

OnHealth = Callable[[ConnectionId, bool, BotError | None], None]
OnRequest = Callable[[str, str, float], None]


class Impassable(ValueError):
    """A programming error: the bot was about to send what it never may. Nothing left."""


class Hooks(Struct, frozen=True):
    """Who wants to know: of a connection's health in passing, and of every request (method, outcome, seconds)."""

    on_health: OnHealth = lambda connection_id, ok, error: None
    on_request: OnRequest = lambda method, outcome, seconds: None


def http_client(*, api_key: str, base_url: str) -> httpx.AsyncClient:
    """The one client of the process, for `Gateway` and `Maton`; close it at shutdown.

    httpx's own pool scans all connections on every request: 0.67 ms of CPU at 1 in flight, 5.6 ms at 64. With aiohttp's
    below it is flat (slack.md section 1), and `bot.crm.transport` leaves out what else httpx does that we do not need.
    """
    return Client(
        Transport(lambda: aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=15)),
        base_url=base_url,
        headers={"Authorization": f"Bearer {api_key}", "User-Agent": USER_AGENT, "Accept": "application/json"},
        timeout=httpx.Timeout(WRITE_TIMEOUT, connect=5.0, pool=5.0),
    )


def road(method: str, plural: str, record_id: str | None = None, *, restore: bool = False) -> str:
    """The path of one request; Impassable unless it is one of those that the bot needs (maton.md section 5).

    A PATCH or DELETE without an id would reach every record (twenty.md section 1.1), so there is no road to it but the
    restoring of many, whose caller must name the one it means by filter.
    """
    base = "/twenty/rest"
    if restore:
        if method != "PATCH" or plural not in _RESTORABLE:
            raise Impassable(f"{method} restore {plural}")
        return f"{base}/{plural}/{_uuid(record_id)}/restore" if record_id is not None else f"{base}/restore/{plural}"
    usable = plural in _MANY or (method == "GET" and plural in _READ_ONLY)
    if not usable or (method, record_id is None) not in _SHAPES:
        raise Impassable(f"{method} {plural}")
    return f"{base}/{plural}" if record_id is None else f"{base}/{plural}/{_uuid(record_id)}"


_SHAPES = {("GET", True), ("GET", False), ("POST", True), ("PATCH", False), ("DELETE", False)}


def never_left(error: httpx.TransportError) -> bool:
    """Whether the request certainly did not leave, so that even a write may be sent again.

    The aiohttp transport reports a dropped connection as httpx's ConnectTimeout, so its own cause decides.
    """
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientError):
        return isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


class _Doubtful(CredentialBroken):
    """The CRM's credential seems broken, but one more try may say otherwise."""


class Gateway:
    """The road of exactly one connection. It cannot exist without a valid id, and there is no default."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        connection_id: ConnectionId,
        *,
        pacer: Pacer,
        hooks: Hooks | None = None,
        budget: float = BUDGET,
        command: str = "/crm",
    ) -> None:
        self._http = http
        self._command = command
        self.connection_id = checked(connection_id)
        self._pacer = pacer
        self._hooks = hooks or Hooks()
        self._budget = budget
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._asked_status = 0
        self._lines = lines([*http.headers.raw, (HEADER.encode(), self.connection_id.encode())])
        self._base = http.base_url.raw_path.decode().rstrip("/")

    async def get(
        self,
        plural: str,
        record_id: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        urgency: Urgency = Urgency.LOOKUP,
    ) -> Any:
        """Read, trying again inside the budget; Unavailable, RateLimited or CredentialBroken if that does not help."""
        path = road("GET", plural, record_id)
        return await self._patiently("GET", path, params or {}, None, urgency)

    async def write(
        self,
        method: str,
        plural: str,
        record_id: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        restore: bool = False,
    ) -> Any:
        """Write once. It is sent again only when it certainly never left, or was refused before execution (429)."""
        path = road(method, plural, record_id, restore=restore)
        if restore and record_id is None and not _names_one(params or {}):
            raise Impassable("a restore of many without the id of the one that is meant")
        return await self._patiently(method, path, params or {}, json, Urgency.WRITE)

    async def _patiently(
        self, method: str, path: str, params: Mapping[str, str], json: Mapping[str, Any] | None, urgency: Urgency
    ) -> Any:
        """Waiting for a limit is the urgency's own patience and costs nothing of the budget for faults."""
        deadline, waited, faults = time.monotonic() + self._budget, 0.0, 0
        while True:
            began = time.monotonic()
            sent_at = await self._pacer.turn(
                self.connection_id, urgency=urgency, patience=max(urgency.patience - waited, 0.0)
            )
            deadline += time.monotonic() - began
            try:
                return await self._once(method, path, params, json, seconds=max(deadline - time.monotonic(), 0.1))
            except RateLimited as error:
                self._pacer.refused(
                    self.connection_id, seconds=error.retry_after, by_account=error.by_account, sent_at=sent_at
                )
                waited += time.monotonic() - began
                deadline += time.monotonic() - began
                continue
            except Unavailable as error:
                again: BotError = error
                wait = 0.15 * 2**faults * random.uniform(0.7, 1.3)  # noqa: S311 -- jitter
            except _Doubtful as error:
                again, wait = error, 0.3 if faults == 0 else self._budget
            faults += 1
            if time.monotonic() + wait >= deadline or faults == MOST_TRIES:
                if isinstance(again, _Doubtful):
                    self._hooks.on_health(self.connection_id, False, again)  # now it is believed
                raise again
            await asyncio.sleep(wait)

    async def _once(
        self, method: str, path: str, params: Mapping[str, str], json: Mapping[str, Any] | None, *, seconds: float
    ) -> Any:
        """One request; Unavailable means that it may be repeated, whatever its method."""
        started = time.monotonic()
        outcome = "ok"
        try:
            data = await self._exchange(method, path, params, json, seconds=seconds)
            self._hooks.on_health(self.connection_id, True, None)
            return data
        except BotError as error:
            outcome = type(error).__name__.lstrip("_")
            self._note(error)
            raise
        finally:
            self._hooks.on_request(method, outcome, time.monotonic() - started)

    async def _exchange(
        self, method: str, path: str, params: Mapping[str, str], json: Mapping[str, Any] | None, *, seconds: float
    ) -> Any:
        read = round(min(seconds, WRITE_TIMEOUT), 1) if method in READS else WRITE_TIMEOUT
        try:
            response = await self._http.send(self._request(method, path, params, json, read=read))
        except httpx.TransportError as error:
            raise (Unavailable(UNREACHABLE) if never_left(error) else silence(method)) from error
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s -> %s, request %s", method, path, response.status_code, _request_id(response))
        try:
            return decipher(method, response.status_code, response.headers, response.content)
        except CredentialBroken as suspicion:
            raise await self._whose(suspicion) from None
        except (Unavailable, OutcomeUnknown) as error:
            log.warning("%s %s failed: %s, request %s", method, path, response.status_code, _request_id(response))
            raise await self._explained(error, response.status_code) from None

    def _request(
        self, method: str, path: str, params: Mapping[str, str], json: Mapping[str, Any] | None, *, read: float
    ) -> httpx.Request:
        """Made by hand: `AsyncClient.request` takes 0.4 ms of CPU to parse one URL with a filter in it three times."""
        extensions: dict[str, Any] = {
            "timeout": {"connect": 5.0, "read": read, "pool": 5.0},
            "target": (self._base + path, params),
        }
        # No other headers: without the connection's own a request carries no key either, and reaches nobody's CRM.
        extensions["lines"] = self._lines
        if json is None:
            return Bodiless(method, self._http.base_url, headers=httpx.Headers(), extensions=extensions)
        extensions["lines"] += JSON
        return httpx.Request(method, self._http.base_url, json=json, extensions=extensions)

    async def _whose(self, suspicion: CredentialBroken) -> CredentialBroken:
        """Whose credential it is: Maton knows its own key and the connection, else the team's (maton.md section 3)."""
        status = await self._ask_maton()
        if status == 401:
            return CredentialBroken(KEY_REFUSED, whose="operator")
        whose = _KNOWN_TO_MATON.get(status, suspicion.whose)
        next_step = f"An admin can reconnect it with {self._command} connect."
        return CredentialBroken(f"{NOT_ACCEPTED} {next_step}", whose=whose)

    async def _explained(self, error: BotError, status: int) -> BotError:
        """A bare 500 of a read is often an expired credential; of a write, it stays unknown whether it was done."""
        if status != 500 or isinstance(error, OutcomeUnknown):
            return error
        lasting = f"If it lasts, an admin can reconnect it with {self._command} connect."
        doubtful = _Doubtful(f"{FAULTY} {lasting}", whose="team")
        broken = await self._whose(doubtful)
        return doubtful if broken.whose == "team" else broken

    async def _ask_maton(self) -> int:
        """Maton's own word on the connection, asked once for all requests that failed within some seconds."""
        async with self._asking:
            if time.monotonic() - self._asked_at > ASKED_FOR:
                self._asked_status = await self._asked()
                self._asked_at = time.monotonic()
            return self._asked_status

    async def _asked(self) -> int:
        try:
            response = await self._http.get(f"/connections/{self.connection_id}", timeout=5.0)
        except httpx.TransportError:
            return 0
        return response.status_code

    def _note(self, error: BotError) -> None:
        ill = isinstance(error, CredentialBroken | Unavailable | OutcomeUnknown)
        if not isinstance(error, RateLimited | _Doubtful):
            self._hooks.on_health(self.connection_id, not ill, error if ill else None)


def checked(connection_id: str) -> ConnectionId:
    """The id, if it is one, else ValueError: httpx does not refuse line breaks in a header (maton.md section 1)."""
    if not _CONNECTION_ID.fullmatch(connection_id):
        raise ValueError("not a Maton connection id")
    return ConnectionId(connection_id)


def _request_id(response: httpx.Response) -> str:
    """By which Maton's support finds it."""
    return str(response.headers.get("x-request-id", ""))


def _uuid(record_id: str | None) -> str:
    try:
        return str(UUID(record_id or ""))
    except ValueError:
        raise Impassable("not a record id") from None


def _names_one(params: Mapping[str, str]) -> bool:
    return set(params) == {"filter"} and re.fullmatch(r"id\[eq\]:[0-9a-f-]{36}", params["filter"]) is not None
