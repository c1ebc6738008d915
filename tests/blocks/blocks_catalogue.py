"""The catalogue of everything the bot can say, over which all rules run."""

from collections.abc import Sequence

from msgspec.structs import replace

from bot.answers import Workflow
from bot.blocks import forms, help, history, ids, lists, problems, proposal, records
from bot.blocks.primitives import Message, View, leaf, mention, modal
from bot.blocks.sums import Part, Sums
from bot.changes import Moved, Verb
from bot.language.intents import Help
from bot.models import (
    Found,
    Kind,
    Listing,
    Money,
    Record,
    RecordCard,
)
from bot.proposal import Event, Outcome, State, What

from blocks_of_teams import messages_of_teams, views_of_teams  # isort: skip
from blocks_samples import ANA, BEN, NOW, TZ, URL, VIEWER, Samples, Words, a_proposal, a_schema, an_id, changes, decided  # isort: skip


def messages(words: Words = str) -> dict[str, Message]:
    """Every message the bot can send, by name."""
    samples = Samples(words)
    return {
        **_records(samples, words),
        **_lists(samples, words),
        **_problems(words),
        **_proposals(words),
        **_rest(words),
        **messages_of_teams(words),
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
        "look up": _looked_up((RecordCard(record=samples.person), RecordCard(record=samples.company)), more=2),
        "look up nothing": _looked_up(()),
        "look up unread": _looked_up((), remarks=(words("Not shown: company 1. The CRM has no such record."),)),
        "look up unknown": _looked_up(
            (RecordCard(record=samples.person),),
            unknown=((Kind.PERSON, words("ada@x.org")), (Kind.COMPANY, words("x.org"))),
        ),
        "problem view": problems.problem_view(what),
        **views_of_teams(samples, words),
    }


def _totals() -> Sums:
    euros, dollars = Money(99_000_000_000, "EUR"), Money(5_000_000, "USD")
    stages = (Part("Meeting", 3, (euros,)), Part("Proposal", 1, (dollars,)))
    return Sums((euros, dollars), stages, (Part("Ana Silva", 3, (euros, dollars)), Part("Nobody", 1, ())))


def _looked_up(
    cards: Sequence[RecordCard],
    more: int = 0,
    remarks: Sequence[str] = (),
    unknown: Sequence[tuple[Kind, str]] = (),
) -> View:
    blocks = records.several(cards, VIEWER, NOW, remarks=remarks, more=more, unknown=unknown)
    return modal("Look up in CRM", blocks, ids.LOOK_UP_VIEW)


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
        **{f"card {each.kind}": records.card(RecordCard(record=each, url=URL), VIEWER, NOW) for each in samples.all},
        "card full": records.card(full, VIEWER, NOW),
        "card shared": records.card(full, VIEWER, NOW, shared_by=ANA),
        "card unshared": records.unshared(Kind.COMPANY, ANA),
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
    nowhere = Found(words=words("hlep"), records={}, totals={})
    return {
        "found": lists.found(
            Found(words=words("ac"), records=by_kind, totals={Kind.COMPANY: 12}), VIEWER, NOW, command="/crm"
        ),
        "found nothing": lists.found(nowhere, VIEWER, NOW, command="/crm", nearest="help"),
        "found nobody": lists.found(
            Found(words=words("ada@x.org"), records={}, totals={}), VIEWER, NOW, command="/crm", anew=Kind.PERSON
        ),
        "list deals": lists.listing(deals, VIEWER, NOW, totals=_totals()),
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


def _proposals(words: Words) -> dict[str, Message]:
    all_changes, samples = changes(words), Samples(words)
    around = proposal.Around(
        crm_name=words("Acme CRM"),
        timezone=TZ,
        may_decide="To be decided by <@U0BEN0001>.",
        lookalikes=(samples.deal, samples.person),
        waiting=(a_proposal(all_changes["deal"], proposer=BEN),),
    )
    linked = replace(around, url=URL)
    moved = (Moved("job_title", words("Analyst"), words("Clerk"), words("Chief analyst")),)
    said = words("It was written.")
    outcome = Outcome(sentence=said, record=samples.note.ref, where="there", remarks=(words("No ties here."),))
    ends = {
        State.EXECUTING: None,
        State.UNKNOWN: None,
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
        "proposal done": proposal.card(decided(all_changes["note"], State.DONE, outcome), linked),
        "proposal done update": proposal.card(decided(all_changes["person"], State.DONE, outcome), linked),
        "proposal released": proposal.card(
            a_proposal(all_changes["note"], outcome=Outcome(sentence=words("CRM busy.")))
        ),
        "proposal stale": proposal.card(stale, around),
        "proposal trashed": proposal.card(trashed, around),
        "proposal gone": proposal.card(gone, around),
        "proposal undo": proposal.card(undo),
        "proposal of what was deleted here": proposal.gone(a_proposal(all_changes["person"]), trashed, TZ),
        "proposal of what was deleted elsewhere": proposal.gone(a_proposal(all_changes["person"]), None, TZ),
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
    person = decided(changes(words)["person"], State.PENDING)
    events.append(replace(events[0], proposal_id=person.id, verb=Verb.UPDATE, record=person.record))
    around = history.Around(
        touched={person.id: {"job_title", "company", "phone"}}, urls={person.record.id: URL}, ends={note.id: events[2]}
    )
    flows = (
        Workflow(an_id(70), words("Welcome new leads"), ("ACTIVE", "DRAFT")),
        Workflow(an_id(71), words("Old one")),
    )
    return {
        "help": help.table(Help(), command="/crm"),
        "help unknown": help.table(Help(words("hlep"), "help"), command="/crm"),
        "help one": help.table(Help("", "deals [words] [qualifiers]"), command="/crm"),
        "history": history.page("What you proposed and decided", events, timezone=TZ, older="token-2", around=around),
        "history none": history.page("What happened here", (), timezone=TZ),
        "pending none": history.nothing_pending("/crm"),
        "workflows": lists.workflows(flows),
        "workflows none": lists.workflows(()),
    }
