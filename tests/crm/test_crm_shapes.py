"""Records both ways: what we propose is what the CRM echoes, and nothing odd in its JSON is an error."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.crm import shapes, values
from bot.crm.dialect import Knowledge
from bot.crm.phones import settled as settled_phone
from bot.crm.phones import sought
from bot.fields import FIELDS, Holds
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Money, Phone, Phones, Ref, Value, When

ID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("acme.com", "https://acme.com"),
        ("HTTPS://Acme.COM/", "https://acme.com"),
        ("http://www.acme.com/About/", "http://www.acme.com/About"),
        ("https://acme.com?Q=1", "https://acme.com?Q=1"),
        ("  ", ""),
    ],
)
def test_an_address_is_tidied_as_the_crm_does(text: str, kept: str) -> None:
    """Origin in lower case, a scheme, no slash at the end."""
    assert values.tidy_url(text) == kept


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        (Phone("+1 (415) 555-0100"), Phone("4155550100", "", "+1")),
        (Phone("+1 416 555 0123"), Phone("4165550123", "", "+1")),
        (Phone("0044 20 7946 0958"), Phone("2079460958", "", "+44")),
        (Phone("+262 262 12 34 56"), Phone("262123456", "", "+262")),
        (Phone("030 123", "", "+49"), Phone("030123", "DE", "+49")),
        (Phone("4165550123", "", "+1"), Phone("4165550123", "", "+1")),
        (Phone("+353 1 234 5678"), Phone("12345678", "IE", "+353")),
        (Phone("030 123", "DE"), Phone("030123", "DE", "+49")),
        (Phone("+999 1"), Phone("+9991")),
        (Phone("4165550100", "CA", "+1"), Phone("4165550100", "CA", "+1")),
    ],
)
def test_a_phone_number_is_split_as_the_crm_does(phone: Phone, kept: Phone) -> None:
    """National digits, country and calling code."""
    assert settled_phone(phone) == kept


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+49 30 1234567", ("301234567",)),
        ("+49 (0)30 1234567", ("301234567",)),
        ("0049-30-1234567", ("301234567", "49301234567")),
        ("030/123 45 67", ("301234567",)),
        ("(415) 555-0100", ("4155550100",)),
        ("1.415.555.0100", ("14155550100", "4155550100")),
        ("+999 1234567", ("9991234567",)),
        ("555-0100", ("5550100",)),
        ("555-010", ()),
        ("2026", ()),
        ("call 4155550100", ()),
        ('4155550100"', ()),
        ("%155550100", ()),
        ("\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661", ()),
        ("1" * 18, ()),
        ("0000000", ()),
        ("", ()),
    ],
)
def test_a_number_is_sought_by_its_national_digits(typed: str, digits: tuple[str, ...]) -> None:
    """However it is written; what has anything else in it is no number."""
    assert sought(typed) == digits


@pytest.mark.parametrize("hours", [-11, -5, 0, 2, 11])
def test_a_date_never_shifts_by_a_day(hours: int) -> None:
    """The day that was chosen is the day that anybody west of UTC+12 reads back."""
    zone = timezone(timedelta(hours=hours))
    chosen = When(datetime(2026, 4, 1, tzinfo=zone), all_day=True)

    stored = values.write(Holds.DATE, chosen)
    back = values.reader(Holds.DATE)(stored)

    assert stored == "2026-04-01T12:00:00.000Z"
    assert isinstance(back, When)
    assert back.all_day
    assert back.at.astimezone(zone).date().isoformat() == "2026-04-01"
    assert values.settled(Holds.DATE, chosen) == back


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15).filter(
    lambda t: bool(t.strip())
)
uuids = st.uuids().map(str)
local = st.from_regex(r"[A-Za-z0-9.]{1,8}@[A-Za-z]{1,8}\.[A-Z]{2,3}", fullmatch=True)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
samples: dict[Holds, st.SearchStrategy[Any]] = {
    Holds.TEXT: texts,
    Holds.MARKDOWN: texts,
    Holds.NAME: st.builds(FullName, texts, texts),
    Holds.EMAILS: st.builds(Emails, local, st.lists(local, max_size=2).map(tuple)),
    Holds.PHONES: st.builds(Phones, st.just(Phone("+49 30 12345")), st.just((Phone("4155550100", "US", "+1"),))),
    Holds.LINKS: st.builds(Links, st.builds(Link, st.just("Acme.com/A/"), texts), st.just((Link("x.org", "x"),))),
    Holds.MONEY: st.builds(Money, st.integers(0, 10**15), st.sampled_from(["EUR", "USD"])),
    Holds.NUMBER: st.integers(0, 10**6) | st.floats(0, 1e6, allow_nan=False),
    Holds.YES_NO: st.booleans(),
    Holds.DATE: st.builds(When, moments, st.just(True)),
    Holds.DATE_TIME: st.builds(When, moments),
    Holds.CHOICE: st.builds(Choice, st.sampled_from(["NEW", "TODO"])),
    Holds.COMPANY: st.builds(Ref, st.just(Kind.COMPANY), uuids),
    Holds.PERSON: st.builds(Ref, st.just(Kind.PERSON), uuids),
    Holds.MEMBER: st.builds(Ref, st.just(Kind.MEMBER), uuids),
}


@given(st.sampled_from(list(samples)).flatmap(lambda holds: st.tuples(st.just(holds), samples[holds])))
@settings(max_examples=300, deadline=None)
def test_what_is_settled_is_what_comes_back(case: tuple[Holds, Value]) -> None:
    """Written and read again, a value equals what we showed; settling twice changes nothing more."""
    holds, value = case
    settled = values.settled(holds, value)

    assert values.reader(holds)(values.write(holds, value)) == settled
    assert values.settled(holds, settled) == settled


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
names = sorted(
    {name for kind in FIELDS for name in ("id", "name", "emails", "phones", "domainName", "amount", "address")}
)


@given(st.sampled_from(list(Kind)), st.dictionaries(st.sampled_from([*names, "closeDate", "dueAt", "bodyV2"]), json))
@settings(max_examples=300, deadline=None)
def test_no_shape_is_an_error(kind: Kind, raw: dict[str, Any]) -> None:
    """Whatever the CRM sends in a field, the record is read and has a name."""
    record = shapes.record(kind, raw)

    assert record.name
    assert all(value != "" for value in record.values.values())


def test_composites_are_written_whole() -> None:
    """A partial one would lose the additional addresses, numbers and links."""
    body = shapes.body(Kind.PERSON, {"email": Emails("A@x.org", ("b@x.org",))}, {"email": "emails"})

    assert body == {"emails": {"primaryEmail": "a@x.org", "additionalEmails": ["b@x.org"]}}


@pytest.mark.parametrize(("name", "written"), [("bodyV2", {"markdown": "Hi"}), ("body", "Hi")])
def test_a_text_is_written_in_the_crms_dialect(name: str, written: object) -> None:
    """The documented dialect has a plain string where the current one has rich text."""
    assert shapes.body(Kind.NOTE, {"text": "Hi"}, {"text": name}) == {name: written}


def test_a_record_without_a_name_is_called_by_what_it_has() -> None:
    """An address, a domain, the first line, else that it has none."""
    assert shapes.record(Kind.PERSON, {"id": ID, "emails": {"primaryEmail": "ada@x.org"}}).name == "ada@x.org"
    assert shapes.record(Kind.COMPANY, {"domainName": {"primaryLinkUrl": "https://www.acme.com/"}}).name == "acme.com"
    assert shapes.record(Kind.NOTE, {"bodyV2": {"markdown": "First\nSecond"}}).name == "First"
    assert shapes.record(Kind.TASK, {}).name == "Untitled task"


def test_options_fit_the_list_that_fits_those_in_use() -> None:
    """A stage that only the documented list has tells which list it is; a refusal that lists them is believed."""
    knowledge = Knowledge()
    assert knowledge.choices(Kind.DEAL, "stage")[0] == "NEW"
    knowledge.saw_all("opportunities", [{"stage": "WON"}])
    assert knowledge.choices(Kind.DEAL, "stage")[-1] == "LOST"
    knowledge.allows(Kind.DEAL, "stage", ("LEAD", "WON"))
    assert knowledge.choices(Kind.DEAL, "stage") == ("LEAD", "WON")


def test_a_ref_is_the_same_with_and_without_its_name() -> None:
    """A record read without its relations' names has not moved, and a renamed company is the same company."""
    assert Ref(Kind.COMPANY, ID, "Acme") == Ref(Kind.COMPANY, ID)
    assert len({Ref(Kind.COMPANY, ID, "Acme"), Ref(Kind.COMPANY, ID)}) == 1
    assert Ref(Kind.COMPANY, ID) != Ref(Kind.PERSON, ID)
