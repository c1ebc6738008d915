"""Where proposals are shown, and that a sweep brings every card up to date."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.models import UserId
from bot.proposal import CardPlace, Outcome, Proposal, State
from bot.store import Sealing, Store
from bot.team_settings import TeamSettings

Make = Callable[..., Proposal]
GRACE = timedelta(seconds=5)
LEASE = timedelta(seconds=15)
MESSAGE = CardPlace(channel="C1", ts="1.2")


async def proposed(store: Store, proposal: Proposal) -> Proposal:
    await store.proposals.propose(proposal)
    return proposal


async def test_a_card_is_remembered_for_its_team_only(store: Store, a_proposal: Make, now: datetime):
    """A card comes back as it was placed, and to no other team."""
    proposal = await proposed(store, a_proposal())
    place = CardPlace(channel="C1", user="U1", response_url="https://hooks.example/1", valid_until=now + GRACE)

    card = await store.cards.add_card(proposal, place, now)

    assert await store.cards.cards("T1", proposal.id) == (card,)
    assert card.place == place
    assert await store.cards.cards("T2", proposal.id) == ()


async def test_a_proposal_comes_with_its_cards(store: Store, a_proposal: Make, now: datetime):
    """One look brings a proposal, everywhere it is shown, be it nowhere, and its team; another team gets nothing."""
    proposal = await proposed(store, a_proposal())
    assert await store.at_stake("T1", proposal.id) == ((proposal, ()), (None, TeamSettings()))

    await store.connections.bind("T1", "c1", by="U1", crm_name="Acme", now=now)
    chosen = TeamSettings(require_members=True)
    await store.settings.save("T1", chosen, by=UserId("U1"), now=now)
    proposal = await proposed(store, a_proposal())
    cards = {await store.cards.add_card(proposal, MESSAGE, now) for _ in range(2)}

    (found, shown), standing = await store.at_stake("T1", proposal.id)
    assert (found, set(shown)) == (proposal, cards)
    assert standing == (await store.connections.connection("T1"), chosen) == await store.standing("T1")
    assert await store.at_stake("T2", proposal.id) is None


async def test_an_end_comes_with_its_cards(store: Store, a_proposal: Make, now: datetime):
    """Whoever ends an execution gets every card that must tell of it, each with the turn that it shows still."""
    chosen = TeamSettings(require_members=True)
    await store.settings.save("T1", chosen, by=UserId("U1"), now=now)
    proposal = await proposed(store, a_proposal())
    cards = {await store.cards.add_card(proposal, MESSAGE, now) for _ in range(2)}
    await store.cards.add_card(await proposed(store, a_proposal()), MESSAGE, now)
    await store.proposals.claim("T1", proposal.id, proposal.seal, by=UserId("U1"), owner="one", now=now, lease=GRACE)

    ended, shown = await store.proposals.finish(proposal.id, "one", State.DONE, Outcome(record=proposal.record), now)

    assert (ended.state, ended.turn) == (State.DONE, proposal.turn + 1)
    assert set(shown) == cards
    assert (await store.at_stake("T1", proposal.id))[0] == (ended, shown)


async def test_the_last_card_that_shows_a_turn_settles_it(store: Store, a_proposal: Make, now: datetime):
    """While one of two cards is behind, the proposal stays due for it alone; then nothing is due, at once."""
    proposal = await proposed(store, a_proposal())
    first, second = [await store.cards.add_card(proposal, MESSAGE, now) for _ in range(2)]
    cancelled = await store.proposals.cancel("T1", proposal.id, "U1", now)

    async def when_due() -> object:
        due = text("SELECT card_due_at FROM proposals")
        return await store._database.read(lambda connection: connection.execute(due).scalar())

    assert await store.cards.card_shown(first.id, cancelled.turn)
    assert [card.id for card, _ in await store.cards.stale_cards(now + GRACE, LEASE)] == [second.id]
    assert await when_due() is not None
    assert await store.cards.card_shown(second.id, cancelled.turn)
    assert await when_due() is None


async def test_a_card_that_tells_the_truth_is_left_alone(store: Store, a_proposal: Make, now: datetime):
    """Nothing is due while the card shows the proposal as it is."""
    proposal = await proposed(store, a_proposal())
    await store.cards.add_card(proposal, MESSAGE, now)

    assert await store.cards.stale_cards(now + timedelta(hours=1), LEASE) == ()


async def test_a_sweep_rewrites_what_a_dead_process_left(store: Store, a_proposal: Make, now: datetime):
    """After its grace a changed proposal's cards are due, each to one sweep, and again when that one dies too."""
    proposal = await proposed(store, a_proposal())
    cards = {(await store.cards.add_card(proposal, MESSAGE, now)).id for _ in range(3)}
    await store.proposals.cancel("T1", proposal.id, "U1", now)

    assert await store.cards.stale_cards(now, LEASE) == ()
    sweeps = await asyncio.gather(*(store.cards.stale_cards(now + GRACE, LEASE) for _ in range(5)))
    taken = [card.id for sweep in sweeps for card, _ in sweep]
    assert sorted(taken) == sorted(cards)
    assert {shown.state for sweep in sweeps for _, shown in sweep} == {State.CANCELLED}
    again = await store.cards.stale_cards(now + GRACE + LEASE, LEASE)
    assert {(card.id, card.tries) for card, _ in again} == {(id, 2) for id in cards}


