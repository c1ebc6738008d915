"""A connection to the SQLite file, as every part of the store that opens one wants it."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import URL

from bot.store.spelling import Rows, Speller, Spoken, refused

PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    # With NORMAL a power cut may take back the last commits. That would not write anything twice (ids are ours), but
    # a write that the CRM holds would be pending again here and missing in history: so every commit reaches the disk.
    "PRAGMA synchronous=FULL",
)
BUSY_TIMEOUT = 10.0  # seconds; longer than any write of ours, and another process's migration


class OnFile(Spoken):
    """A connection to the file; it begins no transaction by itself."""

    def __init__(self, url: URL, speller: Speller) -> None:
        super().__init__(speller)
        arguments, options = cast(Any, speller.dialect.create_connect_args(url))
        options |= {"check_same_thread": False, "timeout": BUSY_TIMEOUT}
        self.driver: sqlite3.Connection = sqlite3.connect(*arguments, **options)
        prepare(self.driver)

    def say(self, text: str, parameters: Sequence[Any], *, has_rows: bool) -> Rows:
        """Execute it here and now."""
        try:
            cursor = self.driver.execute(text, parameters)
            return Rows(cursor.fetchall(), cursor.rowcount)
        except sqlite3.Error as error:
            is_conflict = isinstance(error, sqlite3.IntegrityError)
            raise refused(error, text, is_conflict=is_conflict) from error


def prepare(raw: sqlite3.Connection) -> None:
    """Make a new connection one of ours."""
    raw.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in PRAGMAS:
        raw.execute(pragma)
    _write_ahead(raw)


def _write_ahead(raw: sqlite3.Connection) -> None:
    """Let readers and the writer not wait for each other; the file remembers it."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:  # "locked" comes at once here, without the busy timeout
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
