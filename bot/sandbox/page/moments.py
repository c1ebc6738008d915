"""Points in time as Slack shows them to one reader: `{date_short_pretty} at {time}` and its relatives."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

Format = Callable[[datetime, datetime], str]


def _pretty(then: datetime, now: datetime, otherwise: str) -> str:
    days = (then.date() - now.date()).days
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days, otherwise)


def _short(then: datetime) -> str:
    return f"{then:%b} {then.day}, {then.year}"


def _middle(then: datetime) -> str:
    return f"{then:%B} {then.day}, {then.year}"


def _long(then: datetime) -> str:
    return f"{then:%A}, {then:%B} {then.day}, {then.year}"


def _clock(then: datetime) -> str:
    return f"{then.hour % 12 or 12}:{then:%M} {'PM' if then.hour >= 12 else 'AM'}"


def _ago(then: datetime, now: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    size, unit = next((s, u) for s, u in ((1440, "day"), (60, "hour"), (1, "minute")) if abs(minutes) >= s or s == 1)
    count = abs(minutes) // size
    phrase = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{phrase} ago" if minutes >= 0 else f"in {phrase}"


FORMATS: dict[str, Format] = {
    "date_num": lambda then, now: f"{then:%Y-%m-%d}",
    "date_slash": lambda then, now: f"{then:%m/%d/%Y}",
    "date": lambda then, now: _middle(then),
    "date_pretty": lambda then, now: _pretty(then, now, _middle(then)),
    "date_short": lambda then, now: _short(then),
    "date_short_pretty": lambda then, now: _pretty(then, now, _short(then)),
    "date_long": lambda then, now: _long(then),
    "date_long_full": lambda then, now: _long(then),
    "date_long_pretty": lambda then, now: _pretty(then, now, _long(then)),
    "day_divider_pretty": lambda then, now: _pretty(then, now, _long(then)).capitalize(),
    "time": lambda then, now: _clock(then),
    "time_secs": lambda then, now: f"{_clock(then)[:-3]}:{then:%S}{_clock(then)[-3:]}",
    "ago": _ago,
}


def zone(name: str) -> tzinfo:
    """The timezone of this name; UTC when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def shown(timestamp: float, wanted: str, where: tzinfo, now: datetime | None = None) -> str | None:
    """The moment in Slack's format language; None when the format holds a word that Slack does not know."""
    tokens = re.findall(r"\{([a-z_]+)\}", wanted)
    if not tokens or any(token not in FORMATS for token in tokens):
        return None
    try:
        then = datetime.fromtimestamp(timestamp, where)
    except (ValueError, OverflowError, OSError):
        return None
    present = now or datetime.now(where)
    return re.sub(r"\{([a-z_]+)\}", lambda token: FORMATS[token[1]](then, present), wanted)
