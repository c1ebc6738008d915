"""What follows `new <kind>` and where it goes in the form."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Misunderstood
from bot.language.periods import Clock
from bot.language.prefill import prefill
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Money, Phone, Phones, Someone, Value, When

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 3, 26, 10, 0, tzinfo=BERLIN), "Europe/Berlin")  # a Thursday
FRIDAY = When(datetime(2026, 3, 27, tzinfo=BERLIN), all_day=True)
APRIL = When(datetime(2026, 4, 1, tzinfo=BERLIN), all_day=True)


def link(url: str) -> Links:
    return Links(Link(url))


@pytest.mark.parametrize(
    ("kind", "words", "values"),
    [
        (
            Kind.PERSON,
            "Ada Lovelace ada@x.org +44 20 7946 0958 at Acme",
            {
                "name": FullName("Ada", "Lovelace"),
                "email": Emails("ada@x.org"),
                "phone": Phones(Phone("+44 20 7946 0958")),
                "company": "Acme",
            },
        ),
        (Kind.PERSON, "Lovelace, Ada", {"name": FullName("Ada", "Lovelace")}),
        (Kind.PERSON, "Ada Lovelace, Ph.D.", {"name": FullName("Ada", "Lovelace, Ph.D.")}),
        (
            Kind.PERSON,
            "Ada King Lovelace @ Acme, Inc",
            {"name": FullName("Ada", "King Lovelace"), "company": "Acme, Inc"},
        ),
        (
            Kind.PERSON,
            "Ada ADA@X.org title:CTO",
            {"name": FullName("Ada"), "email": Emails("ada@x.org"), "job_title": "CTO"},
        ),
        (Kind.PERSON, 'Ada company:"Acme Inc"', {"name": FullName("Ada"), "company": "Acme Inc"}),
        (
            Kind.PERSON,
            "Ada linkedin.com/in/ada",
            {"name": FullName("Ada"), "linkedin": link("https://linkedin.com/in/ada")},
        ),
        (Kind.PERSON, "", {}),
        (
            Kind.PERSON,
            "ada.lovelace@x.org",
            {"name": FullName("Ada", "Lovelace"), "email": Emails("ada.lovelace@x.org")},
        ),
        (Kind.TASK, '"Call Ada tomorrow"', {"title": "Call Ada tomorrow"}),
        (Kind.COMPANY, "Booking.com", {"name": "Booking", "domain": link("https://booking.com")}),
        (Kind.DEAL, "Acme - 10k - pilot", {"name": "Acme - pilot", "amount": Money(10_000_000_000, "")}),
        (Kind.COMPANY, "Acme acme.com", {"name": "Acme", "domain": link("https://acme.com")}),
        (Kind.COMPANY, "Acme, Inc https://acme.co.uk/", {"name": "Acme, Inc", "domain": link("https://acme.co.uk/")}),
        (Kind.COMPANY, "www.acme.com", {"name": "Acme", "domain": link("https://www.acme.com")}),
        (
            Kind.COMPANY,
            "Acme city:Paris employees:120 owner:me",
            {"name": "Acme", "city": "Paris", "employees": 120, "owner": Someone(me=True)},
        ),
        (Kind.COMPANY, '5" disk', {"name": '5" disk'}),
        (
            Kind.DEAL,
            "Acme renewal 12k EUR by 2026-04-01 stage:proposal",
            {
                "name": "Acme renewal",
                "amount": Money(12_000_000_000, "EUR"),
                "close_date": APRIL,
                "stage": Choice("PROPOSAL"),
            },
        ),
        (
            Kind.DEAL,
            "Acme \u20ac12.5k tomorrow 3pm",
            {"name": "Acme", "amount": Money(12_500_000_000, "EUR"), "close_date": FRIDAY},
        ),
        (Kind.DEAL, "Acme 2027 renewal", {"name": "Acme 2027 renewal"}),
        (
            Kind.DEAL,
            "Acme amount:9000 close:friday",
            {"name": "Acme", "amount": Money(9_000_000_000, ""), "close_date": FRIDAY},
        ),
        (
            Kind.TASK,
            "Call Ada tomorrow 3pm",
            {"title": "Call Ada", "due": When(datetime(2026, 3, 27, 15, tzinfo=BERLIN))},
        ),
        (
            Kind.TASK,
            "send offer <@U123> on friday",
            {"title": "send offer", "due": FRIDAY, "assignee": Someone(user_id="U123")},
        ),
        (
            Kind.TASK,
            "send offer @ana status:in-progress",
            {"title": "send offer", "assignee": Someone(words="ana"), "status": Choice("IN_PROGRESS")},
        ),
        (
            Kind.TASK,
            "review due:next-monday",
            {"title": "review", "due": When(datetime(2026, 3, 30, tzinfo=BERLIN), all_day=True)},
        ),
        (Kind.NOTE, 'Re: the "big" one', {"title": 'Re: the "big" one'}),
        (
            Kind.NOTE,
            "Minutes\nAda was there.\n\nSo was Ben.",
            {"title": "Minutes", "text": "Ada was there.\n\nSo was Ben."},
        ),
        (Kind.NOTE, 'he said:"hello', {"title": 'he said:"hello'}),
        (Kind.NOTE, "see ratio:2 tomorrow", {"title": "see ratio:2 tomorrow"}),
    ],
)
def test_words_find_their_fields(kind: Kind, words: str, values: Mapping[str, Value]) -> None:
    """Addresses, amounts, dates, people and `key:value` go to their fields; the rest is the name or the title."""
    assert dict(prefill(kind, words, CLOCK)) == values


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Kind.DEAL, "Acme amount:lots"), (Kind.TASK, "call due:someday"), (Kind.COMPANY, "Acme employees:many")],
)
def test_a_value_that_does_not_fit_is_told(kind: Kind, words: str) -> None:
    """A field named on purpose with a value that it cannot hold is a mistake, not a title."""
    with pytest.raises(Misunderstood, match="cannot be"):
        prefill(kind, words, CLOCK)


@pytest.mark.parametrize(
    ("kind", "words", "hint"),
    [
        (Kind.DEAL, 'Acme amount:"12 XYZ"', "\u201cXYZ\u201d is no currency"),
        (Kind.COMPANY, 'Acme employees:"12 XYZ"', 'For example employees:"100"'),
    ],
)
def test_what_fits_instead_is_told(kind: Kind, words: str, hint: str) -> None:
    """An example, or what is wrong with an amount's currency."""
    with pytest.raises(Misunderstood) as error:
        prefill(kind, words, CLOCK)
    assert hint in error.value.hint
