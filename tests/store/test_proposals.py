"""A proposal's life, on both databases."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest
from databases import life_of

from bot.changes import Change, FieldChange, LinkChange, Moved, Verb, rebased, seal
from bot.models import Kind, Record, Ref
from bot.proposal import Outcome, Proposal, State, What
from bot.store import Store

Make = Callable[..., Proposal]
LEASE = timedelta(seconds=20)


async def claim(
    store: Store, proposal: Proposal, now: datetime, *, owner: str = "one", by: str = "U2"
) -> Proposal | None:
    return await store.proposals.claim(
        proposal.team_id, proposal.id, proposal.seal, by=by, owner=owner, now=now, lease=LEASE
    )


async def told(store: Store, proposal: Proposal) -> list[What]:
    return [event.what for event in await life_of(store, proposal)]


async def test_comes_back_as_it_was_stored(store: Store, a_proposal: Make):
    """A stored proposal is read back without loss."""
    proposal = a_proposal(thread_ts="1.2", channel="C9", proposer_name="Ana")
    await store.proposals.propose(proposal)

    assert await store.proposals.proposal("T1", proposal.id) == proposal


async def test_is_hidden_from_every_other_team(store: Store, a_proposal: Make, now: datetime):
    """Another team can neither read, claim nor cancel a proposal, although it knows its id and seal."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)

    assert await store.proposals.proposal("T2", proposal.id) is None
    assert await claim(store, msgspec.structs.replace(proposal, team_id="T2"), now) is None
    assert await store.proposals.cancel("T2", proposal.id, "U9", now) is None
    assert (await store.proposals.proposal("T1", proposal.id)).state is State.PENDING


async def test_only_one_of_many_clicks_claims(store: Store, a_proposal: Make, now: datetime):
    """Of forty simultaneous claims on each of five proposals exactly one succeeds, and history says so once."""
    proposals = [a_proposal() for _ in range(5)]
    for proposal in proposals:
        await store.proposals.propose(proposal)

    claims = await asyncio.gather(
        *(claim(store, proposal, now, owner=f"o{n}", by=f"U{n}") for n in range(40) for proposal in proposals)
    )

    claimed = [each for each in claims if each]
    assert sorted(each.id for each in claimed) == sorted(each.id for each in proposals)
    for each in claimed:
        assert each.state is State.EXECUTING
        assert each.lease_owner == "o" + each.decided_by[1:]
        assert await told(store, each) == [What.PROPOSED, What.CONFIRMED]


async def test_claims_only_what_the_card_showed(store: Store, a_proposal: Make, now: datetime):
    """A click on a card that showed another change, or after the proposal's time, claims nothing."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)

    assert await claim(store, msgspec.structs.replace(proposal, seal="another"), now) is None
    assert await claim(store, proposal, proposal.expires_at) is None
    assert await claim(store, proposal, proposal.expires_at - timedelta(milliseconds=1)) is not None


@pytest.mark.parametrize("state", [State.DONE, State.FAILED])
async def test_ends_once_and_by_its_owner(store: Store, a_proposal: Make, now: datetime, state: State):
    """Only the lease's owner ends an execution, only once, and the outcome is kept with the proposal and in history."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)
    await claim(store, proposal, now)
    outcome = Outcome(
        sentence="As you wished.", record=Ref(Kind.NOTE, "n1", "Call"), where="there", after={"title": "Call"}
    )

    assert await store.proposals.finish(proposal.id, "two", state, outcome, now) is None
    ended, shown = await store.proposals.finish(proposal.id, "one", state, outcome, now)
    assert await store.proposals.finish(proposal.id, "one", state, outcome, now) is None

    assert ended.state is state
    assert ended.outcome == outcome
    assert ended.turn == proposal.turn + 1
    assert shown == ()
    last = (await life_of(store, proposal))[-1]
    assert (last.what, last.outcome, last.record.id) == (What(state.value), outcome, "n1")


async def test_an_execution_ends_as_done_or_failed_only(store: Store, now: datetime):
    """Finishing as anything else is a programming error, not a state."""
    with pytest.raises(ValueError, match="does not end as pending"):
        await store.proposals.finish("x", "one", State.PENDING, Outcome(), now)


