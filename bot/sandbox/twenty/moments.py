"""Points in time as the fake stores them: UTC text with milliseconds, so that text order is time order."""

import re
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.twenty.refusals import invalid

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def written(at: datetime) -> str:
    """An aware time as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(raw: Any, name: str) -> str:
    """What a client sent, as the API writes it; a bare date is midnight UTC (twenty.md section 4.2)."""
    try:
        if not isinstance(raw, str) or not DATE.match(raw):
            raise ValueError
        at = datetime.fromisoformat(raw)
    except ValueError:
        wanted = "'YYYY-MM-DDTHH:mm:ssZ'"
        raise invalid(f"Invalid value '{raw}' for date-time field \"{name}\". Expected format: {wanted}") from None
    return written(at if at.tzinfo else at.replace(tzinfo=UTC))