async def test_a_clicked_message_outlives_its_response_url(store: Store, a_proposal: Make, now: datetime):
    """The bot rewrites a message of its own without: it is due, not dropped."""
    proposal = await proposed(store, a_proposal())
    clicked = CardPlace(channel="C1", ts="1.2", response_url="https://hooks.example/1", valid_until=now)
    card = await store.cards.add_card(proposal, clicked, now)
    await store.proposals.cancel("T1", proposal.id, "U1", now)

    ((due, _),) = await store.cards.stale_cards(now + GRACE, LEASE)
    assert due.id == card.id


async def test_a_rewritten_card_is_settled(store: Store, a_proposal: Make, now: datetime):
    """Once every card shows the newest turn, or cannot be reached any more, nothing is due."""
    proposal = await proposed(store, a_proposal())
    shown = await store.cards.add_card(proposal, MESSAGE, now)
    gone = await store.cards.add_card(proposal, MESSAGE, now)
    over = CardPlace(user="U1", response_url="https://hooks.example/1", valid_until=now)
    await store.cards.add_card(proposal, over, now)
    cancelled = await store.proposals.cancel("T1", proposal.id, "U1", now)

    await store.cards.card_shown(shown.id, cancelled.turn)
    await store.cards.card_shown(shown.id, cancelled.turn - 1)
    await store.cards.drop_card(gone.id)

    assert await store.cards.stale_cards(now + GRACE, LEASE) == ()
    left = {card.id: card.shown for card in await store.cards.cards("T1", proposal.id)}
    assert left == {shown.id: cancelled.turn}


async def test_a_card_posted_too_late_is_due_at_once(store: Store, a_proposal: Make, now: datetime):
    """A card that shows an older turn when it is placed is rewritten by the next sweep."""
    proposal = await proposed(store, a_proposal())
    await store.proposals.cancel("T1", proposal.id, "U1", now)
    assert await store.cards.stale_cards(now + GRACE, LEASE) == ()

    late = await store.cards.add_card(proposal, MESSAGE, now + GRACE)

    ((card, current),) = await store.cards.stale_cards(now + GRACE, LEASE)
    assert (card.id, current.state) == (late.id, State.CANCELLED)


async def test_an_older_turn_that_arrives_late_is_noticed(store: Store, a_proposal: Make, now: datetime):
    """Whoever showed an older turn after a newer one learns it, so that the newer one can be shown once more."""
    proposal = await proposed(store, a_proposal())
    card = await store.cards.add_card(proposal, MESSAGE, now)

    assert await store.cards.card_shown(card.id, 3)
    assert not await store.cards.card_shown(card.id, 2)


async def test_a_turn_that_is_taken_while_an_older_one_is_shown_stays_due(
    postgresql_url: str, a_proposal: Make, now: datetime
):
    """Two processes at the same moment: one moves the proposal, the other has shown what it was before."""
    store = await Store.open(postgresql_url, Sealing())
    proposal = await proposed(store, a_proposal())
    card = await store.cards.add_card(proposal, MESSAGE, now)
    cancelled = await store.proposals.cancel("T1", proposal.id, "U1", now)
    other = create_async_engine(make_url(postgresql_url).set(drivername="postgresql+asyncpg"))

    async with other.begin() as moving:
        await moving.execute(text("UPDATE proposals SET turn = turn + 1, card_due_at = card_due_at + 1"))
        showing = asyncio.create_task(store.cards.card_shown(card.id, cancelled.turn))
        waits = text("SELECT 1 FROM pg_locks WHERE NOT granted")
        while not (await moving.execute(waits)).all():  # noqa: ASYNC110 -- PostgreSQL announces it to nobody
            await asyncio.sleep(0.01)
    await showing

    assert [card.id for card, _ in await store.cards.stale_cards(now + GRACE * 2, LEASE)] == [card.id]
    await other.dispose()
    await store.close()


async def test_a_card_that_could_not_be_rewritten_waits(store: Store, a_proposal: Make, now: datetime):
    """A postponed card is left alone until its time, and then due again."""
    proposal = await proposed(store, a_proposal())
    card = await store.cards.add_card(proposal, MESSAGE, now)
    await store.proposals.cancel("T1", proposal.id, "U1", now)

    await store.cards.postpone_card(card.id, now + timedelta(minutes=5))

    assert await store.cards.stale_cards(now + timedelta(minutes=4), LEASE) == ()
    assert len(await store.cards.stale_cards(now + timedelta(minutes=5), LEASE)) == 1


async def test_a_response_url_is_not_readable_in_the_database(
    store: Store, a_proposal: Make, now: datetime, database_url
):
    """A place is stored sealed."""
    proposal = await proposed(store, a_proposal())
    place = CardPlace(response_url="https://hooks.example/secret", valid_until=now + GRACE)
    await store.cards.add_card(proposal, place, now)

    rows = await store.cards._database.read(
        lambda connection: connection.exec_driver_sql("SELECT place FROM cards").scalars().all()
    )
    assert rows
    assert "hooks.example" not in str(rows)
