"""What a submitted form says, as values: nothing changes that nobody touched, and composites stay whole."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from bot.blocks import ids
from bot.blocks.inputs import fits, fits_picker, shown_seconds, text_of
from bot.blocks.primitives import is_web
from bot.blocks.values import day_of
from bot.errors import Misunderstood
from bot.fields import Field, Holds
from bot.language.money import parse_money, unknown_currency
from bot.language.prefill import full_name
from bot.models import (
    LINKABLE,
    Choice,
    Emails,
    FullName,
    Kind,
    Link,
    Links,
    Money,
    Phone,
    Phones,
    Ref,
    Refs,
    Value,
    When,
)

FormErrors = dict[str, str]
"""A sentence per block id, as Slack shows them at their fields."""

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PHONE = re.compile(r"\+?[\d\s().\-/\u00a0]{3,30}")
_HOST = re.compile(r"[^\s.,@]+(\.[^\s.,@]+)+")
"""With a dot in it: the CRM knows no other web addresses (twenty.md section 1.3), and no company is at `localhost`."""
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
_KINDS = {Holds.COMPANY: Kind.COMPANY, Holds.PERSON: Kind.PERSON, Holds.MEMBER: Kind.MEMBER}


class FilledIn(Struct, frozen=True):
    """A form's values by the keys of `bot.fields`, None where emptied; with `errors`, nothing of it may be used."""

    values: dict[str, Value] = field(default_factory=dict)
    errors: FormErrors = field(default_factory=dict)
    whole_thread: bool = False


class _Input(Struct, frozen=True):
    field: Field
    state: Mapping[str, Any]
    old: Value
    timezone: str
    currency: str

    @property
    def text(self) -> str:
        return (self.state.get("value") or "").strip()


def read_form(
    view: Mapping[str, Any],
    fields: Sequence[Field],
    old: Mapping[str, Value],
    *,
    timezone: str,
    currency: str = "USD",
) -> FilledIn:
    """The values of a submission. `old` is what the record held when the form was opened (empty for a create).

    A field that was left as it was comes back as exactly its old value; `currency` stands for amounts that name none.
    """
    states = (view.get("state") or {}).get("values") or {}
    filled = FilledIn(whole_thread=_is_checked(states))
    ticked = [_ref(option, LINKABLE) for option in _only(states.get(ids.SUGGESTED) or {}).get("selected_options") or ()]
    for each in fields:
        if each.key in states:
            given = _Input(each, _only(states[each.key]), old.get(each.key), timezone, currency)
            _read_into(filled, given)
    if ticked:
        filled.values["records"] = _with_ticked(filled.values.get("records"), ticked)
    return filled


def _with_ticked(records: Value, ticked: Sequence[Ref]) -> Refs:
    chosen = records.to if isinstance(records, Refs) else ()
    return Refs(tuple({ref.id: ref for ref in (*chosen, *ticked)}.values()))


def _read_into(filled: FilledIn, given: _Input) -> None:
    key = given.field.key
    try:
        value = _READ[given.field.holds](given)
    except Misunderstood as error:
        filled.errors[key] = str(error)
        return
    if value is None and given.field.required:
        filled.errors[key] = f"{given.field.label} is needed."
    filled.values[key] = value


def _only(actions: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(actions.values()), {}) or {}


def _is_checked(states: Mapping[str, Any]) -> bool:
    return bool(_only(states.get(ids.WHOLE_THREAD) or {}).get("selected_options"))


def _untouched(read: Callable[[_Input], Value]) -> Callable[[_Input], Value]:
    """A text input whose text is the old value's, or that could not hold it and was left empty, keeps it whole."""

    def checked(given: _Input) -> Value:
        shown = text_of(given.old)
        if given.old is not None and (given.text == shown.strip() or (not given.text and not fits(given.old))):
            return given.old
        return read(given)

    return checked


def _text(given: _Input) -> Value:
    return given.text or None


def _markdown(given: _Input) -> Value:
    return (given.state.get("value") or "").rstrip() or None


def _name(given: _Input) -> Value:
    """As `full_name` reads it, unless the old first name is longer than a word and still there."""
    if not given.text:
        return None
    first = given.old.first if isinstance(given.old, FullName) else ""
    if first and given.text.startswith(f"{first} "):
        return FullName(first, given.text.removeprefix(first).strip())
    name = full_name(given.text)
    return name if str(name) else None


def _emails(given: _Input) -> Value:
    old = given.old if isinstance(given.old, Emails) else Emails()
    if given.text and not _EMAIL.fullmatch(given.text):
        raise Misunderstood("This is not an email address: write it like ada@example.com.")
    if given.text:
        return Emails(given.text, tuple(each for each in old.additional if each != given.text))
    return Emails(old.additional[0], old.additional[1:]) if old.additional else None


def _phones(given: _Input) -> Value:
    old = given.old if isinstance(given.old, Phones) else Phones()
    if given.text:
        return Phones(_phone(given.text, old.primary), old.additional)
    return Phones(old.additional[0], old.additional[1:]) if old.additional else None


