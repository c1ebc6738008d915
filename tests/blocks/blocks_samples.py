"""Sample values, believable or hostile, and the catalogue of everything the bot can say about them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.blocks import forms, help, history, ids, lists, problems, proposal, records
from bot.blocks.primitives import Message, View, leaf, mention, modal
from bot.changes import Change, FieldChange, LinkChange, Moved, Verb
from bot.crm.answers import Schema, Workflow
from bot.fields import FIELDS
from bot.language.intents import Help
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
    TeamId,
    UserId,
    Value,
    Viewer,
    When,
)
from bot.proposals.model import Event, Outcome, Proposal, Source, State, What

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
    return {
        **_records(samples, words),
        **_lists(samples, words),
        **_problems(words),
        **_proposals(words),
        **_rest(words),
    }


def views(words: Words = str) -> dict[str, View]:
    """Every view the bot can open, by name."""
    samples = Samples(words)
    what = problems.Problem(words("The CRM has no such stage."), words("Valid are: New, Won."), "ab12cd34")
    note = forms.FormContext(
        verb=Verb.CREATE, kind=Kind.NOTE, permalink="https://acme.slack.com/p1", author=words("U0BEN0001")
    )
    return {
        **{f"form {each.kind}": _edit_form(each) for each in samples.all if each.kind is not Kind.MEMBER},
        **{f"form empty {kind}": _empty_form(kind) for kind in (Kind.PERSON, Kind.DEAL)},
        "form from message": forms.form(
            note,
            a_schema(Kind.NOTE),
            samples.note.values,
            timezone=TZ,
            whole_thread=False,
            remarks=(words("This message was saved before."), [mention(BEN), leaf(words(" has proposed it."))]),
        ),
        "form loading": forms.loading(note),
        "form failed": forms.failed(note, what),
        "look up": _looked_up((RecordCard(record=samples.person), RecordCard(record=samples.company)), more=2),
        "look up nothing": _looked_up(()),
        "problem view": problems.problem_view(what),
    }


def _looked_up(cards: Sequence[RecordCard], more: int = 0) -> View:
    return modal("Look up in CRM", records.several(cards, VIEWER, more=more), ids.LOOK_UP_VIEW)


def a_schema(kind: Kind) -> Schema:
    """A CRM that has every field."""
    choices = {"stage": ("NEW", "IN_PROGRESS", "WON"), "status": ("TODO", "IN_PROGRESS", "DONE")}
    return Schema(kind=kind, fields=FIELDS[kind], choices=choices, takes_links=True)


def _edit_form(record: Record) -> View:
    context = forms.FormContext(
        verb=Verb.UPDATE, kind=record.kind, record_id=record.id, record_name=record.name, channel="C0SALES01"
    )
    return forms.form(context, a_schema(record.kind), record.values, timezone=TZ)


def _empty_form(kind: Kind) -> View:
    return forms.form(forms.FormContext(verb=Verb.CREATE, kind=kind), a_schema(kind), {}, timezone=TZ)


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
        "card unshared": records.unshared(samples.company, ANA),
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
        previous="page-token-1",
        next="page-token-3",
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
        "problem with draft": problems.with_draft(problems.Problem(words("The CRM is busy.")), "draft-id"),
        "aside": problems.aside("The note was already confirmed by <@U0BEN0001>."),
        "problem with reference": problems.problem(problems.Problem("Something broke.", reference="ab12cd34")),
    }


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


def _proposals(words: Words) -> dict[str, Message]:
    all_changes, samples = changes(words), Samples(words)
    around = proposal.Around(
        crm_name=words("Acme CRM"),
        timezone=TZ,
        may_decide=words("Another member than Ana must decide."),
        lookalikes=(samples.deal, samples.person),
        waiting=(a_proposal(all_changes["deal"], proposer=BEN),),
    )
    moved = (Moved("job_title", words("Analyst"), words("Clerk"), words("Chief analyst")),)
    said = words("It was written.")
    outcome = Outcome(sentence=said, record=samples.note.ref, where="there", remarks=(words("No ties here."),), url=URL)
    ends = {
        State.EXECUTING: None,
        State.UNKNOWN: None,
        State.DONE: outcome,
        State.FAILED: Outcome(sentence=words("The CRM has no such stage. Nothing was written.")),
        State.CANCELLED: None,
        State.EXPIRED: None,
        State.SUPERSEDED: None,
    }
    stale = a_proposal(all_changes["person"], revision=2, outcome=Outcome(moved=moved))
    trashed = decided(all_changes["company"], State.DONE, Outcome(where="trash"))
    gone = decided(all_changes["company"], State.DONE, Outcome(where="gone"))
    undo = a_proposal(all_changes["person"], undo_of="earlier-id")
    return {
        **{f"proposal of {name}": proposal.card(a_proposal(each), around) for name, each in all_changes.items()},
        **{f"proposal {end}": proposal.card(decided(all_changes["note"], end, o), around) for end, o in ends.items()},
        "proposal done update": proposal.card(decided(all_changes["person"], State.DONE, outcome), around),
        "proposal released": proposal.card(
            a_proposal(all_changes["note"], outcome=Outcome(sentence=words("CRM busy.")))
        ),
        "proposal stale": proposal.card(stale, around),
        "proposal trashed": proposal.card(trashed, around),
        "proposal gone": proposal.card(gone, around),
        "proposal undo": proposal.card(undo),
    }


def _rest(words: Words) -> dict[str, Message]:
    note = decided(changes(words)["note"], State.DONE)
    events = [
        Event(
            team_id=note.team_id,
            at=NOW,
            what=what,
            actor="" if what in (What.EXPIRED, What.DONE) else BEN,
            proposal_id=note.id,
            verb=Verb.DELETE if what is What.DONE else Verb.CREATE,
            record=note.record,
            proposer=ANA,
            permalink=note.source.permalink,
            outcome=Outcome(sentence=words("Written."), where="trash") if what is What.DONE else None,
        )
        for what in What
    ]
    flows = (
        Workflow(an_id(70), words("Welcome new leads"), ("ACTIVE", "DRAFT")),
        Workflow(an_id(71), words("Old one")),
    )
    return {
        "help": help.table(Help(), command="/crm"),
        "help unknown": help.table(Help(words("hlep"), "help"), command="/crm"),
        "help one": help.table(Help("", "find <words>"), command="/crm"),
        "history": history.page("What you proposed and decided", events, timezone=TZ, older="token-2"),
        "history none": history.page("What happened here", (), timezone=TZ),
        "pending none": history.nothing_pending("/crm"),
        "workflows": lists.workflows(flows),
        "workflows none": lists.workflows(()),
    }
