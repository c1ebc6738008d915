"""Dates as people write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.dates import find_date, is_over, read_date, the_one_date
from bot.models import When

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 3, 26, 10, 0, tzinfo=ZoneInfo(BERLIN))  # a Thursday; summer time begins on Sunday the 29th


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("Call Ada tomorrow 3pm", "2026-03-27T15:00:00+01:00", "Call Ada"),
        ("Call Ada tomorrow at 3:30 pm about prices", "2026-03-27T15:30:00+01:00", "Call Ada about prices"),
        ("Call Ada at 3pm tomorrow", "2026-03-27T15:00:00+01:00", "Call Ada"),
        ("Call Ada 15:00", "2026-03-26T15:00:00+01:00", "Call Ada"),
        ("Call Ada 9:00", "2026-03-27T09:00:00+01:00", "Call Ada"),
        ("Call Ada tomorrow at 3", "2026-03-27T15:00:00+01:00", "Call Ada"),
        ("Call Ada tomorrow at 9", "2026-03-27T09:00:00+01:00", "Call Ada"),
        ("Call Ada monday morning", "2026-03-30T09:00:00+02:00", "Call Ada"),
        ("lunch tomorrow noon", "2026-03-27T12:00:00+01:00", "lunch"),
        ("Call Ada @ 3pm", "2026-03-26T15:00:00+01:00", "Call Ada"),
        ("Call Ada this afternoon", "2026-03-26T14:00:00+01:00", "Call Ada"),
        ("Call Ada EOD", "2026-03-26T17:00:00+01:00", "Call Ada"),
        ("Call Ada monday EOD", "2026-03-30T17:00:00+02:00", "Call Ada"),
        ("write tonight", "2026-03-26T20:00:00+01:00", "write"),
        ("Review 2026-12-01 14:00", "2026-12-01T14:00:00+01:00", "Review"),
        ("Review 2026-12-01T14:00", "2026-12-01T14:00:00+01:00", "Review"),
        ("Review contract next monday 9:30", "2026-03-30T09:30:00+02:00", "Review contract"),
        ("ping in 30 minutes", "2026-03-26T10:30:00+01:00", "ping"),
        ("ping in an hour", "2026-03-26T11:00:00+01:00", "ping"),
        ("early 2026-03-29 02:30", "2026-03-29T03:30:00+02:00", "early"),
    ],
)
def test_a_time_is_the_writers(text: str, at: str, rest: str) -> None:
    """A day with a time is that moment in the writer's timezone, and leaves the text."""
    found = find_date(text, now=NOW, timezone=BERLIN)
    assert found is not None
    assert (found[0].at.isoformat(), found[0].all_day, found[1]) == (at, False, rest)


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("send offer on friday", "2026-03-27", "send offer"),
        ("send offer Friday", "2026-03-27", "send offer"),
        ("send offer by Fri", "2026-03-27", "send offer"),
        ("tomorrow: call Ada", "2026-03-27", "call Ada"),
        ("Prepare Q3 deck in 2 weeks", "2026-04-09", "Prepare Q3 deck"),
        ("Renewal by 2026-04-01", "2026-04-01", "Renewal"),
        ("Renewal on April 1st, 2027", "2027-04-01", "Renewal"),
        ("Renewal 5 may", "2026-05-05", "Renewal"),
        ("Renewal Jan 5", "2027-01-05", "Renewal"),
        ("Renewal 1.4.2026", "2026-04-01", "Renewal"),
        ("Call Ada (tomorrow)", "2026-03-27", "Call Ada"),
        ("Call Ada the day after tomorrow", "2026-03-28", "Call Ada"),
        ("report end of month", "2026-03-31", "report"),
        ("report end of the week", "2026-03-27", "report"),
        ("Call Ada tomorrow about the 5 may event!", "2026-03-27", "Call Ada about the 5 may event!"),
        ("next week", "2026-04-02", ""),
    ],
)
def test_a_day_without_a_time_is_all_day(text: str, day: str, rest: str) -> None:
    """Without a time the date is the whole day, at the writer's midnight."""
    found = find_date(text, now=NOW, timezone=BERLIN)
    assert found is not None
    assert (found[0].at.date().isoformat(), found[0].at.hour, found[0].all_day, found[1]) == (day, 0, True, rest)


