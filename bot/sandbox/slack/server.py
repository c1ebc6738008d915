"""Slack's side of HTTP: `/api/METHOD`, response_urls, the Socket Mode link and the consent page."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.slack import oauth, response_urls, webapi
from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.socket import SocketMode
from bot.sandbox.slack.state import Refusal, State
from bot.sandbox.slack.world import Installation, Json

RESPONSE_URL = "response_url"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that the bot made; `team` is whose token it carried."""

    method: str
    args: Mapping[str, Any]
    answer: Json
    team: str = ""


@dataclass(slots=True)
class Server:
    """Answers the bot's requests and remembers them; what nobody taught it stands in `surprises`."""

    state: State
    faults: Faults
    socket: SocketMode
    calls: list[Call] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self.api),
            web.post("/hooks/{tail:.*}", self.response_url),
            web.get("/link", self.socket.connect),
            web.get("/oauth/v2/authorize", self.consent),
            web.route("*", "/{tail:.*}", self.surprise),
        ]

    async def api(self, request: web.Request) -> web.StreamResponse:
        method, args = request.match_info["method"], await arguments(request)
        token = token_of(request, args)
        args.pop("token", None)
        bot = self.state.installations.get(token)
        answer = await self._struck(request, method, args, lambda: self._answer(request, method, token, args), bot)
        if bot:
            answer.headers["x-oauth-scopes"] = ",".join(bot.scopes)
        return answer

    async def response_url(self, request: web.Request) -> web.StreamResponse:
        body = await arguments(request)

        def use() -> Json:
            response_urls.use(self.state, request.path, body)
            return {"ok": True}

        return await self._struck(request, RESPONSE_URL, body, use, None)

    async def consent(self, request: web.Request) -> web.StreamResponse:
        """The page where an admin allows the app: `team` and `user` in the query say who; here they always agree."""
        query = request.query
        team = query.get("team") or self.state.world.teams[0].id
        code = self.grant(team, user=query.get("user", ""), scopes=tuple(query.get("scope", "").split(",")))
        target = query.get("redirect_uri", "")
        joint = "&" if "?" in target else "?"
        raise web.HTTPFound(f"{target}{joint}{urlencode({'code': code, 'state': query.get('state', '')})}")

    async def surprise(self, request: web.Request) -> web.StreamResponse:
        self.surprises.append(f"{request.method} {request.path}")
        raise web.HTTPNotFound

    def grant(self, team: str, *, user: str, scopes: tuple[str, ...], org: str | None = None) -> str:
        """A code for `oauth.v2.access`, as the consent page hands out; with `org`, for the whole organisation."""
        name, enterprise = self.state.new_id(""), self.state.teams[team].enterprise_id
        fresh = Installation(team, f"xoxb-sandbox-{name}", f"U0BOT{name}", f"B0BOT{name}", enterprise_id=enterprise)
        old = self.state.last_installation(team) or fresh
        token = fresh.token if old.token in self.state.revoked else old.token
        new = replace(old, token=token, scopes=scopes, installed_by=user)
        if org:
            new = replace(fresh, team="", enterprise_id=org, is_enterprise_install=True, scopes=scopes)
        code = self.state.new_id("code")
        self.state.codes[code] = new
        return code

    def _answer(self, request: web.Request, method: str, token: str, args: Json) -> Json:
        match method:
            case "oauth.v2.access":
                return oauth.access(self.state, {**_basic_auth(request), **args})
            case "apps.connections.open":
                return self._open_socket(request, token)
            case _ if method not in webapi.METHODS:
                self.surprises.append(method)
                raise Refusal("unknown_method", req_method=method)
            case _:
                return webapi.call_method(self.state, method, token, args)

    def _open_socket(self, request: web.Request, token: str) -> Json:
        if token != self.state.world.app_token:
            raise Refusal("not_allowed_token_type" if token in self.state.installations else "invalid_auth")
        return {"ok": True, "url": f"ws://{request.host}/link?ticket={self.socket.ticket()}"}

    async def _struck(
        self, request: web.Request, method: str, args: Json, run: Callable[[], Json], bot: Installation | None
    ) -> web.StreamResponse:
        """Run it under the fault that waits for this method, if one does."""
        fault = self.faults.take(method)
        status, answer, headers = _attempt(run, fault)
        self.calls.append(Call(method, args, answer, bot.team if bot else ""))
        self.state.changes.tell()
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "lose" and request.transport:
            request.transport.abort()
        if method == RESPONSE_URL:
            return web.Response(text="ok") if answer["ok"] else web.json_response(answer, status=max(status, 400))
        return web.json_response(answer, status=status, headers=headers)


def _attempt(run: Callable[[], Json], fault: Fault | None) -> tuple[int, Json, dict[str, str]]:
    """Status, answer and headers."""
    if fault and fault.kind == "ratelimit":
        return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(int(fault.seconds))}
    try:
        if fault and fault.kind == "fail":
            raise Refusal(fault.error)
        return 200, run(), {}
    except response_urls.Gone as gone:
        return 404, {"ok": False, "error": gone.error}, {}
    except Refusal as refusal:
        return 200, {"ok": False, "error": refusal.error, **refusal.more}, {}


async def arguments(request: web.Request) -> Json:
    """The arguments, from the query, a form or a JSON body."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        found |= _object(await request.text())
    else:
        found |= dict(await request.post())
    return found


def _object(text: str) -> Json:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise web.HTTPBadRequest(
            text=json.dumps({"ok": False, "error": "invalid_json"}), content_type="application/json"
        )
    return found


def token_of(request: web.Request, args: Mapping[str, Any]) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else str(args.get("token") or "")


def _basic_auth(request: web.Request) -> Json:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return {"client_id": name, "client_secret": secret}
