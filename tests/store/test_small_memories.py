"""What else the bot must remember: settings, pages, records used, events seen, drafts, clicks, begun installs."""

import asyncio
from datetime import datetime, timedelta

import msgspec
import pytest

from bot.changes import Verb
from bot.models import Choice, Kind, Money, Ref
from bot.queries import Condition, Op, Position, Query, Sort
from bot.store import Store
from bot.team_settings import Approval, Effect, Rule, TeamSettings

SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND


async def test_settings_come_back_and_default(store: Store, now: datetime):
    """A team's settings replace the defaults, for that team only."""
    rule = Rule(effect=Effect.DENY, verbs=frozenset({Verb.DELETE}), kinds=frozenset({Kind.DEAL}), users=("U1",))
    other = Rule(min_amount=10_000_000_000, approval=Approval.ANOTHER)
    new = TeamSettings(writers=("U1", "U2"), rules=(rule, other), crm_web_address="https://crm.example", currency="EUR")

    for settings in (TeamSettings(), new):
        await store.settings.save("T1", settings, by="U1", now=now)

    assert await store.settings.settings("T1") == new
    assert await store.settings.settings("T2") == TeamSettings()


async def test_a_page_is_opened_by_its_asker_only(store: Store, now: datetime):
    """A list's token leads the person who asked back to the page, and nobody else anywhere."""
    query = Query(
        kind=Kind.DEAL,
        words="it's",
        conditions=(Condition("amount", Op.GT, (Money(1, "USD"),)), Condition("stage", Op.IN, (Choice("NEW"),))),
        sort=Sort("amount", descending=True),
    )
    position = Position(2, 1, "cursor", ((0, ""), (0, "a")))

    token = await store.listings.keep("T1", "U1", query, position, now)

    found = await store.listings.listing("T1", "U1", token)
    assert (found.query, found.position) == (query, position)
    assert await store.listings.listing("T1", "U2", token) is None
    assert await store.listings.listing("T2", "U1", token) is None


async def test_a_channel_remembers_its_last_records(store: Store, now: datetime):
    """The last used comes first, a record counts once, and a channel keeps twenty."""
    records = [Ref(Kind.PERSON, f"r{n}", f"Person {n}") for n in range(25)]
    for n, record in enumerate(records):
        await store.recent_records.use("T1", "C1", [record], now + n * SECOND)
    await store.recent_records.use("T1", "C1", [records[7]], now + 60 * SECOND)

    recent = await store.recent_records.recent("T1", "C1", limit=100)

    assert recent[:3] == (records[7], records[24], records[23])
    assert len(recent) == 20
    assert await store.recent_records.recent("T2", "C1") == ()
    assert await store.recent_records.recent("T1", "C2") == ()


async def test_an_event_is_handled_once_unless_its_handler_died(store: Store, now: datetime):
    """Of simultaneous deliveries one is handled; a later one is, too, when the first never finished."""
    taken = await asyncio.gather(*(store.seen_events.take("T1", "m", now) for _ in range(8)))
    assert sorted(taken) == [False] * 7 + [True]
    assert await store.seen_events.take("T2", "m", now)
    assert not await store.seen_events.take("T1", "m", now + 29 * SECOND)
    assert await store.seen_events.take("T1", "m", now + 31 * SECOND)

    await store.seen_events.finish("T1", "m", now + 32 * SECOND)
    assert not await store.seen_events.take("T1", "m", now + timedelta(hours=1))


async def test_a_draft_is_its_writers(store: Store, now: datetime):
    """A draft comes back as JSON to the one who wrote it, and to nobody else."""
    id = await store.drafts.keep("T1", "U1", {"title": "Half a note"}, now)

    assert msgspec.json.decode(await store.drafts.draft("T1", "U1", id)) == {"title": "Half a note"}
    assert await store.drafts.draft("T1", "U2", id) is None
    assert await store.drafts.draft("T2", "U1", id) is None
    assert await store.drafts.draft("T1", "U1", "made up") is None


async def test_a_click_is_answered_by_another_when_its_owner_died(store: Store, now: datetime):
    """An unanswered click is handed to one sweep after its lease, an answered one to none."""
    left = await store.inbox.remember_click("T1", '{"response_url": "x"}', owner="one", now=now, lease=LEASE)
    answered = await store.inbox.remember_click("T1", "{}", owner="one", now=now, lease=LEASE)
    await store.inbox.forget_click(answered)

    assert await store.inbox.take_unanswered("two", now + LEASE - SECOND, lease=LEASE) == ()
    sweeps = await asyncio.gather(*(store.inbox.take_unanswered(f"o{n}", now + LEASE, lease=LEASE) for n in range(5)))
    ((click,),) = [sweep for sweep in sweeps if sweep]
    assert (click.id, click.team_id, click.payload, click.tries) == (left, "T1", '{"response_url": "x"}', 1)


async def test_a_click_is_its_owners_for_as_long_as_it_renews(store: Store, now: datetime):
    """Nobody else gets a click whose lease is kept; who has lost it renews nothing."""
    id = await store.inbox.remember_click("T1", "{}", owner="one", now=now, lease=LEASE)
    await store.inbox.renew_click(id, "one", now + 20 * SECOND, lease=LEASE)

    assert await store.inbox.take_unanswered("two", now + 49 * SECOND, lease=LEASE) == ()
    assert len(await store.inbox.take_unanswered("two", now + 50 * SECOND, lease=LEASE)) == 1
    await store.inbox.renew_click(id, "one", now + 70 * SECOND, lease=LEASE)
    assert len(await store.inbox.take_unanswered("three", now + 80 * SECOND, lease=LEASE)) == 1


async def test_an_oauth_state_is_good_once(store: Store, now: datetime):
    """Of simultaneous returns with one state one is let in; none with a made-up or an old state."""
    state, old = await store.oauth_states.issue(now), await store.oauth_states.issue(now)

    consumed = await asyncio.gather(*(store.oauth_states.consume(state, now) for _ in range(8)))

    assert sorted(consumed) == [False] * 7 + [True]
    assert not await store.oauth_states.consume("made up", now)
    assert not await store.oauth_states.consume(old, now + timedelta(minutes=10))


async def test_a_naive_time_is_refused(store: Store, now: datetime):
    """A time without its zone never enters the store."""
    with pytest.raises(Exception, match="naive"):
        await store.oauth_states.issue(now.replace(tzinfo=None))
