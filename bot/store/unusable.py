"""Why the database behind DATABASE_URL cannot be used, for whoever operates the bot.

Never in the driver's own words: they may hold the password.
"""

import logging
import socket
from collections.abc import Iterator


class Unusable(ValueError):
    """The database cannot be used; the text says why, and what to look at."""


BY_KIND: dict[type[Exception], str] = {
    ConnectionRefusedError: "nothing answers at its host and port",
    ConnectionError: "the connection to it was cut",
    socket.gaierror: "its host is not known",
    FileNotFoundError: "its file or socket is not there",
    PermissionError: "this user may not read and write its file and directory",
    TimeoutError: "it does not answer in time",
}
BY_NAME = {
    "InvalidPasswordError": "it does not accept this user and password",
    "InvalidAuthorizationSpecificationError": "it does not accept this user and password",
    "InvalidCatalogNameError": "there is no database of that name; create it first",
    "ClientConfigurationError": "its address is incomplete, or a parameter has a wrong value",
    "CannotConnectNowError": "it is starting or stopping",
    "AdminShutdownError": "it is stopping",
    "ConnectionDoesNotExistError": "the connection to it was cut",
    "TooManyConnectionsError": "it has no connection left for this process",
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
    if isinstance(error, ModuleNotFoundError) and error.name == "asyncpg":
        return "PostgreSQL needs its driver: pip install 'crm-bot[postgres]'"
    if reason := _known(error):
        return reason
    if isinstance(error, OSError) or type(error).__module__.startswith(DRIVERS):
        return f"{type(error).__name__}. Is it there, and is it right?"
    return ""


def broke(log: logging.Logger, what: str, error: Exception, **extra: str) -> None:
    """Say in the log that `what` broke: in one line while the database is away, else with a trace."""
    if reason := _known(error):
        log.warning("%s: the database cannot be used: %s", what, reason, extra=extra)
    else:
        log.error(what, exc_info=error, extra=extra)


def _known(error: BaseException) -> str:
    for each in _chain(error):
        for reason in (_by_kind(each), BY_NAME.get(type(each).__name__, ""), _by_words(each)):
            if reason:
                return reason
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
