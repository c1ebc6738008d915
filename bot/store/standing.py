"""What every request must know of its team, in one statement: its connection and its settings.

A decision needs the proposal and its cards besides: one statement, too, of which all is true at the same time.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, literal, select

from bot.models import TeamId
from bot.proposal import Shown
from bot.store.cards import Cards
from bot.store.connections import BoundConnection, bound, columns
from bot.store.database import Database, Single
from bot.store.rows import CARD, PROPOSAL
from bot.store.settings import GET as SETTINGS
from bot.store.settings import read
from bot.store.tables import cards, connections, proposals, settings
from bot.team_settings import TeamSettings

_always = select(literal(1).label("one")).subquery()  # so that a team without a connection has a row, too
STANDING = select(SETTINGS.scalar_subquery(), *columns).select_from(
    _always.outerjoin(connections, connections.c.team_id == bindparam("b_team"))
)

AT_STAKE = (
    select(*PROPOSAL, *CARD, settings.c.settings, *columns)
    .select_from(
        proposals.outerjoin(cards, cards.c.proposal_id == proposals.c.id)
        .outerjoin(settings, settings.c.team_id == proposals.c.team_id)
        .outerjoin(connections, connections.c.team_id == proposals.c.team_id)
    )
    .where(proposals.c.id == bindparam("b_id"), proposals.c.team_id == bindparam("b_team"))
)

Standing = tuple[BoundConnection | None, TeamSettings]
"""A team's connection, if it has one, and its settings (the defaults where it made none)."""


async def standing(database: Database, team: TeamId) -> Standing:
    """How the team stands."""
    return _standing((await database.read(Single(STANDING, {"b_team": team}))).one())


async def at_stake(database: Database, its_cards: Cards, team: TeamId, id: str) -> tuple[Shown, Standing] | None:
    """A team's proposal, everywhere it is shown, and how the team stands; None for any other team's."""
    found = await database.read(Single(AT_STAKE, {"b_id": id, "b_team": team}))
    shown = its_cards.shown(found)
    return None if shown is None else (shown, _standing(found.all()[0][len(PROPOSAL) + len(CARD) :]))


def _standing(row: Sequence[Any]) -> Standing:
    return bound(tuple(row[1:])) if row[1] is not None else None, read(row[0])
