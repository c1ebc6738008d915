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
EXTRAS = ("story", "team", "reference", "proposal", "connection", "request_id", "status", "seconds")


def masked(text: str) -> str:
    """The text with everything that looks like a secret replaced."""
    return SECRETS.sub("[secret]", text)


class TextLines(logging.Formatter):
    """One line a record: time, level, where, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a record, with the known extras as keys of their own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in EXTRAS if hasattr(record, name)})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(msgspec.json.encode(line).decode())


LIBRARIES = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp.access", "alembic", "asyncio")
WEB_API = "slack_sdk.web.async_base_client"
"""The SDK looks at this logger's own level, and where none is set there, whatever is set above it, it writes out every
request and every answer for a debug log that nobody keeps: 0.05 ms of CPU for a click."""


def configure(level: str, style: str) -> None:
    """Send everything to standard error in one style; the libraries' chatter only from warning up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in (*LIBRARIES, WEB_API):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))
