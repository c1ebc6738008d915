"""The gateway's HTTP side: key, connection, fault, CRM, log, in this order."""

import asyncio
import contextlib
import json
import time
from datetime import UTC, datetime
from html import escape
from uuid import uuid4

from aiohttp import web

from bot.sandbox.twenty.account import Account
from bot.sandbox.twenty.connections import MatonError
from bot.sandbox.twenty.crm import FakeCRM
from bot.sandbox.twenty.exchanges import KEPT, Exchange, Reply, json_reply
from bot.sandbox.twenty.faults import Fault
from bot.sandbox.twenty.refusals import NotTaught

HEADER = "Maton-Connection"
REST = "/twenty/rest"
LOOK_AGAIN = 0.02
KEPT_HEADERS = ("User-Agent", "Content-Type", HEADER)


def application(account: Account) -> web.Application:
    """The gateway over these connections, the connect page included."""
    app = web.Application(client_max_size=10 * 1024 * 1024)
    gateway = Gateway(account)
    app.router.add_get("/connect", gateway.connect_page)
    app.router.add_post("/connect", gateway.complete)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    return app


class Gateway:
    """Answers every request and logs it."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request through Maton; a lost answer closes the connection."""
        started = time.perf_counter()
        body = await request.read()
        call = Call(request, body)
        fault = self._account.fault_for(method=call.method, path=call.path, connection_id=call.connection_id)
        reply = await self._under(fault, call)
        ms = (time.perf_counter() - started) * 1000
        self._account.note(call.exchange(reply, ms=ms, fault=fault.name if fault else None))
        if reply is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return web.Response(
            status=reply.status,
            body=reply.body,
            content_type=reply.content_type,
            headers={**reply.headers, "X-Request-Id": call.request_id},
        )

    async def _under(self, fault: Fault | None, call: "Call") -> Reply | None:
        """The answer as the fault leaves it; None is no answer at all."""
        if fault is None:
            return self._reply(call)
        instead = fault.instead()
        if instead is not None:
            return instead
        match fault.name:
            case "lost_before":
                return None
            case "lost_after":
                self._reply(call)
                return None
            case "delay" | "hang":
                waited = await call.patience(fault)
                return self._reply(call) if waited else None
            case "stalled_commit":
                return await asyncio.shield(self._account.own(self._stalled(fault, call)))
        return fault.spoilt(self._reply(call))

    async def _stalled(self, fault: Fault, call: "Call") -> Reply:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(fault.released.wait(), fault.seconds)
        return self._reply(call)

    def _reply(self, call: "Call") -> Reply:
        try:
            self._authorise(call)
            self._account.charge()
            return self._route(call)
        except MatonError as error:
            headers = {"Retry-After": error.retry_after} if error.retry_after else None
            return json_reply(error.status, {"message": error.message}, headers)
        except NotTaught as error:
            surprise = f"nobody taught the fake CRM {call.method} {call.path}: {error}"
            self._account.surprises.append(surprise)
            return json_reply(501, {"message": surprise})

    def _authorise(self, call: "Call") -> None:
        if call.request.headers.getall("Authorization", []) != [f"Bearer {self._account.api_key}"]:
            raise MatonError(401, "Invalid or missing API key")

    def _route(self, call: "Call") -> Reply:
        if call.path.startswith(f"{REST}/"):
            crm = self._account.connections.crm(call.connection_id)
            answer = crm.answer(call.method, call.path.removeprefix(REST), call.query, call.body)
            return json_reply(answer.status, answer.body, answer.headers)
        segments = [each for each in call.path.split("/") if each]
        match call.method, segments:
            case "POST", ["connections"]:
                return self._make(call)
            case "GET", ["connections"]:
                return self._list(call)
            case "GET", ["connections", connection_id]:
                shown = self._account.connections.get(connection_id).shown(self._connect_url(call))
                return json_reply(200, {"connection": shown})
            case "DELETE", ["connections", connection_id]:
                self._account.connections.delete(connection_id)
                return json_reply(200, {})
        raise NotTaught("no such route at Maton")

    def _make(self, call: "Call") -> Reply:
        app = call.json().get("app")
        if not app:
            raise MatonError(400, "app is required")
        made = self._account.connections.make(app)
        key = self._account.creation_key
        if key == "connection":
            return json_reply(200, {"connection": {"connection_id": made.id}})
        return json_reply(200, {key: made.id})

    def _list(self, call: "Call") -> Reply:
        found = self._account.connections.listed(app=call.first("app"), status=call.first("status"))
        limit = int(call.first("limit") or len(found))
        return json_reply(200, {"connections": [each.shown(self._connect_url(call)) for each in found[:limit]]})

    def _connect_url(self, call: "Call") -> str:
        return self._account.connect_url or f"{call.request.url.origin()}/connect"

    # -- the page behind the link

    async def connect_page(self, request: web.Request) -> web.Response:
        """What the admin sees: a button for every CRM on offer."""
        token = request.query.get("session_token", "")
        connection = self._account.connections.by_token(token)
        if connection is None:
            return web.Response(status=404, text="This link is not valid (any more).")
        names = self._account.offered or {"A new empty CRM": FakeCRM()}
        buttons = "".join(f'<p><button name="crm" value="{escape(name)}">{escape(name)}</button></p>' for name in names)
        form = f'<form method="post"><input type="hidden" name="session_token" value="{escape(token)}">{buttons}</form>'
        page = f"<!doctype html><title>Connect Twenty</title><h1>Which Twenty workspace?</h1>{form}"
        return web.Response(text=page, content_type="text/html")

    async def complete(self, request: web.Request) -> web.Response:
        """The admin pressed a button: the connection becomes ACTIVE."""
        form = await request.post()
        connection = self._account.connections.by_token(str(form.get("session_token", "")))
        if connection is None:
            return web.Response(status=404, text="This link is not valid (any more).")
        crm = self._account.offered.get(str(form.get("crm", ""))) or FakeCRM()
        self._account.complete(connection.id, crm)
        page = "<!doctype html><title>Connected</title><h1>Connected</h1><p>You can go back to Slack.</p>"
        return web.Response(text=page, content_type="text/html")