@pytest.mark.parametrize(
    "text",
    [
        "Call May",
        "Call Sat Corp",
        "Q3 planning",
        "offer 24/7 support",
        "1 on 1 with Ada",
        "upgrade to 2.10.3",
        "Move to v1.4.2026",
        "Ada sat down",
        "Friday Corp renewal",
        "Friday\u2019s minutes",
        "Tomorrow Labs",
        "mail monday.com",
        "read https://x.org/2026-04-01/post",
        "Sun Microsystems",
        "march on",
        "30 February 2027",
        "room 12:99",
        "Call 0001-01-01",
        "part 9999-12-31",
        "May 5000 units",
        "a ratio of 3:1",
        "",
    ],
)
def test_names_and_numbers_are_no_dates(text: str) -> None:
    """Names, ratios, versions and addresses that contain a date's letters are left alone."""
    assert find_date(text, now=NOW, timezone=BERLIN) is None


def test_hours_count_on_the_worlds_clock() -> None:
    """Two hours before a clock change plus three are three real hours."""
    now = datetime(2026, 3, 29, 1, 0, tzinfo=ZoneInfo(BERLIN))
    found = find_date("in 3 hours", now=now, timezone=BERLIN)
    assert found is not None
    assert found[0].at.isoformat() == "2026-03-29T05:00:00+02:00"


def test_today_is_the_writers_today() -> None:
    """The same moment is already tomorrow in Auckland."""
    found = read_date("today", now=NOW.replace(hour=20), timezone="Pacific/Auckland")
    assert found is not None
    assert found.at.isoformat() == "2026-03-27T00:00:00+13:00"


@pytest.mark.parametrize("timezone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_an_unknown_timezone_is_utc(timezone: str) -> None:
    """A timezone that this machine does not know never keeps a date from being read."""
    found = read_date("tomorrow 3pm", now=NOW, timezone=timezone)
    assert found is not None
    assert found.at.isoformat() == "2026-03-27T15:00:00+00:00"


def test_a_whole_text_is_a_date_or_not() -> None:
    """A field that says more than a date is not read as one."""
    assert read_date("friday", now=NOW, timezone=BERLIN) is not None
    assert read_date("friday maybe", now=NOW, timezone=BERLIN) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Can you call Ada tomorrow 3pm?", "2026-03-27T15:00:00+01:00"),
        ("Ada wrote again.\nThe offer is due by Friday, she says", "2026-03-27T00:00:00+01:00"),
        ("We met today. Call her on Monday!", None),
        ("The demo went well. Call her on Monday!", "2026-03-30T00:00:00+02:00"),
        ("Tomorrow 3pm? Or (tomorrow at 3) if you like", "2026-03-27T15:00:00+01:00"),
        ("Call Ada at 3pm", "2026-03-26T15:00:00+01:00"),
        ("Send it by 2 April", "2026-04-02T00:00:00+02:00"),
        ("Renewal on 5 March 2027", "2027-03-05T00:00:00+01:00"),
        ("today or tomorrow", None),
        ("The call was moved from Friday to Monday", None),
        ("We met on Friday", None),
        ("How did Friday go?", None),
        ("minutes of last Friday", None),
        ("our call every Monday", None),
        ("I called her at 9am", None),
        ("I called Ada today", None),
        ("The offer came on Tuesday", None),
        ("We sent it on Monday and wait for an answer", None),
        ("It must be sent on Monday", "2026-03-30T00:00:00+02:00"),
        ("We usually meet at 3pm", None),
        ("Happy Friday everyone! Could you send the deck?", None),
        ("Happy to meet on Friday", "2026-03-27T00:00:00+01:00"),
        ("the offer of 5 March", None),
        ("30 February", None),
    ],
)
def test_a_message_says_when(text: str, at: str | None) -> None:
    """The one date in it; several, and one that may lie behind, are left to whoever reads it."""
    when = the_one_date(text, now=NOW, timezone=BERLIN)
    assert (when.at.isoformat() if when else None) == at


def test_a_day_is_over_when_it_ends() -> None:
    """Today is ahead all day long, and a time until it comes."""
    today, ten = When(NOW.replace(hour=0), all_day=True), When(NOW)
    assert not is_over(today, NOW.replace(hour=23))
    assert is_over(today, NOW.replace(day=27, hour=0))
    assert is_over(ten, NOW)


@settings(deadline=None)  # the first example pays for importing the library
@given(st.text(max_size=60))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    """Whatever is typed, there is a date or there is none."""
    find_date(text, now=NOW, timezone=BERLIN)
    the_one_date(text, now=NOW, timezone=BERLIN)