async def test_release_makes_confirm_work_again(store: Store, a_proposal: Make, now: datetime):
    """A release puts the proposal back as if nobody had clicked, and says why."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)
    await claim(store, proposal, now)

    assert await store.proposals.release(proposal.id, "two", "Busy.", now) is None
    released = await store.proposals.release(proposal.id, "one", "Busy.", now)

    assert (released.state, released.decided_by, released.attempts) == (State.PENDING, None, 0)
    assert released.outcome == Outcome(sentence="Busy.")
    assert (await claim(store, proposal, now)).attempts == 1


async def test_rebase_asks_again_with_a_new_seal(store: Store, a_proposal: Make, now: datetime):
    """After a rebase only the new card's seal claims, and the card can say what moved."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)
    await claim(store, proposal, now)
    change = rebased(proposal.change, Record(kind=Kind.NOTE, id="n1", name="Call", values={"title": "Other"}))
    moved = (Moved("title", None, "Other", "Call with Ada"),)

    again = await store.proposals.rebase(proposal.id, "one", change, moved, now)

    assert (again.state, again.revision, again.change) == (State.PENDING, 2, change)
    assert again.change.fields == (FieldChange("title", "Other", "Call with Ada"),)
    assert again.outcome.moved == moved
    assert again.seal == seal(change)
    assert await claim(store, proposal, now) is None
    assert await claim(store, again, now) is not None
    assert await told(store, proposal) == [What.PROPOSED, What.CONFIRMED, What.STALE, What.CONFIRMED]


async def test_unknown_waits_and_is_taken_up(store: Store, a_proposal: Make, now: datetime):
    """An unknown outcome is taken up when it is due, not earlier, by one; history tells of it once."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)
    await claim(store, proposal, now)
    unknown = await store.proposals.mark_unknown(proposal.id, "one", now + timedelta(seconds=5), now)

    assert unknown.state is State.UNKNOWN
    assert await store.proposals.take_abandoned("two", now, LEASE) == ()
    later = now + timedelta(seconds=5)
    (taken,) = await store.proposals.take_abandoned("two", later, LEASE)
    assert (taken.state, taken.attempts, taken.again, taken.lease_owner) == (State.UNKNOWN, 2, True, "two")
    assert await store.proposals.take_abandoned("three", later, LEASE) == ()
    still = await store.proposals.mark_unknown(proposal.id, "two", later + timedelta(seconds=5), later)
    assert (still.state, still.turn) == (State.UNKNOWN, unknown.turn)
    (taken,) = await store.proposals.take_abandoned("three", later + timedelta(seconds=5), LEASE)
    assert await store.proposals.finish(proposal.id, "three", State.DONE, Outcome(), later) is not None
    assert await told(store, proposal) == [What.PROPOSED, What.CONFIRMED, What.UNKNOWN, What.DONE]


async def test_a_dead_owners_write_is_taken_up_and_its_late_end_ignored(store: Store, a_proposal: Make, now: datetime):
    """When a lease runs out another takes the write over, and the first owner can no longer end it."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)
    await claim(store, proposal, now)

    assert await store.proposals.take_abandoned("two", now + LEASE - timedelta(seconds=1), LEASE) == ()
    (taken,) = await store.proposals.take_abandoned("two", now + LEASE, LEASE)

    assert taken.again
    assert await store.proposals.finish(proposal.id, "one", State.DONE, Outcome(), now) is None
    assert await store.proposals.finish(proposal.id, "two", State.DONE, Outcome(), now) is not None


async def test_renewing_keeps_all_or_some_leases(store: Store, a_proposal: Make, now: datetime):
    """One heartbeat keeps everything an owner holds, or only the ids it still works on."""
    first, second = a_proposal(), a_proposal()
    for proposal in (first, second):
        await store.proposals.propose(proposal)
        await claim(store, proposal, now)
    later = now + timedelta(seconds=15)

    assert await store.proposals.renew("one", later, LEASE) == 2
    assert await store.proposals.take_abandoned("two", now + LEASE, LEASE) == ()
    assert await store.proposals.renew("one", later + LEASE / 2, LEASE, ids=[first.id]) == 1
    (taken,) = await store.proposals.take_abandoned("two", later + LEASE, LEASE)
    assert taken.id == second.id
    assert await store.proposals.renew("two", later, LEASE) == 1


async def test_cancel_is_final(store: Store, a_proposal: Make, now: datetime):
    """A cancelled proposal says by whom, and can be neither confirmed nor cancelled again."""
    proposal = a_proposal()
    await store.proposals.propose(proposal)

    cancelled = await store.proposals.cancel("T1", proposal.id, "U3", now)

    assert (cancelled.state, cancelled.decided_by) == (State.CANCELLED, "U3")
    assert await claim(store, proposal, now) is None
    assert await store.proposals.cancel("T1", proposal.id, "U3", now) is None


async def test_expires_once(store: Store, a_proposal: Make, now: datetime):
    """What is due expires once among many sweeps, in portions; what is executing does not expire."""
    proposals = [a_proposal() for _ in range(5)]
    for proposal in proposals:
        await store.proposals.propose(proposal)
    await claim(store, proposals[0], now)
    late = now + timedelta(hours=24)

    sweeps = [
        await store.proposals.expire_due(late, 3),
        *await asyncio.gather(*(store.proposals.expire_due(late, 3) for _ in range(4))),
    ]

    expired = [each.id for sweep in sweeps for each in sweep]
    assert len(sweeps[0]) == 3
    assert sorted(expired) == sorted(each.id for each in proposals[1:])
    assert await told(store, proposals[1]) == [What.PROPOSED, What.EXPIRED]


