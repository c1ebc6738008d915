"""Sample values, believable or hostile, and the catalogue of everything the bot can say about them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.blocks import ids, lists, problems, records
from bot.blocks.primitives import Message, View
from bot.models import (
    Choice,
    Emails,
    Found,
    FullName,
    Kind,
    Link,
    Links,
    Listing,
    Money,
    Phone,
    Phones,
    Record,
    RecordCard,
    Ref,
    Refs,
    UserId,
    Value,
    Viewer,
    When,
)

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
ANA, BEN = UserId("U0ANA0001"), UserId("U0BEN0001")
VIEWER = Viewer(ANA, "Europe/Berlin", "ana@acme.example", "Ana")
TZ = VIEWER.timezone
URL = "https://acme.twenty.com/object/company/00000000-0000-4000-8000-000000000001"

Words = Callable[[str], str]
"""Gives the text of a sample: itself when believable, something hostile in a property test."""


def an_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def record(kind: Kind, number: int, name: str, values: dict[str, Value]) -> Record:
    return Record(
        kind=kind,
        id=an_id(number),
        name=name,
        values=values,
        created_at=NOW - timedelta(days=9),
        updated_at=NOW - timedelta(days=2),
        created_by="Ana Lima",
    )


class Samples:
    """One of everything; `words` may replace every text that comes from people or from the CRM."""

    def __init__(self, words: Words = str) -> None:
        self.ana = Ref(Kind.MEMBER, an_id(90), words("Ana Lima"))
        self.acme_ref = Ref(Kind.COMPANY, an_id(1), words("Acme Inc"))
        self.ada_ref = Ref(Kind.PERSON, an_id(2), words("Ada Lovelace"))
        self.company = record(
            Kind.COMPANY,
            1,
            words("Acme Inc"),
            {
                "name": words("Acme Inc"),
                "domain": Links(Link("https://acme.example", words("Acme")), (Link("https://acme.example/shop"),)),
                "owner": self.ana,
                "city": words("Paris"),
                "employees": 1200,
                "revenue": Money(12_500_000_500_000, "EUR"),
                "ideal": True,
                "linkedin": None,
            },
        )
        self.person = record(
            Kind.PERSON,
            2,
            words("Ada Lovelace"),
            {
                "name": FullName(words("Ada"), words("Lovelace")),
                "email": Emails(words("ada@acme.example"), (words("countess@acme.example"),)),
                "phone": Phones(Phone("5550100", "US", "+1"), (Phone("5550199", "US", "+1"),)),
                "company": self.acme_ref,
                "job_title": words("Analyst"),
                "linkedin": Links(),
            },
        )
        self.deal = record(
            Kind.DEAL,
            3,
            words("Acme renewal"),
            {
                "name": words("Acme renewal"),
                "amount": Money(12_500_000_000, "EUR"),
                "stage": Choice("IN_PROGRESS"),
                "close_date": When(datetime(2026, 5, 3, 12, tzinfo=UTC), all_day=True),
                "company": self.acme_ref,
                "contact": self.ada_ref,
                "owner": self.ana,
            },
        )
        self.note = record(
            Kind.NOTE,
            4,
            words("Call with Ada"),
            {
                "title": words("Call with Ada"),
                "text": words("She wants the *renewal* by May."),
                "records": Refs((self.acme_ref, self.ada_ref)),
            },
        )
        self.task = self.a_task(5, words("Send the offer"), NOW - timedelta(days=1), words)
        self.tasks = (
            self.task,
            self.a_task(6, words("Call back"), NOW + timedelta(hours=5), words),
            self.a_task(7, words("Prepare the demo"), NOW + timedelta(days=5), words),
            self.a_task(8, words("Sort the cards"), None, words),
        )
        self.member = record(Kind.MEMBER, 90, words("Ana Lima"), {"email": words("ana@acme.example"), "timezone": TZ})

    def a_task(self, number: int, title: str, due: datetime | None, words: Words) -> Record:
        values: dict[str, Value] = {
            "title": title,
            "text": words("With the new prices."),
            "due": When(due) if due else None,
            "assignee": self.ana,
            "status": Choice("TODO"),
            "records": Refs((self.acme_ref,)),
        }
        return record(Kind.TASK, number, title, values)

    @property
    def all(self) -> tuple[Record, ...]:
        return (self.company, self.person, self.deal, self.note, self.task, self.member)


def messages(words: Words = str) -> dict[str, Message]:
    """Every message the bot can send, by name."""
    samples = Samples(words)
    return {**_records(samples, words), **_lists(samples, words), **_problems(words)}


def views(words: Words = str) -> dict[str, View]:
    """Every view the bot can open, by name."""
    what = problems.Problem(words("The CRM has no such stage."), words("Valid are: New, Won."), "ab12cd34")
    return {"problem view": problems.problem_view(what)}


def _records(samples: Samples, words: Words) -> dict[str, Message]:
    full = RecordCard(
        record=samples.company,
        people=(samples.person,) * 5,
        deals=(samples.deal,),
        notes=(samples.note,) * 2,
        tasks=samples.tasks,
        url=URL,
        missing=(words("The CRM did not answer for notes."),),
    )
    return {
        **{f"card {each.kind}": records.card(RecordCard(record=each, url=URL), VIEWER) for each in samples.all},
        "card full": records.card(full, VIEWER),
        "card shared": records.card(full, VIEWER, shared_by=ANA),
        "card unshared": records.unshared(ANA),
    }


def _lists(samples: Samples, words: Words) -> dict[str, Message]:
    by_kind = {
        Kind.COMPANY: (samples.company,) * 5,
        Kind.PERSON: (samples.person,) * 2,
        Kind.DEAL: (samples.deal,),
    }
    two = (samples.company, samples.person)
    deals = Listing(
        title="Open deals",
        kind=Kind.DEAL,
        records=(samples.deal,) * 10,
        page=2,
        total=41,
        has_previous=True,
        has_next=True,
        token="page-token",
        remark=words("Only the first 200 were looked at."),
    )
    tasks = Listing(title="My open tasks", kind=Kind.TASK, records=samples.tasks, total=4)
    none = Listing(title=words("Companies with “zzz”"), kind=Kind.COMPANY, records=())
    return {
        "found": lists.found(Found(words=words("ac"), records=by_kind, totals={Kind.COMPANY: 12}), VIEWER),
        "found nothing": lists.found(Found(words=words("hlep"), records={}, totals={}), VIEWER, nearest="/crm help"),
        "list deals": lists.listing(deals, VIEWER, NOW, totals=(Money(99_000_000_000, "EUR"), Money(5_000_000, "USD"))),
        "list tasks": lists.listing(tasks, VIEWER, NOW),
        "list none": lists.listing(none, VIEWER, NOW),
        "which one": lists.which_one("Which one?", two * 7, VIEWER, action_id=ids.RECORD_EDIT, verb="Edit"),
    }


def _problems(words: Words) -> dict[str, Message]:
    return {
        "problem": problems.problem(problems.Problem(words("Which stage is that?"), hint=words("Try stage:meeting"))),
        "problem with reference": problems.problem(problems.Problem("Something broke.", reference="ab12cd34")),
    }
