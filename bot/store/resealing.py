"""Encrypt everything stored anew with the first key, so that older keys can be dropped."""

from functools import partial

from sqlalchemy import Column, Connection, Table, bindparam, select, update

from bot.store.database import Database
from bot.store.sealing import Sealing
from bot.store.tables import cards, clicks, installations

SEALED: tuple[tuple[Table, Column[str], Column[str]], ...] = (
    (installations, installations.c.tenant, installations.c.secrets),
    (cards, cards.c.id, cards.c.place),
    (clicks, clicks.c.id, clicks.c.payload),
)
"""Every table with a sealed column, its key first."""

PORTION = 200


async def reseal(database: Database, sealing: Sealing) -> int:
    """Encrypt everything anew, while others go on working; returns how many values there were."""
    count = 0
    for table, key, sealed in SEALED:
        after: str | None = ""
        while after is not None:
            portion = partial(_portion, table=table, key=key, sealed=sealed, sealing=sealing, after=after)
            keys = await database.write(portion)
            count += len(keys)
            after = keys[-1] if keys else None
    return count


def _portion(
    connection: Connection, *, table: Table, key: Column[str], sealed: Column[str], sealing: Sealing, after: str
) -> list[str]:
    rows = connection.execute(select(key, sealed).where(key > after).order_by(key).limit(PORTION)).all()
    # Only what is still as it was read: somebody may have stored a newer token meanwhile.
    change = update(table).where(key == bindparam("b_key"), sealed == bindparam("b_old"))
    change = change.values({sealed: bindparam("b_new")})
    for id, old in rows:
        connection.execute(change, {"b_key": id, "b_old": old, "b_new": sealing.reseal(old)})
    return [id for id, _ in rows]
