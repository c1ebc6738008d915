"""Why the database behind DATABASE_URL cannot be used, for whoever operates the bot.

Never in the driver's own words: they may hold the password.
"""

import socket
from collections.abc import Iterator


class Unusable(ValueError):
    """The database cannot be used; the text says why, and what to look at."""


BY_KIND: dict[type[Exception], str] = {
    ConnectionRefusedError: "nothing answers at its host and port",
    ConnectionError: "the connection to it was cut",
    socket.gaierror: "its host is not known",
    FileNotFoundError: "its file or socket is not there, and cannot be made",
    PermissionError: "this user may not read and write its file and directory",
    TimeoutError: "it does not answer in time",
}
BY_NAME = {
    "InvalidPasswordError": "it does not accept this user and password",
    "InvalidAuthorizationSpecificationError": "it does not accept this user and password",
    "InvalidCatalogNameError": "there is no database of that name; create it first",
    "ClientConfigurationError": "its address is incomplete, or a parameter has a wrong value",
    "InsufficientPrivilegeError": "its user may not make tables there",
}
"""Of PostgreSQL's driver, which is not imported for it."""

BY_WORDS = {
    "unable to open database file": "its file cannot be opened; is it a directory, or in one that cannot be written?",
    "readonly database": "its file or directory cannot be written",
    "file is not a database": "its file is something else than a SQLite database",
    "database is locked": "another program holds its lock",
    "disk is full": "the disk is full",
}
"""Of SQLite, which tells apart by words only."""

DRIVERS = ("sqlalchemy", "sqlite3", "asyncpg")


def why(error: Exception) -> str:
    """What an operator can do about it, as the rest of a sentence; "" for what is a fault of ours."""
    chain = tuple(_chain(error))
    if any(isinstance(each, ModuleNotFoundError) and each.name == "asyncpg" for each in chain):
        return "PostgreSQL needs its driver: pip install 'crm-bot[postgres]'"
    for each in chain:
        for known in (_by_kind(each), BY_NAME.get(type(each).__name__), _by_words(each)):
            if known:
                return known
    if isinstance(error, OSError) or type(error).__module__.startswith(DRIVERS):
        return f"{type(error).__name__}. Is it there, and is it right?"
    return ""


def _by_kind(error: BaseException) -> str:
    return next((sentence for kind, sentence in BY_KIND.items() if isinstance(error, kind)), "")


def _by_words(error: BaseException) -> str:
    if not type(error).__module__.startswith("sqlite3"):
        return ""
    return next((sentence for words, sentence in BY_WORDS.items() if words in str(error)), "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or getattr(error, "orig", None)