class Call:
    """One request as Maton reads it."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.request = request
        self.body = body
        self.method = request.method
        self.path = request.raw_path.partition("?")[0]
        self.query = {name: request.query.getall(name) for name in request.query}
        named = request.headers.getall(HEADER, [])
        # Given twice it is no better than misspelt: Maton falls back to the default connection.
        self.connection_id = named[0] if len(named) == 1 else None
        self.when = datetime.now(UTC)
        self.request_id = uuid4().hex

    def first(self, name: str) -> str | None:
        """A parameter's first value."""
        return self.query.get(name, [None])[0]

    def json(self) -> dict[str, str]:
        """The body of a call to Maton itself."""
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError:
            raise MatonError(400, "Invalid JSON") from None
        return parsed if isinstance(parsed, dict) else {}

    async def patience(self, fault: Fault) -> bool:
        """Wait until the fault is over; False when the client went away first."""
        ends = None if fault.seconds is None or fault.name == "hang" else time.monotonic() + fault.seconds
        while not fault.released.is_set() and (ends is None or time.monotonic() < ends):
            if self.request.transport is None or self.request.transport.is_closing():
                return False
            left = LOOK_AGAIN if ends is None else min(LOOK_AGAIN, max(ends - time.monotonic(), 0))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(fault.released.wait(), left)
        return True

    def exchange(self, reply: Reply | None, *, ms: float, fault: str | None) -> Exchange:
        """What the log keeps."""
        return Exchange(
            when=self.when,
            method=self.method,
            path=self.path,
            query=tuple((name, value) for name, values in self.query.items() for value in values),
            connection_id=self.connection_id,
            request_body=self.body.decode(errors="replace")[:KEPT],
            status=reply.status if reply else None,
            response_body=reply.body.decode(errors="replace")[:KEPT] if reply else "",
            ms=ms,
            fault=fault,
            headers={name: self.request.headers[name] for name in KEPT_HEADERS if name in self.request.headers},
        )
