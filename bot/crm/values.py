"""Each kind of value both ways, and settled to what the CRM will echo, so that proposed and stored compare equal.

Whoever reads takes what is missing or unreadable as None, never as an error. Facts: twenty.md sections 4 and 4.2.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from typing import Any

import msgspec

from bot.crm import phones
from bot.fields import Holds
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Money, Phone, Phones, Ref, Value, When

UNREADABLE = (TypeError, ValueError, AttributeError, OverflowError)
_TIDY = ("https://", "http://")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ORIGIN = re.compile(r"[^/?#]*")
_HOST = re.compile(r"[^/?#:]*")
_NOON = time(12, tzinfo=UTC)


def reader(holds: Holds) -> Callable[[Any], Value]:
    """What reads Twenty's JSON of such a field as our value; it may raise one of UNREADABLE for JSON of odd shape."""
    return _READ[holds]


def write(holds: Holds, value: Value) -> Any:
    """Our value as Twenty's JSON, composites whole; the value is settled first."""
    settled_value = settled(holds, value)
    return _EMPTY.get(holds) if settled_value is None else _WRITE[holds](settled_value)


def settled(holds: Holds, value: Value) -> Value:
    """The value as the CRM will give it back; None when it says nothing."""
    settle = _SETTLE.get(holds)
    return value if settle is None or value is None else settle(value)


def tidy_url(text: str) -> str:
    """An address as Twenty keeps it: with a scheme, origin in lower case, no slash at its end."""
    text = text.strip()
    if not text:
        return ""
    if text.startswith(_TIDY) and text.islower():  # as nearly every one that was stored
        return text.rstrip("/")
    if not _SCHEME.match(text):
        text = f"https://{text}"
    scheme, _, rest = text.partition("://")
    origin = _ORIGIN.match(rest)[0]  # type: ignore[index]  # it matches everything
    return f"{scheme.lower()}://{origin.lower()}{rest[len(origin) :]}".rstrip("/")


def host(url: str) -> str:
    """The bare host of an address or domain: no scheme, port, path, or leading www."""
    return bare_host(tidy_url(url))


def bare_host(tidy: str) -> str:
    """The same of an address that is tidy already, as every one that was read is."""
    return _HOST.match(tidy.partition("://")[2])[0].removeprefix("www.")  # type: ignore[index]  # it matches everything


