"""Days and stretches of days in the asker's timezone, as qualifiers name them: `today`, `this-week`, `2026-04`."""

import re
from datetime import date, datetime, timedelta, tzinfo

from msgspec import Struct

from bot.language.dates import midnight, read_date, zone_of
from bot.models import When

KNOWN = (
    "today",
    "tomorrow",
    "yesterday",
    "overdue",
    "this-week",
    "next-week",
    "last-week",
    "this-month",
    "next-month",
    "last-month",
    "this-year",
    "last-7-days",
    "next-7-days",
    "2026-04-01",
    "2026-04",
    "2026-q2",
    "2026",
)
"""What an error offers as examples."""


class Clock(Struct, frozen=True):
    """When and where the asker is: an aware time and an IANA timezone."""

    now: datetime
    timezone: str

    @property
    def zone(self) -> tzinfo:
        """The asker's timezone."""
        return zone_of(self.timezone)

    @property
    def today(self) -> date:
        """The asker's day."""
        return self.now.astimezone(self.zone).date()


class Period(Struct, frozen=True):
    """From the first moment of one day up to the first moment of another."""

    start: When
    end: When


def read_period(text: str, clock: Clock) -> Period | None:
    """The days that the text names; None when it names none."""
    try:
        days = _days(text.strip().lower().replace(" ", "-").replace("_", "-"), clock.today)
        days = days or _spoken(text, clock)
        return Period(_when(days[0], clock), _when(days[1], clock)) if days else None
    except (ValueError, OverflowError):
        return None


def _when(day: date, clock: Clock) -> When:
    return When(midnight(day, clock.zone), all_day=True)


def _days(text: str, today: date) -> tuple[date, date] | None:
    """First day and the day after the last."""
    if text in ("today", "tomorrow", "yesterday"):
        first = today + timedelta(days={"today": 0, "tomorrow": 1, "yesterday": -1}[text])
        return first, first + timedelta(days=1)
    if match := re.fullmatch(r"(this|next|last)-(week|month|quarter|year)", text):
        return _around(match[2], {"this": 0, "next": 1, "last": -1}[match[1]], today)
    if match := re.fullmatch(r"(last|next)-(\d{1,4})-(days?|weeks?|months?)", text):
        return _rolling(match[1], int(match[2]), match[3], today)
    return _calendar(text)


def _around(unit: str, step: int, today: date) -> tuple[date, date]:
    """The calendar week (from Monday), month, quarter or year, `step` of them from this one."""
    if unit == "week":
        first = today + timedelta(days=7 * step - today.weekday())
        return first, first + timedelta(days=7)
    size = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (today.year * 12 + today.month - 1) // size + step
    return _month(index * size), _month((index + 1) * size)


def _rolling(side: str, count: int, unit: str, today: date) -> tuple[date, date]:
    """The last or next so many days with today among them."""
    days = count * {"d": 1, "w": 7, "m": 30}[unit[0]]
    if side == "last":
        return today - timedelta(days=days), today + timedelta(days=1)
    return today, today + timedelta(days=days + 1)


def _calendar(text: str) -> tuple[date, date] | None:
    """A day, month, quarter or year by its number."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        return day, day + timedelta(days=1)
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text):
        month = int(match[1]) * 12 + int(match[2]) - 1
        return _month(month), _month(month + 1)
    if match := re.fullmatch(r"(\d{4})-?q([1-4])", text):
        month = int(match[1]) * 12 + int(match[2]) * 3 - 3
        return _month(month), _month(month + 3)
    if re.fullmatch(r"(?:19|20)\d\d", text):
        return date(int(text), 1, 1), date(int(text) + 1, 1, 1)
    return None


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def _spoken(text: str, clock: Clock) -> tuple[date, date] | None:
    """`friday`, `next-monday`, `5 may`: whatever else is a date."""
    when = read_date(text.replace("-", " ") if text[:1].isalpha() else text, now=clock.now, timezone=clock.timezone)
    if when is None:
        return None
    day = when.at.astimezone(clock.zone).date()
    return day, day + timedelta(days=1)
