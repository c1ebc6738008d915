"""Sample values, believable or hostile: records, changes, proposals and a CRM that has every field."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.answers import Schema
from bot.changes import Change, FieldChange, LinkChange, Verb
from bot.fields import FIELDS
from bot.models import (
    Choice,
    Emails,
    FullName,
    Kind,
    Link,
    Links,
    Money,
    Phone,
    Phones,
    Record,
    Ref,
    Refs,
    TeamId,
    UserId,
    Value,
    Viewer,
    When,
)
from bot.proposal import Outcome, Proposal, Source, State

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
ANA, BEN = UserId("U0ANA0001"), UserId("U0BEN0001")
VIEWER = Viewer("Europe/Berlin")
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


def a_schema(kind: Kind) -> Schema:
    """A CRM that has every field."""
    choices = {"stage": ("NEW", "IN_PROGRESS", "WON"), "status": ("TODO", "IN_PROGRESS", "DONE")}
    return Schema(kind=kind, fields=FIELDS[kind], choices=choices, takes_links=True)


def changes(words: Words = str) -> dict[str, Change]:
    """One change of each sort."""
    samples = Samples(words)
    ties = (LinkChange(an_id(101), samples.acme_ref), LinkChange(an_id(102), samples.ada_ref))
    old, new = samples.person.values, words("Chief analyst")
    return {
        "note": Change(
            verb=Verb.CREATE,
            kind=Kind.NOTE,
            record_id=an_id(4),
            name=samples.note.name,
            fields=_created(samples.note),
            links=ties,
            text_names_records=True,
        ),
        "deal": Change(
            verb=Verb.CREATE, kind=Kind.DEAL, record_id=an_id(3), name=samples.deal.name, fields=_created(samples.deal)
        ),
        "person": Change(
            verb=Verb.UPDATE,
            kind=Kind.PERSON,
            record_id=an_id(2),
            name=samples.person.name,
            fields=(
                FieldChange("job_title", old["job_title"], new),
                FieldChange("company", samples.acme_ref, Ref(Kind.COMPANY, an_id(9), samples.acme_ref.name)),
                FieldChange("phone", Phones(), old["phone"]),
                FieldChange("linkedin", Links(Link("https://x.example", "A")), Links(Link("https://x.example", "B"))),
            ),
        ),
        "task": Change(
            verb=Verb.UPDATE,
            kind=Kind.TASK,
            record_id=an_id(5),
            name=samples.task.name,
            fields=(
                FieldChange("due", When(NOW), When(NOW + timedelta(days=2))),
                FieldChange("text", words("Old text.\nTwo lines."), words("New text.\n\nThree lines.")),
                FieldChange("records", Refs((samples.acme_ref,)), Refs((samples.ada_ref,))),
            ),
            links=ties[1:],
            unlinks=ties[:1],
        ),
        "company": Change(
            verb=Verb.DELETE,
            kind=Kind.COMPANY,
            record_id=an_id(1),
            name=samples.company.name,
            fields=tuple(FieldChange(key, value, None) for key, value in samples.company.values.items()),
            hangs=tuple(Ref(Kind.NOTE, an_id(200 + n), words(f"Note {n}")) for n in range(23)),
        ),
    }


def a_proposal(change: Change, **given: object) -> Proposal:
    made = Proposal(
        id="opaque-id-1",
        team_id=TeamId("T0ACME001"),
        change=change,
        proposer=ANA,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        source=Source("C0SALES01", "1.2", "https://acme.slack.com/archives/C0SALES01/p12"),
    )
    return replace(made, **given)


def decided(change: Change, state: State, outcome: Outcome | None = None) -> Proposal:
    return a_proposal(change, state=state, decided_by=BEN, decided_at=NOW + timedelta(minutes=3), outcome=outcome)


def _created(record: Record) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(key, None, value) for key, value in record.values.items())
