"""`crm-bot check`: each thing the bot depends on, tried once, is ok or comes with what to do about it."""

from collections.abc import Awaitable, Callable

from msgspec import Struct
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.app import sealing_keys
from bot.crm.connections import Maton
from bot.crm.maton import http_client
from bot.errors import BotError, Unavailable
from bot.manifest import SCOPES
from bot.settings import Misconfigured, Settings, ready_to_serve
from bot.slack.clients import SlackClients
from bot.slack.socket import NOT_ACCEPTED
from bot.slack.talk import UNREACHABLE
from bot.store import Store, Unreadable, Unusable
from bot.store.sealing import Sealing


class Line(Struct, frozen=True):
    """One thing that was tried; `says` is what was found, or what to do."""

    what: str
    ok: bool
    says: str


async def check_everything(settings: Settings) -> list[Line]:
    """Configuration, database, Slack and Maton, in this order; one that fails keeps no other from being tried."""
    database = _Database(settings)
    return [
        _configuration(settings),
        await _tried("database", database.check),
        await _tried("Slack", lambda: _slack(settings, database)),
        await _tried("Maton", lambda: _maton(settings)),
    ]


class _Wrong(Exception):
    """What was tried is not ok; the text says what to do."""


async def _tried(what: str, check: Callable[[], Awaitable[str]]) -> Line:
    try:
        return Line(what, ok=True, says=await check())
    except _Wrong as wrong:
        return Line(what, ok=False, says=str(wrong))


def _configuration(settings: Settings) -> Line:
    try:
        ready_to_serve(settings)
    except Misconfigured as error:
        return Line("configuration", ok=False, says=" ".join(error.problems))
    return Line("configuration", ok=True, says=settings.mode)


class _Database:
    """Opened once. `token` is then that of one workspace, if one has installed the bot and its token does not rotate.

    It is "" otherwise, and None when it could not be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.token: str | None = None

    async def check(self) -> str:
        kind = self._settings.database_url.partition(":")[0].partition("+")[0]
        try:
            self.token = await self._read()
        except Unreadable as error:
            raise _Wrong(f"{error} Add the key that encrypted it behind the first in ENCRYPTION_KEY.") from error
        except Unusable as error:
            raise _Wrong(str(error)) from error
        except Exception as error:
            # Drivers raise whatever they like, and their texts may hold the password.
            raise _Wrong(
                f"DATABASE_URL ({kind}) cannot be used: {type(error).__name__}. Is it there, and is it right?"
            ) from error
        return f"{kind} answers, and its tables are up to date"

    async def _read(self) -> str:
        store = await Store.open(self._settings.database_url, Sealing(sealing_keys(self._settings)))
        try:
            for tenant in (await store.installations.tenants())[:1]:
                found = await store.installations.find(tenant, tenant)
                return found.bot_token if found and not found.refresh_token else ""
            return ""
        finally:
            await store.close()


async def _slack(settings: Settings, database: _Database) -> str:
    told = await _workspaces(settings, database)
    return f"{told}; {await _app_token(settings)}" if settings.socket_mode else told


async def _workspaces(settings: Settings, database: _Database) -> str:
    if settings.many_workspaces:
        return await _oauth(settings, database.token)
    if not settings.slack_bot_token:
        raise _Wrong("SLACK_BOT_TOKEN is missing, so Slack was not asked.")
    return await _token(settings, settings.slack_bot_token)


async def _token(settings: Settings, token: str) -> str:
    answer = await _asked(
        settings,
        lambda clients: clients.with_token(token).auth_test(),
        "Slack does not accept the bot token ({error}). Copy it anew from the app's page 'OAuth & Permissions'; an app "
        "with token rotation has no lasting token.",
    )
    if missing := _missing_scopes(answer.headers.get("x-oauth-scopes", "")):
        raise _Wrong(f"The token lacks {', '.join(missing)}. Update the app from app_manifest.yml and reinstall it.")
    return f"the token of {answer.get('team')} is accepted, with every scope"


async def _app_token(settings: Settings) -> str:
    """Ask for a way to the socket, which is not taken: only so does Slack look at an app-level token."""
    await _asked(
        settings,
        lambda clients: clients.without_token().apps_connections_open(app_token=settings.slack_app_token),
        NOT_ACCEPTED,
    )
    return "Socket Mode is open to it"


async def _asked(
    settings: Settings, ask: Callable[[SlackClients], Awaitable[AsyncSlackResponse]], refused: str
) -> AsyncSlackResponse:
    """Slack's answer; `refused` says that it does not accept what was sent, and what to do."""
    clients = SlackClients(settings.slack_api_url)
    try:
        return await ask(clients)
    except SlackApiError as error:
        raise _Wrong(refused.format(error=error.response["error"])) from error
    except UNREACHABLE as error:
        raise _Wrong(f"{settings.slack_api_url} cannot be reached: {type(error).__name__}.") from error
    finally:
        await clients.close()


def _missing_scopes(granted: str) -> list[str]:
    """The scopes of ours that the token lacks; none when Slack did not tell."""
    have = {scope.strip() for scope in granted.split(",")}
    return [scope for scope in SCOPES if scope not in have] if granted else []


async def _oauth(settings: Settings, token: str | None) -> str:
    if not (settings.slack_client_secret and settings.public_url):
        raise _Wrong("SLACK_CLIENT_SECRET and PUBLIC_URL are needed beside SLACK_CLIENT_ID.")
    where = f"workspaces install at {settings.public_url}/slack/install"
    if token is None:
        raise _Wrong(f"{where}; their tokens are in the database, which could not be read, so none was tried.")
    return f"{where}; {await _token(settings, token)}" if token else f"{where}; no lasting token to try yet"


async def _maton(settings: Settings) -> str:
    if not settings.maton_api_key:
        raise _Wrong("MATON_API_KEY is missing, so Maton was not asked.")
    async with http_client(api_key=settings.maton_api_key, base_url=settings.maton_api_url) as http:
        try:
            await Maton(http, connect_host=settings.maton_connect_host).check_key()
        except Unavailable as error:
            raise _Wrong(f"{settings.maton_api_url} cannot be reached. Check MATON_API_URL.") from error
        except BotError as error:
            raise _Wrong(f"{error} Check MATON_API_KEY and MATON_API_URL.") from error
    return "the key is accepted"