def setting(make: Make, to: str, **more: object) -> Proposal:
    """A proposal that a company be called so."""
    fields = (FieldChange("name", "Acme", to),)
    change = Change(verb=Verb.UPDATE, kind=Kind.COMPANY, record_id="r1", name="Acme", fields=fields)
    return make(change=change, **more)


async def test_a_newer_one_supersedes_only_the_pending(store: Store, a_proposal: Make, now: datetime):
    """It names the newer one, and leaves alone what is confirmed, another person's, another field's or record's."""
    domain = Change(
        verb=Verb.UPDATE, kind=Kind.COMPANY, record_id="r1", name="Acme", fields=(FieldChange("domain", "a", "b"),)
    )
    confirmed, old, theirs = (setting(a_proposal, each) for each in ("Acme 1", "Acme 2", "Acme 3"))
    theirs = msgspec.structs.replace(theirs, proposer="U9")
    field, elsewhere = a_proposal(change=domain), a_proposal(record_id="r2")
    await store.proposals.propose(confirmed)
    await claim(store, confirmed, now)
    for proposal in (old, theirs, field, elsewhere):
        assert (await store.proposals.propose(proposal)).replaced == ()

    newer = setting(a_proposal, "Acme 4")
    proposed = await store.proposals.propose(newer)

    (ended,) = proposed.replaced
    assert proposed.stands == newer
    assert (ended.id, ended.state, ended.superseded_by) == (old.id, State.SUPERSEDED, newer.id)
    assert await told(store, old) == [What.PROPOSED, What.SUPERSEDED]
    assert {each.id for each in await store.proposals.open_on("T1", "r1")} == {
        confirmed.id, theirs.id, field.id, newer.id,
    }  # fmt: skip


async def test_ties_are_one_field(store: Store, a_proposal: Make):
    """What a note belongs to is chosen whole, as a field is: confirming the older one, too, would tie it twice."""
    acme = Ref(Kind.COMPANY, "c1", "Acme")
    note = Change(verb=Verb.UPDATE, kind=Kind.NOTE, record_id="n1", name="Call", links=(LinkChange("l1", acme),))
    title = msgspec.structs.replace(note, links=(), fields=(FieldChange("title", "Call", "Talk"),))
    more = msgspec.structs.replace(note, links=(LinkChange("l2", acme), LinkChange("l3", Ref(Kind.DEAL, "d1"))))
    older, other = a_proposal(change=note), a_proposal(change=title)
    for proposal in (older, other):
        assert (await store.proposals.propose(proposal)).replaced == ()

    (ended,) = (await store.proposals.propose(a_proposal(change=more))).replaced

    assert ended.id == older.id


async def test_what_is_proposed_twice_at_once_stands_once(store: Store, a_proposal: Make, now: datetime):
    """Of many clicks on one button, in whatever order they arrive, one makes a proposal and all get that one."""
    for to in ("Acme 1", "Acme 2", "Acme 3"):
        clicks = await asyncio.gather(*(store.proposals.propose(setting(a_proposal, to)) for _ in range(8)))

        (stands,) = {each.stands.id for each in clicks}
        assert [each.id for each in await store.proposals.open_on("T1", "r1")] == [stands]


async def test_of_many_different_ones_at_once_the_last_stands(store: Store, a_proposal: Make, now: datetime):
    """Whoever comes last replaces the one before; never do two replace each other."""
    await asyncio.gather(*(store.proposals.propose(setting(a_proposal, f"Acme {n}")) for n in range(12)))

    assert len(await store.proposals.open_on("T1", "r1")) == 1


async def test_a_form_makes_one_proposal_however_often_it_arrives(store: Store, a_proposal: Make, now: datetime):
    """Also when the first is over: a create's id is its form's, and nothing else is ever made under it."""
    first = a_proposal(record_id="r1")
    await store.proposals.propose(first)
    again = await asyncio.gather(*(store.proposals.propose(a_proposal(record_id="r1")) for _ in range(4)))
    assert {each.stands.id for each in again} == {first.id}

    await claim(store, first, now)
    await store.proposals.finish(first.id, "one", State.DONE, Outcome(), now)

    assert (await store.proposals.propose(a_proposal(record_id="r1"))).stands.state is State.DONE
    elsewhere = a_proposal(record_id="r1", team_id="T2")
    assert (await store.proposals.propose(elsewhere)).stands == elsewhere


