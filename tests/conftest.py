"""Fixtures that every test may ask for."""

from databases import (  # noqa: F401
    database_url,
    migrated_file,
    postgresql_server,
    postgresql_url,
    sqlite_url,
    store,
)
