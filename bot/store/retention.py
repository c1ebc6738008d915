"""What leaves the store: old things in small portions, and everything of a team that uninstalls."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Delete, bindparam, delete, select, text
from sqlalchemy.sql.schema import Column, Table

from bot.models import TeamId
from bot.store import history
from bot.store.connections import unbind
from bot.store.passing_connections import forget_pending
from bot.store.tables import (
    cards,
    clicks,
    drafts,
    installations,
    listings,
    oauth_states,
    org_teams,
    proposals,
    recent_records,
    seen_events,
    settings,
)

LISTINGS_KEPT = timedelta(days=7)
PORTION = 500
"""Rows in one transaction, so that a click never waits long for a sweep."""


def _older(table: Table, key: Column[str], age: Column[datetime]) -> Delete:
    old = select(key).where(age < bindparam("b_before")).order_by(age).limit(PORTION)
    return delete(table).where(key.in_(old))


_ended = text("state NOT IN ('pending', 'executing', 'unknown')")
_old_proposals = (
    select(proposals.c.id)
    .where(proposals.c.created_at < bindparam("b_before"), _ended)
    .order_by(proposals.c.created_at)
    .limit(PORTION)
)
OLD_PROPOSALS = delete(proposals).where(proposals.c.id.in_(_old_proposals))
OLD_LISTINGS = _older(listings, listings.c.id, listings.c.created_at)
OLD_DRAFTS = _older(drafts, drafts.c.id, drafts.c.created_at)
OLD_STATES = _older(oauth_states, oauth_states.c.state, oauth_states.c.expires_at)
OLD_EVENTS = delete(seen_events).where(seen_events.c.until < bindparam("b_before"))

OF_TEAM = tuple(
    delete(table).where(table.c.team_id == bindparam("b_team"))
    for table in (cards, proposals, settings, listings, recent_records, seen_events, drafts, clicks, org_teams)
)
INSTALLATION = delete(installations).where(installations.c.tenant == bindparam("b_team"))


def sweep(connection: Connection, now: datetime, keep: timedelta) -> int:
    """Delete one portion of what is older than its time; returns how many rows went, 0 when nothing is left to do."""
    kept = {"b_before": now - keep}
    gone = connection.execute(OLD_PROPOSALS, kept).rowcount
    gone += history.erase_before(connection, now - keep, PORTION)
    gone += connection.execute(OLD_DRAFTS, {"b_before": now - LISTINGS_KEPT}).rowcount
    gone += connection.execute(OLD_LISTINGS, {"b_before": now - LISTINGS_KEPT}).rowcount
    gone += connection.execute(OLD_STATES, {"b_before": now}).rowcount
    return gone + connection.execute(OLD_EVENTS, {"b_before": now}).rowcount


def erase_team(connection: Connection, team: TeamId, now: datetime) -> None:
    """Delete everything of a team, tokens and history included; its Maton connections are doomed. Twice is fine."""
    unbind(connection, team, now, doomed=True)
    forget_pending(connection, team, now)
    for statement in OF_TEAM:
        connection.execute(statement, {"b_team": team})
    connection.execute(INSTALLATION, {"b_team": team})
    history.erase_team(connection, team)
