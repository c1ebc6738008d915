"""Which database an address names."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.store.database import Database
from bot.store.unusable import Unusable

NO_ADDRESS = (
    "DATABASE_URL is no address like postgresql://user:password@host:5432/database; is its port a number, and is an @ "
    "in its password written as %40?"
)


def database(url: str) -> Database:
    """The database behind `DATABASE_URL` (product.md section 8); `Unusable` for one that we cannot use."""
    try:
        parsed = make_url(url)
    except (ValueError, ArgumentError):  # their texts hold parts of it
        raise Unusable(NO_ADDRESS) from None
    # Imported here: neither pays for the other's driver and dialect.
    match parsed.get_backend_name():
        case "sqlite":
            from bot.store.sqlite import SQLite

            return SQLite(parsed)
        case "postgresql" | "postgres":
            from bot.store.postgresql import PostgreSQL

            return PostgreSQL(parsed)
        case other:
            raise Unusable(f"A database of kind {other} is not supported; use sqlite:/// or postgresql://.")
