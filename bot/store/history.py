"""What happened to every proposal, for good: a trigger refuses every change, and every deletion but an erasure's."""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, delete, insert, select

from bot.changes import decode, touched
from bot.models import Kind, Ref, TeamId
from bot.proposal import Event, What
from bot.store.database import Database, Single
from bot.store.rows import EVENT, event
from bot.store.tables import erasures, history, proposals

FIRST_PAGE = 2**62
"""Above every event's id: a page without `before` begins here."""
LOOKED_THROUGH = 5_000
"""Of a team's newest events, for those that name a record so."""
LONGEST_PATTERN = 100
"""Characters of a name that the database looks for; what comes is compared whole."""

_UNSURE = re.compile("[^bcdegmopqruvxz0-9]+")
"""All but the letters that nothing beyond ASCII becomes when case is ignored, as `İ` becomes an `i` and a dot."""

h = history.c

_page = (
    select(*EVENT)
    .where(h.team_id == bindparam("b_team"), h.id < bindparam("b_before"))
    .order_by(h.id.desc())
    .limit(bindparam("b_limit"))
)
OF_TEAM = _page
OF_RECORD = _page.where(h.record_id == bindparam("b_record"))
OF_PERSON = _page.where(h.actor == bindparam("b_actor"))

_lately = (
    select(h.id, h.kind, h.record_id, h.name)
    .where(h.team_id == bindparam("b_team"))
    .order_by(h.id.desc())
    .limit(bindparam("b_limit"))
    .subquery("lately")
)
CALLED_LATELY = (
    select(_lately.c.kind, _lately.c.record_id, _lately.c.name)
    .where(_lately.c.name.ilike(bindparam("b_pattern")))
    .order_by(_lately.c.id.desc())
)

ENDS = (
    select(*EVENT)
    .where(
        h.proposal_id.in_(bindparam("b_ids", expanding=True)),
        h.team_id == bindparam("b_team"),
        h.what.in_([each.value for each in What if each.is_end]),
    )
    .order_by(h.id)
)

TOUCHED = select(proposals.c.id, proposals.c.change).where(
    proposals.c.id.in_(bindparam("b_ids", expanding=True)), proposals.c.team_id == bindparam("b_team")
)

PERMIT = insert(erasures)
REVOKE = delete(erasures)
DELETE_TEAM = delete(history).where(h.team_id == bindparam("b_team"))
DELETE_OLD = delete(history).where(
    h.id.in_(select(h.id).where(h.at < bindparam("b_before")).order_by(h.at).limit(bindparam("b_limit")))
)


class History:
    """All teams' histories. Events are written by the steps that they tell of, and only read here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_team(self, team: TeamId, *, before: int = FIRST_PAGE, limit: int = 10) -> tuple[Event, ...]:
        """The team's events, newest first; the next page is `before` the last one's id."""
        return await self._events(OF_TEAM, b_team=team, b_before=before, b_limit=limit)

    async def of_record(
        self, team: TeamId, record_id: str, *, before: int = FIRST_PAGE, limit: int = 10
    ) -> tuple[Event, ...]:
        """What was proposed and done about a record, newest first."""
        return await self._events(OF_RECORD, b_team=team, b_record=record_id, b_before=before, b_limit=limit)

    async def of_person(
        self, team: TeamId, user: str, *, before: int = FIRST_PAGE, limit: int = 10
    ) -> tuple[Event, ...]:
        """What a person proposed and decided, newest first."""
        return await self._events(OF_PERSON, b_team=team, b_actor=user, b_before=before, b_limit=limit)

    async def records_called(self, team: TeamId, name: str) -> tuple[Ref, ...]:
        """The records that the team's last `LOOKED_THROUGH` events call so, ignoring case; the newest first."""
        values = {"b_team": team, "b_limit": LOOKED_THROUGH, "b_pattern": _pattern(name)}
        alike = await self._database.read(Single(CALLED_LATELY, values))
        called = ((kind, id, held) for kind, id, held in alike if _folded(held) == _folded(name))
        return tuple({id: Ref(Kind(kind), id, held) for kind, id, held in called}.values())

    async def ends(self, team: TeamId, of: Iterable[str]) -> dict[str, Event]:
        """What became of each of these proposals, as far as it is known; those that wait have no end."""
        ids = list(dict.fromkeys(of))
        events = await self._events(ENDS, b_team=team, b_ids=ids) if ids else ()
        return {each.proposal_id: each for each in events}

    async def touched(self, team: TeamId, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """The keys of the fields that each of these proposals is about, as long as it is kept."""
        values = {"b_team": team, "b_ids": list(dict.fromkeys(ids))}
        rows = await self._database.read(Single(TOUCHED, values)) if values["b_ids"] else ()
        return {id: touched(decode(change)) for id, change in rows}

    async def _events(self, statement: Select[tuple[object, ...]], **values: object) -> tuple[Event, ...]:
        rows = await self._database.read(Single(statement, values))
        return tuple(event(row) for row in rows)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _pattern(name: str) -> str:
    """What finds in both databases at least the names that are the same, ignoring case, whatever is in it.

    Of letters beyond ASCII SQLite knows no case, and `ß` is the same as `ss`, `ﬁ` as `fi`.
    """
    return f"%{_UNSURE.sub('%', _folded(name))[:LONGEST_PATTERN]}%"


def erase_team(connection: Connection, team: TeamId) -> None:
    """Delete everything that history says of a team."""
    connection.execute(PERMIT, {"team_id": team, "before": None})
    connection.execute(DELETE_TEAM, {"b_team": team})
    connection.execute(REVOKE)


def erase_before(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` of the oldest events that are older than `before`; returns how many went."""
    connection.execute(PERMIT, {"team_id": None, "before": before})
    gone = connection.execute(DELETE_OLD, {"b_before": before, "b_limit": limit}).rowcount
    connection.execute(REVOKE)
    return gone
