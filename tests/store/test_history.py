"""History is append-only, paged, and leaves by retention or erasure only."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from databases import life_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.changes import Change, FieldChange, Verb
from bot.models import Kind, Ref
from bot.proposal import Outcome, Proposal, State, What
from bot.store import Store

Make = Callable[..., Proposal]
DAY = timedelta(days=1)


async def test_pages_by_team_record_and_person(store: Store, a_proposal: Make, now: datetime):
    """Each page continues where the last ended, newest first, and shows nothing of another team."""
    ids = []
    for n in range(5):
        fields = (FieldChange(f"field {n}", None, "new"),)
        change = Change(verb=Verb.UPDATE, kind=Kind.NOTE, record_id=f"r{n % 2}", name="Call", fields=fields)
        proposal = a_proposal(change=change, proposer=f"U{n % 2}", created_at=now + n * DAY)
        ids.append(proposal.id)
        await store.proposals.propose(proposal)
    await store.proposals.propose(a_proposal(team_id="T2", record_id="r1", proposer="U1"))

    first = await store.history.of_team("T1", limit=3)
    second = await store.history.of_team("T1", before=first[-1].id, limit=3)
    assert [event.proposal_id for event in first + second] == ids[::-1]
    assert [event.proposal_id for event in await store.history.of_record("T1", "r1")] == [ids[3], ids[1]]
    assert [event.proposal_id for event in await store.history.of_person("T1", "U1")] == [ids[3], ids[1]]


async def test_an_event_says_who_what_when_and_from_where(store: Store, a_proposal: Make, now: datetime):
    """An event names the person, the record, the message and the time."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)

    (event,) = await life_of(store, proposal)

    assert (event.what, event.actor, event.proposer, event.at) == (What.PROPOSED, "U1", "U1", now)
    assert event.record == proposal.record
    assert event.permalink == proposal.source.permalink


async def test_an_end_names_what_the_crm_holds_by_then(store: Store, a_proposal: Make, now: datetime):
    """A confirmed write's end tells the record as the CRM answered it; without an answer, as it was proposed."""
    there = Ref(Kind.PERSON, "0d4f5b0e-0000-4000-8000-000000000009", "Ada King")
    ends = ((State.DONE, Outcome(record=there), there), (State.FAILED, Outcome(sentence="No."), None))
    for state, outcome, record in ends:
        proposal = a_proposal()
        await store.proposals.propose(proposal)
        sealed, lease = proposal.seal, timedelta(seconds=9)
        await store.proposals.claim("T1", proposal.id, sealed, by="U2", owner="one", now=now, lease=lease)
        await store.proposals.finish(proposal.id, "one", state, outcome, now + DAY)

        *_, confirmed, ended = await life_of(store, proposal)

        assert (confirmed.what, confirmed.actor, confirmed.record) == (What.CONFIRMED, "U2", proposal.record)
        assert (ended.what, ended.at, ended.actor) == (What(state.value), now + DAY, "")
        assert (ended.record, ended.outcome) == (record or proposal.record, outcome)
        assert ended.permalink == proposal.source.permalink


CALLED = ("Straße 9", "ÖBB", "Acme  Ltd", "50%_off\\", "Acme Ltd Holding", "日本", "İznik", "ﬁnd", "x" * 300)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("STRASSE  9", "Straße 9"),
        ("straße 9", "Straße 9"),
        ("öbb", "ÖBB"),
        ("acme ltd", "Acme  Ltd"),
        ("50%_OFF\\", "50%_off\\"),
        ("日本", "日本"),
        ("İznik", "İznik"),
        ("FIND", "ﬁnd"),
        ("X" * 300, "x" * 300),
        ("X" * 299, None),
        ("%", None),
        ("Acme", None),
        ("", None),
    ],
)
async def test_records_are_found_by_what_they_were_called(
    store: Store, a_proposal: Make, asked: str, found: str | None
):
    """By the whole name, ignoring case and spaces; nothing in what is asked is a wildcard."""
    for n, name in enumerate(CALLED):
        change = Change(verb=Verb.CREATE, kind=Kind.COMPANY, record_id=f"r{n}", name=name)
        await store.proposals.propose(a_proposal(change=change))

    called = await store.history.records_called("T1", asked)

    assert [each.name for each in called] == ([found] if found else [])
    assert await store.history.records_called("T2", asked) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET actor = 'nobody'",
        "DELETE FROM history",
        "DELETE FROM history WHERE team_id = 'T1'",
    ],
)
async def test_is_not_changed_or_deleted(store: Store, a_proposal: Make, statement: str):
    """The database itself refuses to change or delete a line."""
    await store.proposals.propose(a_proposal())

    with pytest.raises(DBAPIError, match="append-only"):
        await store._database.write(lambda connection: connection.execute(text(statement)).rowcount)
    assert len(await store.history.of_team("T1")) == 1


async def test_retention_takes_the_old_and_the_ended(store: Store, a_proposal: Make, now: datetime):
    """The sweep deletes old history and old ended proposals, and neither what is young nor what is open."""
    old, open_one, young = a_proposal(), a_proposal(), a_proposal(created_at=now + 10 * DAY)
    for proposal in (old, open_one, young):
        await store.proposals.propose(proposal)
    await store.proposals.cancel("T1", old.id, "U1", now)

    assert await store.sweep(now + 15 * DAY, 10 * DAY) == 1 + 3
    assert await store.sweep(now + 15 * DAY, 10 * DAY) == 0

    assert await store.proposals.proposal("T1", old.id) is None
    assert await store.proposals.proposal("T1", open_one.id) == open_one
    assert [event.proposal_id for event in await store.history.of_team("T1")] == [young.id]
