"""Dates as people write them, in the writer's timezone: `Call Ada tomorrow 3pm`, `in 2 weeks`, `by 2026-04-01`.

A small grammar decides what is meant as a date at all (`Sat Corp`, `Q3`, `24/7` and `1 on 1` are not); the library
`dateparser` says which day it is. It is imported at the first use, since that takes a tenth of a second.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.models import When

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SHORT_WEEKDAY = r"(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_OF_MONTH = r"(?:[12]?\d|3[01]|0\d)(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?:19|20)\d\d)?"
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"

_EXACT = "|".join(
    (
        r"(?:19|20)\d\d-\d\d-\d\d",
        r"(?:[12]?\d|3[01]|0\d)\.(?:1[0-2]|0?\d)\.(?:19|20)\d\d",
        r"(?:[12]?\d|3[01]|0\d)/(?:[12]?\d|3[01]|0\d)/(?:19|20)\d\d",
        rf"(?:{_WEEKDAY},?\s+|{_SHORT_WEEKDAY}\.?,?\s+)?{_DAY_OF_MONTH}(?:\s+of)?\s+{_MONTH}{_YEAR}(?![\w:])",
        rf"(?:{_WEEKDAY},?\s+|{_SHORT_WEEKDAY}\.?,?\s+)?{_MONTH}\s+{_DAY_OF_MONTH}{_YEAR}(?![\w:])",
    )
)
_SURE = (
    rf"(?:the\s+)?day after tomorrow|in\s+{_COUNT}\s+(?:days?|weeks?|months?)"
    r"|next\s+(?:week|month)|end of (?:the\s+)?(?:week|month)"
)
_NAMED = (
    r"today|tonight|tomorrow|this\s+(?:morning|afternoon|evening)|eod|end of day"
    rf"|(?:next|this)\s+(?:{_WEEKDAY}|{_SHORT_WEEKDAY})|{_WEEKDAY}"
)
_SOON = rf"in\s+{_COUNT}\s+(?:minutes?|mins?|hours?)"
_HOUR = r"(?:[01]?\d|2[0-3])"
_CLOCK = (
    rf"(?:(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?\s?[ap]\.?m\b\.?|{_HOUR}:[0-5]\d(?::[0-5]\d)?|{_HOUR}h[0-5]\d"
    r"|noon|midday|midnight)"
)
_PART = r"(?:morning|afternoon|evening|night|eod|end of day)"

_DAY_THEN_TIME = re.compile(
    rf"(?:(?P<lead>by|on|due|before|until|till)\s+)?"
    rf"(?:(?P<exact>{_EXACT})|(?P<sure>{_SURE})|(?P<named>{_NAMED})|(?P<short>{_SHORT_WEEKDAY}))"
    rf"(?:(?:,|T)?\s*(?:at\s+|@\s?)?(?P<clock>{_CLOCK})|,?\s+at\s+(?P<bare>{_HOUR})(?![\w:.])|\s+(?P<part>{_PART}))?",
    re.IGNORECASE,
)
_TIME_THEN_DAY = re.compile(
    rf"(?:at\s+|@\s?)?(?P<clock>{_CLOCK})"
    rf"(?:,?\s+(?:on\s+)?(?:(?P<exact>{_EXACT})|(?P<sure>{_SURE})|(?P<named>{_NAMED})|(?P<short>{_SHORT_WEEKDAY})))?",
    re.IGNORECASE,
)
_FROM_NOW = re.compile(_SOON, re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"[.!?](?=\s)|\n")
_BEHIND_OR_OFTEN = re.compile(
    r"\b(?:ago|arrived|called|came|did|each|every|had|heard|last|met|past|said|since|spoke|talked|usually|was|went|were"
    rf"|yesterday|(?:i|we|he|she|they)\s+(?:closed|got|sent|signed|wrote)|(?:good|great|happy|nice)\s+{_WEEKDAY})\b",
    re.IGNORECASE,
)
_HALF_A_YEAR = timedelta(days=183)
_PARTS = {"morning": time(9), "afternoon": time(14), "evening": time(18), "night": time(20), "tonight": time(20)}
_PARTS |= {"eod": time(17), "end of day": time(17)}
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def find_date(text: str, *, now: datetime, timezone: str) -> tuple[When, str] | None:
    """The date that the text speaks of, and the text without it; None when it speaks of none.

    Of several the one that ends the text counts, else the one that begins it, else the first. Without a time of day it
    is `all_day` at the writer's midnight; a time alone is the next such time.
    """
    spans = [match for match in _candidates(text) if _is_meant(text, match)]
    for match in sorted(spans, key=lambda each: _rank(text, each)):
        if when := _resolve(match, now=now.astimezone(zone_of(timezone))):
            return when, _without(text, match)
    return None


def read_date(text: str, *, now: datetime, timezone: str) -> When | None:
    """The date, when the whole text is one: a form's field, `by friday`, a qualifier's value."""
    found = find_date(text.strip(), now=now, timezone=timezone)
    return found[0] if found and not found[1] else None


def the_one_date(text: str, *, now: datetime, timezone: str) -> When | None:
    """The date that a text written at `now` speaks of in passing, when it is the only one and ahead for sure.

    Not sure: a sentence that tells of what has been or of every Monday, or wishes a happy Friday, a time that is over
    for that day, and a day without its year that is nearer behind than ahead.
    """
    there = now.astimezone(zone_of(timezone))
    spans = [match for match in _candidates(text) if _is_meant(text, match)]
    if len({_resolve(match, now=there) for match in spans}) != 1:
        return None
    when = _resolve(spans[0], now=there)
    return when if when and all(_is_ahead(text, match, when, there) for match in spans) else None


def zone_of(timezone: str) -> tzinfo:
    """The timezone of that IANA name; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return UTC


