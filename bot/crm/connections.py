"""The bot's account at Maton: making, seeing and ending the connections of teams (maton.md section 1)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from bot.crm.decipher import KEY_REFUSED, UNREACHABLE, decipher
from bot.crm.maton import checked, never_left
from bot.errors import BotError, CredentialBroken, NotFound, OutcomeUnknown, Unavailable
from bot.models import ConnectionId

ACTIVE, PENDING, FAILED = "ACTIVE", "PENDING", "FAILED"
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}|localhost|::1")


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection as Maton shows it. Any status but ACTIVE means "not usable"; `connect_url` is a secret."""

    id: ConnectionId
    status: str
    connect_url: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it can be used; that its credential works is another question."""
        return self.status == ACTIVE

    def __repr__(self) -> str:
        return f"<Connection {self.status}>"


class Maton:
    """What the bot does with its own key: never anything to a CRM, that is `Gateway`'s."""

    def __init__(self, http: httpx.AsyncClient, *, connect_host: str = "connect.maton.ai") -> None:
        self._http = http
        self._connect_host = connect_host

    async def create(self) -> Connection:
        """A new PENDING connection. Each call leaves one behind: reuse a team's own pending one first."""
        answer = await self._call("POST", "/connections", json={"app": "twenty"})
        return await self.get(checked(_new_id(answer)))

    async def get(self, connection_id: ConnectionId) -> Connection:
        """The connection as it is now; NotFound once it was deleted."""
        answer = await self._call("GET", f"/connections/{checked(connection_id)}")
        return self._read(answer.get("connection", answer) if isinstance(answer, Mapping) else {})

    async def delete(self, connection_id: ConnectionId) -> None:
        """The connection is gone afterwards, also when it already was. Irreversible."""
        try:
            await self._call("DELETE", f"/connections/{checked(connection_id)}")
        except NotFound:
            return

    async def check_key(self) -> None:
        """Return when Maton accepts the key; CredentialBroken(whose="operator") when it does not."""
        await self._call("GET", "/connections", params={"app": "twenty", "limit": "1"})

    def _read(self, shown: Mapping[str, Any]) -> Connection:
        return Connection(
            id=checked(_id_of(shown)),
            status=str(shown.get("status") or "").upper(),
            connect_url=safe_connect_url(str(shown.get("url") or ""), host=self._connect_host),
        )

    async def _call(self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: Any = None) -> Any:
        try:
            response = await self._http.request(method, path, params=params, json=json)
        except httpx.TransportError as error:
            raise Unavailable(UNREACHABLE) if method != "POST" or never_left(error) else _lost() from error
        try:
            return decipher(method, response.status_code, response.headers, response.content) or {}
        except CredentialBroken as error:
            raise _ours(error, response.status_code) from None


def safe_connect_url(url: str, *, host: str) -> str:
    """The link if it leads to the given host over https, else ""; http only to a loopback host that was configured."""
    try:
        parts = urlsplit(url)
        found, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    wanted, _, wanted_port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
    right_place = found == wanted.lower() and (not wanted_port or str(port) == wanted_port)
    scheme = parts.scheme == "https" or (parts.scheme == "http" and _LOOPBACK.fullmatch(found) is not None)
    clean = not re.search(r"[\s<>\"|\\]", url) and parts.username is None and parts.password is None
    return url if right_place and scheme and clean else ""


def _id_of(shown: Mapping[str, Any]) -> str:
    return str(shown.get("connection_id") or shown.get("connection_Id") or shown.get("id") or "")


def _new_id(answer: Any) -> str:
    """The id in any of the shapes that a creation was seen to answer with."""
    if not isinstance(answer, Mapping):
        return ""
    nested = answer.get("connection")
    return _id_of(answer) or (_id_of(nested) if isinstance(nested, Mapping) else "")


def _ours(error: CredentialBroken, status: int) -> BotError:
    """On Maton's own routes only our key can be refused, and what is missing is missing."""
    if status in (401, 403):
        return CredentialBroken(KEY_REFUSED, whose="operator")
    return NotFound("Maton has no such connection (any more).") if status == 404 else error


def _lost() -> BotError:
    return OutcomeUnknown("Maton did not answer. Please try again in a moment.")
