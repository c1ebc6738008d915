"""Clicks and forms that were acknowledged and not answered yet: when a process dies, another answers them."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import bindparam, delete, insert, select, update

from bot.models import TeamId
from bot.proposal import new_id
from bot.store.database import Database, Single
from bot.store.sealing import Sealing, Unreadable
from bot.store.tables import clicks

c = clicks.c

REMEMBER = insert(clicks)
RENEW = (
    update(clicks).where(c.id == bindparam("b_id"), c.owner == bindparam("b_owner")).values(due_at=bindparam("b_due"))
)
FORGET = delete(clicks).where(c.id == bindparam("b_id"))
_due = (
    select(c.id)
    .where(c.due_at <= bindparam("b_now"))
    .order_by(c.due_at)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
TAKE = (
    update(clicks)
    .where(c.id.in_(select(_due.c.id)), c.due_at <= bindparam("b_now"))
    .values(owner=bindparam("b_owner"), due_at=bindparam("b_due"), tries=c.tries + 1)
    .returning(c.id, c.team_id, c.payload, c.created_at, c.tries)
)


class UnansweredClick(Struct, frozen=True):
    """A click, or a submitted form, whose process died.

    `payload` is what was remembered, None when no key here opens it; `tries` counts who tried to answer since.
    """

    id: str
    team_id: TeamId
    payload: str | None
    created_at: datetime
    tries: int


class Inbox:
    """All clicks between their acknowledgement and their answer. Stored sealed: they hold response_urls."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def remember_click(self, team: TeamId, payload: str, *, owner: str, now: datetime, lease: timedelta) -> str:
        """Remember a click before it is acknowledged; returns its id. It is the owner's to answer within the lease."""
        id = new_id()
        row = {
            "id": id,
            "team_id": team,
            "payload": self._sealing.seal(payload),
            "created_at": now,
            "due_at": now + lease,
            "owner": owner,
        }
        await self._database.write(lambda connection: connection.execute(REMEMBER, row).rowcount)
        return id

    async def renew_click(self, id: str, owner: str, now: datetime, *, lease: timedelta) -> None:
        """The owner is still answering it; nothing happens when it is another's by now, or answered."""
        values = {"b_id": id, "b_owner": owner, "b_due": now + lease}
        await self._database.write(Single(RENEW, values))

    async def forget_click(self, id: str) -> None:
        """The click was answered."""
        await self._database.write(Single(FORGET, {"b_id": id}))

    async def take_unanswered(
        self, owner: str, now: datetime, *, lease: timedelta, limit: int = 20
    ) -> tuple[UnansweredClick, ...]:
        """Clicks whose owner did not answer in time; each goes to one caller."""
        values = {"b_owner": owner, "b_now": now, "b_due": now + lease, "b_limit": limit}
        rows = await self._database.write(Single(TAKE, values))
        return tuple(
            UnansweredClick(id, TeamId(team), self._opened(payload), at, tries) for id, team, payload, at, tries in rows
        )

    def _opened(self, payload: str) -> str | None:
        try:
            return self._sealing.open(payload)
        except Unreadable:
            return None
