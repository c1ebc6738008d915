"""Requests leave as fast as the limits allow, in fair turns, and no wait goes unseen."""

import asyncio

import pytest

from bot.crm.pace import Bucket, Pacer, Urgency
from bot.errors import RateLimited


def grants(bucket: Bucket, moments: list[float]) -> list[bool]:
    """Whether a request may go at each of the moments; one that may, goes."""
    answers = []
    for now in moments:
        free = bucket.ready_at(now) <= now
        if free:
            bucket.take(now)
        answers.append(free)
    return answers


def test_a_burst_up_to_the_bucket_is_not_delayed() -> None:
    """A hundred at once, and not one more."""
    assert grants(Bucket(size=100, window=60), [0.0] * 101) == [True] * 100 + [False]


def test_requests_closer_than_a_token_apart_add_nothing() -> None:
    """The server's quirk: two a second drain the bucket as if it were never refilled."""
    answers = grants(Bucket(size=100, window=60), [n * 0.5 for n in range(130)])

    assert all(answers[:100])
    assert 12 <= answers[100:].count(False) <= 16


def test_an_empty_bucket_says_when_to_come_back() -> None:
    """One token's time after the last grant, and a little."""
    bucket = Bucket(size=100, window=60)
    for _ in range(100):
        bucket.take(10.0)
    assert 10.6 <= bucket.ready_at(10.0) < 10.63


def test_a_refusal_by_the_server_closes_the_bucket() -> None:
    """The server knows better: other processes may share its bucket."""
    bucket = Bucket(size=100, window=60)
    bucket.close(5.0, 3.0)
    assert bucket.ready_at(5.0) >= 8.0


async def test_a_wait_beyond_patience_is_refused_at_once() -> None:
    """And says after how long it makes sense to come back."""
    pacer = Pacer(per_second=100, per_minute=1)
    await pacer.turn("a", urgency=Urgency.LOOKUP, patience=1)

    with pytest.raises(RateLimited) as raised:
        await asyncio.wait_for(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1), 0.5)
    assert raised.value.retry_after > 50


async def test_a_busy_team_does_not_starve_another() -> None:
    """With two hundred waiting for one connection, another one's request is next but one."""
    pacer = Pacer(per_second=4, per_minute=10_000)
    order: list[str] = []

    async def ask(name: str) -> None:
        await pacer.turn(name, urgency=Urgency.LOOKUP, patience=10)
        order.append(name)

    busy = [asyncio.create_task(ask("busy")) for _ in range(200)]
    await asyncio.sleep(0)
    quiet = asyncio.create_task(ask("quiet"))
    await quiet
    for each in busy:
        each.cancel()
    await asyncio.gather(*busy, return_exceptions=True)

    assert order.index("quiet") <= 5


async def test_a_confirmed_write_overtakes_what_somebody_is_typing() -> None:
    """Writes, then lookups, then suggestions, whatever the order of their coming."""
    pacer = Pacer(per_second=1, per_minute=10_000)
    await pacer.turn("a", urgency=Urgency.LOOKUP, patience=1)
    order: list[Urgency] = []

    async def ask(urgency: Urgency) -> None:
        await pacer.turn("a", urgency=urgency, patience=10)
        order.append(urgency)

    slow = [asyncio.create_task(ask(each)) for each in (Urgency.TYPE_AHEAD, Urgency.WRITE)]
    await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)

    assert order == [Urgency.WRITE]


async def test_who_stops_waiting_leaves_the_line() -> None:
    """A cancelled request takes nobody's turn and no token."""
    pacer = Pacer(per_second=100, per_minute=3, minute=0.3)
    for _ in range(3):
        await pacer.turn("a", urgency=Urgency.LOOKUP, patience=1)
    gone = asyncio.create_task(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    await asyncio.wait_for(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1), 1)