def on_clock(at: datetime, timezone: str) -> datetime:
    """The moment on that timezone's clock; as it was where that clock would leave the years 1 to 9999."""
    try:
        return at.astimezone(zone_of(timezone))
    except OverflowError:
        return at


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of that day there."""
    return _at(day, time(0), zone)


def is_over(when: When, now: datetime) -> bool:
    """Whether it lies behind; a day does once it has ended."""
    return when.at + timedelta(days=when.all_day) <= now


def _candidates(text: str) -> list[re.Match[str]]:
    """What looks like a date, longest reading first and without overlaps."""
    chosen: list[re.Match[str]] = []
    found = [match for pattern in (_FROM_NOW, _DAY_THEN_TIME, _TIME_THEN_DAY) for match in pattern.finditer(text)]
    for match in sorted(found, key=lambda each: each.start() - each.end()):
        if all(match.end() <= other.start() or other.end() <= match.start() for other in chosen):
            chosen.append(match)
    return chosen


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Whether this is a date rather than a piece of a name, a version, a web address or a ratio."""
    before, after = text[: match.start()], text[match.end() :]
    if re.search(r"[\w./:@&+'-]$", before) or re.match(r"[\w/@&+'\u2019-]|[.:,]\w", after):
        return False
    parts = match.groupdict()
    if parts.get("short"):
        return _is_weekday(text, match, alone=False)
    if parts.get("named") and not re.match(r"(?:next|this)\s", parts["named"], re.IGNORECASE):
        return _is_weekday(text, match, alone=True)
    return True


def _is_weekday(text: str, match: re.Match[str], *, alone: bool) -> bool:
    """A bare weekday (or today) needs a preposition, a time or an end of the text; in front of a capital it is a name.

    `alone`: the word is clear enough to stand in the middle of a sentence, as `tomorrow` is and `sat` is not.
    """
    parts = match.groupdict()
    if any(parts.get(each) for each in ("lead", "clock", "bare", "part")):
        return True
    word, rest = match[0], text[match.end() :].strip()
    if not rest:
        return bool(text[: match.start()].strip()) or alone
    return alone and not (word[0].isupper() and rest[0].isupper())


def _is_ahead(text: str, match: re.Match[str], when: When, now: datetime) -> bool:
    """Whether a date is told beforehand."""
    if _BEHIND_OR_OFTEN.search(_sentence_around(text, match)):
        return False
    parts = match.groupdict()
    exact = parts.get("exact")
    if exact and not re.search(r"\d{4}", exact):
        return when.at - now < _HALF_A_YEAR
    is_time_alone = parts.get("clock") and not any(parts[each] for each in ("exact", "sure", "named", "short"))
    return not is_time_alone or when.at.date() == now.date()


