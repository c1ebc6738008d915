"""Web addresses as the CRM keeps them: origin in lower case, no trailing slash (twenty.md section 4.2)."""

import re
from typing import Any

from bot.sandbox.twenty.refusals import invalid

ADDRESS = re.compile(r"((?:https?://)?[^/?#\s@]+\.[^/?#\s@]+)([/?#]\S*)?", re.IGNORECASE)


def tidy_url(raw: Any) -> str | None:
    """The address as stored; `www.` and `http` variants stay distinct."""
    if raw in (None, ""):
        return None
    found = ADDRESS.fullmatch(raw) if isinstance(raw, str) else None
    if not found:
        raise invalid("The URL of the link is not valid")
    origin, path = found[1].lower(), found[2] or ""
    return origin + path.rstrip("/")