def _phone(text: str, old: Phone) -> Phone:
    """National digits keep the old number's calling code, and its country only for want of one; `+` brings its own.

    Other digits can be another country's under the same calling code, and the CRM refuses the wrong one. It refuses
    every number, too, of which it is not told in what country it rings.
    """
    if not _PHONE.fullmatch(text) or not 2 <= sum(map(str.isdigit, text)) <= 20:
        raise Misunderstood("This is not a phone number: write it like +1 555 0100.")
    if text.startswith(("+", "00")):
        return Phone(text)
    if not (old.calling or old.country):
        raise Misunderstood("The country code is missing: the CRM takes a number such as +1 555 0100.")
    return Phone(text, "" if old.calling else old.country, old.calling)


def _links(given: _Input) -> Value:
    old = given.old if isinstance(given.old, Links) else Links()
    if not given.text:
        return Links(old.secondary[0], old.secondary[1:]) if old.secondary else None
    url = given.text if "://" in given.text else f"https://{given.text}"
    if not (is_web(url) and _is_site(url)):
        raise Misunderstood("This is not a web address: write it like acme.com.")
    return Links(Link(url, old.primary.label), old.secondary)


def _is_site(url: str) -> bool:
    parts = urlsplit(url)
    return "@" not in parts.netloc and bool(_HOST.fullmatch(parts.hostname or ""))  # an @: an email, or a trap


def _money(given: _Input) -> Value:
    if not given.text:
        return None
    old = given.old.currency if isinstance(given.old, Money) else ""
    money = parse_money(given.text, old or given.currency)
    if money is None or not money.currency:
        not_one = "This is not an amount: write it like 12,500 EUR or €12.5k."
        raise Misunderstood(unknown_currency(given.text) or not_one)
    return money


def _number(given: _Input) -> Value:
    if not given.text:
        return None
    if not _NUMBER.fullmatch(given.text):
        raise Misunderstood("This is not a number: write it like 1200.")
    number = float(given.text)
    return int(number) if number.is_integer() else number


def _yes_no(given: _Input) -> Value:
    return {"yes": True, "no": False}.get(_chosen(given))


def _choice(given: _Input) -> Value:
    """The option's constant; where no options are known, the words as the CRM writes such constants."""
    chosen = _chosen(given) or given.text.upper().replace(" ", "_")
    return Choice(chosen) if chosen else None


def _date(given: _Input) -> Value:
    picked = given.state.get("selected_date")
    if not picked:
        return None
    day = date.fromisoformat(picked)
    if isinstance(given.old, When) and day_of(given.old, given.timezone).date() == day:
        return given.old
    return When(datetime.combine(day, time(12), UTC), all_day=True)


def _date_time(given: _Input) -> Value:
    seconds = given.state.get("selected_date_time")
    if not seconds:
        is_hidden = isinstance(given.old, When) and not fits_picker(given.old, given.timezone)
        return given.old if is_hidden else None
    if isinstance(given.old, When) and shown_seconds(given.old, given.timezone) == seconds:
        return given.old
    return When(datetime.fromtimestamp(seconds, UTC))


def _record(given: _Input) -> Value:
    option = given.state.get("selected_option")
    if not option:
        return None
    ref = _ref(option)
    if ref.kind is not _KINDS[given.field.holds]:
        raise Misunderstood(f"This is a {ref.kind}; {given.field.label} takes another kind.")
    return given.old if isinstance(given.old, Ref) and given.old.id == ref.id else ref


def _records(given: _Input) -> Value:
    chosen = tuple(_ref(option, LINKABLE) for option in given.state.get("selected_options") or ())
    old = given.old.to if isinstance(given.old, Refs) else ()
    if {ref.id for ref in chosen} == {ref.id for ref in old}:
        return given.old
    names = {ref.id: ref for ref in old}
    return Refs(tuple(names.get(ref.id, ref) for ref in chosen)) if chosen else None


def _ref(option: Mapping[str, Any], kinds: Collection[Kind] = tuple(Kind)) -> Ref:
    ref = ids.dereference(option.get("value") or "", kinds)
    return Ref(ref.kind, ref.id, (option.get("text") or {}).get("text", ""))


def _chosen(given: _Input) -> str:
    return (given.state.get("selected_option") or {}).get("value") or ""


_READ: dict[Holds, Callable[[_Input], Value]] = {
    Holds.TEXT: _untouched(_text),
    Holds.MARKDOWN: _untouched(_markdown),
    Holds.NAME: _untouched(_name),
    Holds.EMAILS: _untouched(_emails),
    Holds.PHONES: _untouched(_phones),
    Holds.LINKS: _untouched(_links),
    Holds.MONEY: _untouched(_money),
    Holds.NUMBER: _untouched(_number),
    Holds.YES_NO: _yes_no,
    Holds.DATE: _date,
    Holds.DATE_TIME: _date_time,
    Holds.CHOICE: _choice,
    Holds.COMPANY: _record,
    Holds.PERSON: _record,
    Holds.MEMBER: _record,
    Holds.RECORDS: _records,
}