def _sentence_around(text: str, match: re.Match[str]) -> str:
    before = [end.end() for end in _SENTENCE_ENDS.finditer(text, 0, match.start())]
    after = _SENTENCE_ENDS.search(text, match.end())
    return text[before[-1] if before else 0 : after.start() if after else len(text)]


def _rank(text: str, match: re.Match[str]) -> tuple[int, int]:
    if not text[match.end() :].strip(" .,;!?)"):
        return 0, match.start()
    return (1 if not text[: match.start()].strip() else 2), match.start()


def _without(text: str, match: re.Match[str]) -> str:
    """The text with the date cut out and no dangling comma, dash or space left."""
    before, after = text[: match.start()].rstrip(" ,;-\u2013("), text[match.end() :].lstrip(" ,;:-\u2013)")
    joined = f"{before} {after}" if before and after and after[0] not in ".!?" else before + after
    return joined.strip()


def _resolve(match: re.Match[str], *, now: datetime) -> When | None:
    """The moment that a candidate means; None when there is no such day (30 February)."""
    zone = now.tzinfo or UTC
    parts = match.groupdict()
    if not parts:
        return _from_now(match[0], now=now)
    phrase = parts["exact"] or parts["sure"] or parts["named"] or parts["short"]
    at = _time_of_day(parts)
    if phrase is None:
        return When(_next_such_time(at or time(0), now=now, zone=zone))
    day = _day(phrase.lower(), now=now)
    if day is None:
        return None
    if at is None:
        return When(midnight(day, zone), all_day=True)
    return When(_at(day, at, zone))


def _next_such_time(at: time, *, now: datetime, zone: tzinfo) -> datetime:
    today = _at(now.date(), at, zone)
    return today if today > now else _at(now.date() + timedelta(days=1), at, zone)


def _from_now(phrase: str, *, now: datetime) -> When | None:
    """Minutes and hours count on the world's clock, not on the wall's."""
    moved = _dateparser(phrase, base=now.astimezone(UTC).replace(tzinfo=None))
    return When(moved.replace(tzinfo=UTC, microsecond=0).astimezone(now.tzinfo)) if moved else None


def _day(phrase: str, *, now: datetime) -> date | None:
    today = now.date()
    if phrase in ("today", *_PARTS) or re.fullmatch(r"this\s+(?:morning|afternoon|evening)", phrase):
        return today
    if phrase.startswith("end of"):
        return _end_of(phrase, today)
    phrase = re.sub(r"^(this|the)\s+", "", phrase)
    base = datetime.combine(today, time(12))
    moved = _dateparser(phrase, base=base, day_first="." in phrase)
    return moved.date() if moved else None


def _end_of(phrase: str, today: date) -> date:
    """Friday of this week (next week's at the weekend), or the last day of the month."""
    if phrase.endswith("week"):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _time_of_day(parts: dict[str, str | None]) -> time | None:
    named = (parts.get("named") or "").lower()
    part = (parts.get("part") or "").lower() or (named.split()[-1] if named.startswith("this") else named)
    if part in _PARTS:
        return _PARTS[part]
    if bare := parts.get("bare"):
        return time(int(bare) + 12 if 1 <= int(bare) <= 6 else int(bare))  # nobody calls at four in the morning
    if clock := parts.get("clock"):
        return _clock(clock.lower())
    return None


def _clock(text: str) -> time:
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text]
    hour, minute = (int(each) for each in [*re.findall(r"\d+", text), "0"][:2])
    if half := re.search(r"([ap])\.?m", text):
        hour = hour % 12 + (12 if half[1] == "p" else 0)
    return time(hour, minute)


def _at(day: date, at: time, zone: tzinfo) -> datetime:
    """That wall-clock time; one that a clock change skips moves on by the gap (02:30 becomes 03:30)."""
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)


def _dateparser(phrase: str, *, base: datetime, day_first: bool = False) -> datetime | None:
    """The library's reading, in the future where there is a choice, without timezones: those are ours."""
    # Imported here since it is slow and most commands have no date; the library ships no types.
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]

    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "RETURN_AS_TIMEZONE_AWARE": False}
    order = {"DATE_ORDER": "DMY"} if day_first else {}
    found: datetime | None = DateDataParser(languages=["en"], settings=settings | order).get_date_data(phrase).date_obj
    return found
