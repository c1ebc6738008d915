"""What the bot says in its log: text or JSON lines, with secrets masked wherever they come from."""

import logging
import re
import sys
from datetime import UTC, datetime

import msgspec

# Slack's tokens, Maton's connect session, bearer keys, and response_urls, which are short-lived keys themselves.
SECRETS = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+|(?<=session_token=)[^\s&\"']+|(?<=Bearer )\S+"
    r"|https?://[^\s\"']*/(?:actions|commands|app|response)/[^\s\"']+"
)
EXTRAS = ("team", "reference", "proposal")


def masked(text: str) -> str:
    """The text with everything that looks like a secret replaced."""
    return SECRETS.sub("[secret]", text)


class TextLines(logging.Formatter):
    """One line a record: time, level, where, what, and the known extras behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        said = "".join(f" {name}={value}" for name, value in _extras(record).items())
        return f"{super().formatMessage(record)}{said}"


class JsonLines(logging.Formatter):
    """One JSON object a record, with the known extras as keys of their own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(_extras(record))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(msgspec.json.encode(line).decode())


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}


LIBRARIES = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp.access", "alembic", "asyncio")
SIGNATURES = "slack_bolt.RequestVerification"
"""Bolt's logger that writes out all of a request whose signature is wrong: with a wrong secret that is every one."""

UNSIGNED = "a request that Slack has not signed was refused; if Slack did send it, SLACK_SIGNING_SECRET is wrong"
WEB_API = "slack_sdk.web.async_base_client"
"""The SDK looks at this logger's own level, and where none is set there, whatever is set above it, it writes out every
request and every answer for a debug log that nobody keeps: 0.05 ms of CPU for a click."""


class Quiet(logging.Filter):
    """The libraries' chatter only from warning up, and no request's text.

    A filter, since Bolt gives each of its loggers the root's level whatever `slack_bolt`'s is.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == SIGNATURES:
            record.msg, record.args = UNSIGNED, ()
            return True
        is_library = record.name.startswith(tuple(f"{name}." for name in LIBRARIES)) or record.name in LIBRARIES
        return not is_library or record.levelno >= logging.WARNING


def configure(level: str, style: str) -> None:
    """Send everything to standard error in one style; the libraries' chatter only from warning up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    handler.addFilter(Quiet())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in (*LIBRARIES, WEB_API):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))
