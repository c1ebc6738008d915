"""Bring a database to the present tables when the bot starts; safe when several processes start at once.

Whoever comes first holds a lock (PostgreSQL: an advisory one, SQLite: the write lock) until everything is in place.
"""

from pathlib import Path

from sqlalchemy import Connection, Text, column, select, table, text
from sqlalchemy.exc import DBAPIError

HEAD = "0003"
"""The newest migration; written here too, so that a start that has nothing to do need not import Alembic."""

ADVISORY_LOCK = 0x63726D626F74  # "crmbot"

_version = select(column("version_num", Text)).select_from(table("alembic_version"))


def is_current(connection: Connection) -> bool:
    """Whether the database has the present tables."""
    try:
        return connection.execute(_version).scalar() == HEAD
    except DBAPIError:  # no such table: an empty database
        return False


def migrate(connection: Connection) -> None:
    """Apply what is missing, within the caller's transaction: all of it or nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