def point(raw: Any) -> datetime | None:
    """An ISO time, aware and in UTC; a bare date is its midnight."""
    try:
        at = datetime.fromisoformat(raw)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def stamp(at: datetime) -> str:
    """An aware time as Twenty writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole_day(when: When) -> When:
    """A day that does not shift: a local midnight becomes that date's noon UTC, anything else stays as it is.

    Twenty has no dates, only points in time (twenty.md section 4.2); noon UTC is the same date from UTC-12 to UTC+11.
    """
    at = when.at
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        at = datetime.combine(at.date(), _NOON)
    return When(_milliseconds(at), all_day=True)


def _milliseconds(at: datetime) -> datetime:
    utc = at.astimezone(UTC)
    beyond = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - beyond) if beyond else utc


def _text(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _word(raw: Any) -> str:
    return raw if isinstance(raw, str) else ""


def _list(raw: Any) -> list[Any]:
    """A list, also when it comes as JSON text, as RAW_JSON fields sometimes do."""
    if isinstance(raw, str):
        try:
            raw = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            return []
    return raw if isinstance(raw, list) else []


def _read_markdown(raw: Any) -> str | None:
    text = raw.get("markdown") if isinstance(raw, dict) else raw  # JSON has no other mapping
    return _text(_word(text).rstrip())


def _read_name(raw: Any) -> FullName | None:
    name = FullName(_word(raw.get("firstName")), _word(raw.get("lastName")))
    return name if name.first or name.last else None


def _read_emails(raw: Any) -> Value:
    more = [each for each in _list(raw.get("additionalEmails")) if isinstance(each, str)]
    return _tidy_emails(_word(raw.get("primaryEmail")), more)


def _read_phones(raw: Any) -> Value:
    primary = _phone(raw, "primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode")
    further = [each for each in _list(raw.get("additionalPhones")) if isinstance(each, dict)]
    more = tuple([_phone(each, "number", "countryCode", "callingCode") for each in further])
    return Phones(primary, more) if primary.number or more else None


def _phone(raw: Any, number: str, country: str, calling: str) -> Phone:
    return Phone(_word(raw.get(number)), _word(raw.get(country)), _word(raw.get(calling)))


def _read_links(raw: Any) -> Value:
    if isinstance(raw, str):
        return _settled_links(raw)
    primary = _link(raw, "primaryLinkUrl", "primaryLinkLabel")
    more = [_link(each, "url", "label") for each in _list(raw.get("secondaryLinks")) if isinstance(each, dict)]
    return _tidy_links(primary, more)


def _link(raw: Any, url: str, label: str) -> Link:
    return Link(_word(raw.get(url)), _word(raw.get(label)))


def _read_money(raw: Any) -> Money | None:
    micros = raw.get("amountMicros")
    return None if micros is None else Money(round(float(micros)), _word(raw.get("currencyCode")))


def _read_number(raw: Any) -> int | float | None:
    if raw is None or isinstance(raw, bool):
        return None
    number = float(raw)
    return int(number) if number.is_integer() else number


def _read_day(raw: Any) -> When | None:
    at = point(raw)
    return None if at is None else whole_day(When(at))


def _read_time(raw: Any) -> When | None:
    at = point(raw)
    return None if at is None else When(_milliseconds(at))


def _read_choice(raw: Any) -> Choice | None:
    return Choice(raw) if isinstance(raw, str) and raw else None


def _read_ref(kind: Kind) -> Callable[[Any], Value]:
    return lambda raw: Ref(kind, raw.lower()) if raw else None


def _settled_emails(value: Any) -> Emails | None:
    return _tidy_emails(value, ()) if isinstance(value, str) else _tidy_emails(value.primary, value.additional)


def _tidy_emails(primary: str, additional: Iterable[str]) -> Emails | None:
    primary = primary.strip().lower()
    more = tuple([tidy for each in additional if (tidy := each.strip().lower())])
    return Emails(primary, more) if primary or more else None


def _settled_phones(value: Any) -> Phones | None:
    whole = Phones(Phone(value)) if isinstance(value, str) else value
    more = tuple([phones.settled(each) for each in whole.additional if each.number])
    tidy = Phones(phones.settled(whole.primary), more)
    return tidy if tidy.primary.number or more else None


def _settled_links(value: Any) -> Links | None:
    return _tidy_links(Link(value), ()) if isinstance(value, str) else _tidy_links(value.primary, value.secondary)


def _tidy_links(primary: Link, secondary: Iterable[Link]) -> Links | None:
    primary, more = _tidy_link(primary), tuple([_tidy_link(each) for each in secondary if each.url])
    return Links(primary, more) if primary.url or more else None


def _tidy_link(link: Link) -> Link:
    return Link(tidy_url(link.url), link.label.strip())


def _settled_name(value: Any) -> FullName | None:
    if isinstance(value, str):
        first, _, last = value.strip().partition(" ")
        value = FullName(first, last)
    name = FullName(value.first.strip(), value.last.strip())
    return name if name.first or name.last else None


def _write_emails(value: Any) -> dict[str, Any]:
    return {"primaryEmail": value.primary or None, "additionalEmails": list(value.additional) or None}


def _write_phones(value: Any) -> dict[str, Any]:
    first = value.primary
    return {
        "primaryPhoneNumber": first.number or None,
        "primaryPhoneCountryCode": first.country or None,
        "primaryPhoneCallingCode": first.calling or None,
        "additionalPhones": [
            {"number": each.number, "countryCode": each.country or None, "callingCode": each.calling or None}
            for each in value.additional
        ]
        or None,
    }


def _write_links(value: Any) -> dict[str, Any]:
    return {
        "primaryLinkUrl": value.primary.url or None,
        "primaryLinkLabel": value.primary.label or None,
        "secondaryLinks": [{"url": each.url, "label": each.label or None} for each in value.secondary] or None,
    }


def _write_money(value: Any) -> dict[str, Any]:
    """Without a currency of its own an amount keeps the one that is there: this composite may be partial."""
    return {"amountMicros": value.micros} | ({"currencyCode": value.currency} if value.currency else {})


_READ: dict[Holds, Callable[[Any], Value]] = {
    Holds.TEXT: _text,
    Holds.MARKDOWN: _read_markdown,
    Holds.NAME: _read_name,
    Holds.EMAILS: _read_emails,
    Holds.PHONES: _read_phones,
    Holds.LINKS: _read_links,
    Holds.MONEY: _read_money,
    Holds.NUMBER: _read_number,
    Holds.YES_NO: lambda raw: raw if isinstance(raw, bool) else None,
    Holds.DATE: _read_day,
    Holds.DATE_TIME: _read_time,
    Holds.CHOICE: _read_choice,
    Holds.COMPANY: _read_ref(Kind.COMPANY),
    Holds.PERSON: _read_ref(Kind.PERSON),
    Holds.MEMBER: _read_ref(Kind.MEMBER),
}
_SETTLE: dict[Holds, Callable[[Any], Value]] = {
    Holds.TEXT: lambda value: value.strip() or None,
    Holds.MARKDOWN: lambda value: value.rstrip() or None,
    Holds.NAME: _settled_name,
    Holds.EMAILS: _settled_emails,
    Holds.PHONES: _settled_phones,
    Holds.LINKS: _settled_links,
    Holds.NUMBER: _read_number,
    Holds.DATE: whole_day,
    Holds.DATE_TIME: lambda value: When(_milliseconds(value.at)),
}
_WRITE: dict[Holds, Callable[[Any], Any]] = {
    Holds.TEXT: lambda value: value,
    Holds.MARKDOWN: lambda value: {"markdown": value},
    Holds.NAME: lambda value: {"firstName": value.first, "lastName": value.last},
    Holds.EMAILS: _write_emails,
    Holds.PHONES: _write_phones,
    Holds.LINKS: _write_links,
    Holds.MONEY: _write_money,
    Holds.NUMBER: lambda value: value,
    Holds.YES_NO: lambda value: value,
    Holds.DATE: lambda value: stamp(value.at),
    Holds.DATE_TIME: lambda value: stamp(value.at),
    Holds.CHOICE: lambda value: value.value,
    Holds.COMPANY: lambda value: value.id,
    Holds.PERSON: lambda value: value.id,
    Holds.MEMBER: lambda value: value.id,
}
_EMPTY: dict[Holds, Any] = {
    Holds.MARKDOWN: {"markdown": ""},
    Holds.NAME: {"firstName": "", "lastName": ""},
    Holds.EMAILS: _write_emails(Emails()),
    Holds.PHONES: _write_phones(Phones()),
    Holds.LINKS: _write_links(Links()),
    Holds.MONEY: {"amountMicros": None, "currencyCode": None},
}
"""What empties a composite; anything else is emptied by null."""
