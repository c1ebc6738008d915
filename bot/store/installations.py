"""Where the bot is installed, with its tokens; a token is never stored in clear."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, delete, func, or_, select, update

from bot.store.database import Database, Single
from bot.store.sealing import Sealing
from bot.store.tables import installations, org_teams
from bot.store.upserts import InsertOrReplace

LEASE = timedelta(seconds=30)
"""How long one process may take to renew a token before another tries."""


class NoKey(Exception):
    """There is no ENCRYPTION_KEY, so that no token can be kept."""


class _Secrets(Struct, frozen=True):
    bot_token: str
    refresh_token: str


class _Details(Struct, frozen=True, omit_defaults=True):
    bot_id: str = ""
    bot_user_id: str = ""
    app_id: str = ""
    scopes: tuple[str, ...] = ()
    team_name: str = ""
    enterprise_name: str = ""
    installer: str = ""


class Installation(Struct, frozen=True, kw_only=True):
    """One install: into a workspace, or (`org_wide`) into all of an enterprise's. Its repr shows no token."""

    team_id: str = ""
    enterprise_id: str = ""
    org_wide: bool = False
    bot_token: str
    refresh_token: str = ""
    token_expires_at: datetime | None = None
    bot_id: str = ""
    bot_user_id: str = ""
    app_id: str = ""
    scopes: tuple[str, ...] = ()
    team_name: str = ""
    enterprise_name: str = ""
    installer: str = ""
    installed_at: datetime

    def __repr__(self) -> str:
        return f"<Installation {self.tenant}>"

    @property
    def tenant(self) -> str:
        """The id under which it is kept: the enterprise's for an org-wide install, else the team's."""
        return self.enterprise_id if self.org_wide else self.team_id


i = installations.c

COLUMNS = (i.team_id, i.enterprise_id, i.org_wide, i.secrets, i.details, i.token_expires_at, i.installed_at)

SAVE = InsertOrReplace(installations)
HOME = select(org_teams.c.enterprise_id).where(org_teams.c.team_id == bindparam("b_team")).scalar_subquery()


def _serving(columns: Sequence[ColumnElement[Any]], enterprise: ColumnElement[str]) -> Select[Any]:
    """A team's own install, else the enterprise's org-wide one."""
    org_wide = (i.tenant == enterprise) & i.org_wide.is_(True)
    own_first = case((i.tenant == bindparam("b_team"), 0), else_=1)
    return select(*columns).where(or_(i.tenant == bindparam("b_team"), org_wide)).order_by(own_first).limit(1)


FIND = _serving(COLUMNS, bindparam("b_enterprise"))
SERVING = _serving((*COLUMNS, HOME), func.coalesce(HOME, bindparam("b_enterprise")))
DELETE = delete(installations).where(i.tenant == bindparam("b_tenant"))
BEGIN_REFRESH = (
    update(installations)
    .where(
        i.tenant == bindparam("b_tenant"),
        or_(i.refreshing_until.is_(None), i.refreshing_until <= bindparam("b_now")),
        or_(i.token_expires_at.is_(None), i.token_expires_at <= bindparam("b_soon")),
    )
    .values(refreshing_until=bindparam("b_until"))
    .returning(*COLUMNS)
)
RENEW = (
    update(installations)
    .where(
        i.tenant == bindparam("b_tenant"),
        i.installed_at == bindparam("b_installed"),
        i.token_expires_at.is_not_distinct_from(bindparam("b_expired")),
    )
    .values(secrets=bindparam("b_secrets"), token_expires_at=bindparam("b_expires"), refreshing_until=None)
)
TENANTS = select(i.tenant).order_by(i.tenant)


class Installations:
    """All installs, by team and by enterprise."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def save(self, installation: Installation) -> None:
        """Keep an install, in place of an earlier one; ends a refresh. Raises `NoKey` when it cannot be encrypted."""
        if not self._sealing.protects:
            raise NoKey("Set ENCRYPTION_KEY to keep installations: a token is never stored in clear.")
        row = self._row(installation)

        def work(connection: Connection) -> None:
            SAVE(connection, row)

        await self._database.write(work)

    async def find(self, team: str, enterprise: str = "") -> Installation | None:
        """The install that serves a team: its own, else its enterprise's org-wide one."""
        values = {"b_team": team or enterprise, "b_enterprise": enterprise}
        row = (await self._database.read(Single(FIND, values))).first()
        return None if row is None else self._installation(tuple(row))

    async def serving(self, team: str, enterprise: str) -> tuple[Installation | None, str]:
        """The install that serves a team, and the organisation that the team is known to belong to ("" if none is).

        Where a team is known to belong goes before the enterprise named here.
        """
        values = {"b_team": team or enterprise, "b_enterprise": enterprise}
        row = (await self._database.read(Single(SERVING, values))).first()
        return (None, "") if row is None else (self._installation(tuple(row[:-1])), row[-1] or "")

    async def delete(self, tenant: str) -> bool:
        """Forget an install and its tokens; whether there was one."""
        values = {"b_tenant": tenant}
        return await self._database.write(lambda connection: connection.execute(DELETE, values).rowcount == 1)

    async def begin_refresh(self, tenant: str, now: datetime, *, before: timedelta) -> Installation | None:
        """Take on renewing a token that expires `before` long, as newest stored; None when another process has it.

        A refresh token works once, so only one process may use it; `renew` or `save` ends the refresh.
        """
        values = {"b_tenant": tenant, "b_now": now, "b_soon": now + before, "b_until": now + LEASE}
        row = await self._database.write(lambda connection: connection.execute(BEGIN_REFRESH, values).first())
        return None if row is None else self._installation(tuple(row))

    async def renew(self, taken: Installation, new: Installation) -> bool:
        """Keep the token that `taken`'s refresh token brought; ends the refresh.

        False, and nothing kept, when the install was deleted, was made anew, or got another token meanwhile. That is
        asked of the row and not of the lease: a token that came after its lease is still the only one that is good,
        unless another was stored.
        """
        row = self._row(new)
        values = {
            "b_tenant": taken.tenant,
            "b_installed": taken.installed_at,
            "b_expired": taken.token_expires_at,
            "b_secrets": row["secrets"],
            "b_expires": new.token_expires_at,
        }
        return await self._database.write(lambda connection: connection.execute(RENEW, values).rowcount == 1)

    async def tenants(self) -> tuple[str, ...]:
        """The ids of every team and enterprise that has an install."""
        rows = (await self._database.read(Single(TENANTS))).scalars().all()
        return tuple(rows)

    def _row(self, new: Installation) -> dict[str, Any]:
        secrets = _Secrets(new.bot_token, new.refresh_token)
        details = _Details(*(getattr(new, name) for name in _Details.__struct_fields__))
        return {
            "tenant": new.tenant,
            "team_id": new.team_id,
            "enterprise_id": new.enterprise_id,
            "org_wide": new.org_wide,
            "secrets": self._sealing.seal(msgspec.json.encode(secrets).decode()),
            "details": msgspec.json.encode(details).decode(),
            "token_expires_at": new.token_expires_at,
            "refreshing_until": None,
            "installed_at": new.installed_at,
        }

    def _installation(self, row: tuple[Any, ...]) -> Installation:
        team, enterprise, org_wide, secrets, details, expires, installed = row
        return Installation(
            team_id=team,
            enterprise_id=enterprise,
            org_wide=org_wide,
            token_expires_at=expires,
            installed_at=installed,
            **msgspec.structs.asdict(msgspec.json.decode(self._sealing.open(secrets), type=_Secrets)),
            **msgspec.structs.asdict(msgspec.json.decode(details, type=_Details)),
        )
