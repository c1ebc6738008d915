"""The operator's commands: which team talks to which connection, and encrypting anew after a key was changed."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import click

from bot.app import sealing_keys
from bot.crm.connections import Maton
from bot.crm.crms import CRMs
from bot.crm.maton import checked, http_client
from bot.errors import BotError, NotFound, Unavailable
from bot.models import ConnectionId, TeamId, UserId
from bot.settings import Settings
from bot.store import Store
from bot.store.sealing import Sealing
from bot.teams.connecting import named_after

OPERATOR = UserId("operator")
_TEAM = re.compile(r"[TE][A-Z0-9]{1,30}")


async def list_connections(settings: Settings) -> list[str]:
    """A line for every team that is bound: team, connection, name, and how it fares."""
    async with _opened(settings) as store:
        bound = await store.connections.all()
    if not bound:
        return ["No team is connected yet. An admin types /crm connect, or you bind one: connections bind TEAM ID"]
    return [
        "  ".join(
            (
                each.team_id,
                each.connection_id,
                each.crm_name or "(unnamed)",
                f"broken since {each.broken_since:%Y-%m-%d %H:%M} UTC" if each.broken_since else "ok",
            )
        )
        for each in bound
    ]


async def bind(settings: Settings, team: str, connection_id: str) -> str:
    """Bind a team to an ACTIVE connection of the operator's account; what was proposed for another CRM is void."""
    if not _TEAM.fullmatch(team):
        raise click.ClickException(f"{team!r} is no Slack team id; they look like T0123ABCD.")
    connection, name, doubt = await _active(settings, connection_id)
    async with _opened(settings) as store:
        try:
            bound = await store.connections.bind(
                TeamId(team), connection, by=OPERATOR, crm_name=name, now=datetime.now(UTC)
            )
        except BotError as error:
            raise click.ClickException(str(error)) from None
    voided = f" {len(bound.voided)} open proposals were voided." if bound.voided else ""
    return f"{team} talks to {f'{name} by ' if name else ''}{connection} now.{voided}{doubt}"


async def unbind(settings: Settings, team: str) -> str:
    """Forget a team's connection; it stays as it is at Maton."""
    async with _opened(settings) as store:
        bound = await store.connections.unbind(TeamId(team), datetime.now(UTC), doomed=False)
    if bound.previous is None:
        raise click.ClickException(f"{team} is not connected; see connections list.")
    return f"{team} is not connected any more. The connection {bound.previous} still exists at Maton."


async def reseal(settings: Settings) -> str:
    """Encrypt everything stored with the first key of ENCRYPTION_KEY."""
    if not settings.encryption_keys:
        raise click.ClickException("ENCRYPTION_KEY is missing, so there is no key to encrypt with.")
    async with _opened(settings) as store:
        return f"{await store.reseal()} values are encrypted with the first key now."


async def _active(settings: Settings, connection_id: str) -> tuple[ConnectionId, str, str]:
    """The id unless Maton says that it cannot be used, the CRM's name, and a sentence when one could not be asked."""
    try:
        connection = checked(connection_id)
    except ValueError:
        raise click.ClickException("That is no Maton connection id: letters, digits, - and _ only.") from None
    if not settings.maton_api_key:
        return connection, "", " MATON_API_KEY is missing, so Maton was not asked whether it works."
    async with http_client(api_key=settings.maton_api_key, base_url=settings.maton_api_url) as http:
        try:
            found = await Maton(http, connect_host=settings.maton_connect_host).get(connection)
        except NotFound:
            raise click.ClickException("Maton does not know this connection; see your account's connections.") from None
        except Unavailable:
            return connection, "", " Maton could not be reached, so it was not asked whether it works."
        except BotError as error:
            raise click.ClickException(str(error)) from None
        if not found.is_active:
            raise click.ClickException(f"This connection is {found.status}, not ACTIVE; complete it at Maton first.")
        try:
            return connection, named_after(await CRMs(http).of(connection).members()), ""
        except BotError as error:
            return connection, "", f" But its CRM did not answer: {error}"


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = await Store.open(settings.database_url, Sealing(sealing_keys(settings)))
    try:
        yield store
    finally:
        await store.close()