async def test_two_people_who_undo_at_once_have_one_undo(store: Store, a_proposal: Make, now: datetime):
    """It is the first's; once that is cancelled, another may be made."""
    undos = [a_proposal(record_id="r1", undo_of="p1", proposer=f"U{n}") for n in range(6)]
    (stands,) = {each.stands.id for each in await asyncio.gather(*map(store.proposals.propose, undos))}

    await store.proposals.cancel("T1", stands, "U1", now)

    later = a_proposal(record_id="r1", undo_of="p1")
    assert (await store.proposals.propose(later)).stands == later


async def test_the_same_again_is_new_once_the_first_is_over(store: Store, a_proposal: Make, now: datetime):
    """Neither what has expired nor what was cancelled, nor another person's, answers a proposal."""
    expired = setting(a_proposal, "Acme 1", expires_at=now)
    cancelled = setting(a_proposal, "Acme 2")
    theirs = setting(a_proposal, "Acme 3", proposer="U9")
    for proposal in (expired, cancelled, theirs):
        await store.proposals.propose(proposal)
    await store.proposals.cancel("T1", cancelled.id, "U1", now)

    for to in ("Acme 1", "Acme 2", "Acme 3"):
        newer = setting(a_proposal, to)
        assert (await store.proposals.propose(newer)).stands == newer


async def test_an_undo_that_is_done_marks_what_it_took_back(store: Store, a_proposal: Make, now: datetime):
    """In the same moment: by whom and when, with what it knew before, and its cards are due."""
    first = a_proposal()
    await store.proposals.propose(first)
    await claim(store, first, now)
    await store.proposals.finish(first.id, "one", State.DONE, Outcome(remarks=("as it was",)), now)
    undo = a_proposal(undo_of=first.id)
    await store.proposals.propose(undo)
    await claim(store, undo, now, by="U7")
    assert await store.proposals.finish(undo.id, "another", State.DONE, Outcome(), now, undoes=first.id) is None
    assert not (await store.proposals.proposal("T1", first.id)).is_taken_back

    ended = await store.proposals.finish(undo.id, "one", State.DONE, Outcome(), now, undoes=first.id)

    undone = await store.proposals.proposal("T1", first.id)
    assert ended
    assert ended[0].state is State.DONE
    assert undone.outcome == Outcome(remarks=("as it was",), undone_by="U7", undone_at=now)
    assert undone.turn == 3


async def test_voiding_ends_one_teams_pending(store: Store, a_proposal: Make, now: datetime):
    """A team that leaves its CRM ends everything pending, with the reason, and nothing of another team."""
    await store.connections.bind("T1", "c1", by="U1", crm_name="CRM", now=now)
    mine, theirs = a_proposal(), a_proposal(team_id="T2")
    for proposal in (mine, theirs):
        await store.proposals.propose(proposal)

    (voided,) = (await store.connections.unbind("T1", now)).voided

    assert (voided.id, voided.state) == (mine.id, State.CANCELLED)
    assert "disconnected from its CRM" in voided.outcome.sentence
    assert (await store.proposals.proposal("T2", theirs.id)).state is State.PENDING


async def test_finds_what_is_open(store: Store, a_proposal: Make, now: datetime):
    """Open proposals are found by person, record, kind, message and what they undo, newest first."""
    first = a_proposal(record_id="r1", undo_of="done-1")
    second = a_proposal(record_id="r3", created_at=now + timedelta(seconds=1))
    other = a_proposal(proposer="U9", record_id="r2", team_id="T2")
    for proposal in (first, second, other):
        await store.proposals.propose(proposal)
    ids = [second.id, first.id]

    assert [each.id for each in await store.proposals.open_of("T1", "U1")] == ids
    assert [each.id for each in await store.proposals.open_of("T1", "U1", limit=1)] == ids[:1]
    assert [each.id for each in await store.proposals.pending_of_others("T1", "U2", now, limit=9)] == ids
    assert [each.id for each in await store.proposals.pending_of_others("T1", "U2", now, limit=1)] == ids[:1]
    assert await store.proposals.pending_of_others("T1", "U1", now, limit=9) == ()
    assert await store.proposals.pending_of_others("T1", "U2", now + timedelta(days=2), limit=9) == ()
    assert [each.id for each in await store.proposals.open_on("T1", "r1")] == [first.id]
    assert [each.id for each in await store.proposals.open_creates("T1", Kind.NOTE)] == ids
    assert [each.id for each in await store.proposals.saved_from("T1", "C1", "1700000000.000100")] == ids
    assert [each.id for each in await store.proposals.undos_of("T1", "done-1")] == [first.id]
    assert await store.proposals.open_counts() == {State.PENDING: 3}

    await store.proposals.cancel("T1", second.id, "U1", now)
    assert await store.proposals.open_on("T1", "r3") == ()
    assert [each.id for each in await store.proposals.saved_from("T1", "C1", "1700000000.000100")] == ids[1:]
