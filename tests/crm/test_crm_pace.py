"""No limit before a 429, then turns that are fair, urgency first, and no wait unseen."""

import asyncio

import pytest

from bot.crm.limits import ASSUMED_FOR, EVERY, Bucket, Window
from bot.crm.pace import A_TURN, Pacer, Urgency, telling_of_waits
from bot.errors import RateLimited


class Clock:
    """A clock that the test winds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limited(pacer: Pacer, connection_id: str = "", *, seconds: float = 0.0) -> None:
    """Let the pacer see a 429, of this connection or of the account."""
    pacer.refused(connection_id, seconds=seconds, by_account=not connection_id, sent_at=float("-inf"))


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
    bucket.refused(5.0, 3.0, sent_at=4.9)
    assert bucket.ready_at(5.0) >= 8.0


def test_a_window_lets_so_many_through_in_any_second() -> None:
    """Ten, and the eleventh a second after the first."""
    window = Window(most=10, window=1.0)
    for n in range(10):
        assert window.ready_at(n * 0.01) <= n * 0.01
        window.take(n * 0.01)
    assert window.ready_at(0.1) == 1.0


@pytest.mark.parametrize("limit", [Bucket(size=100, window=60), Window(most=10, window=1.0)], ids=["crm", "account"])
def test_a_refusal_in_spite_of_pacing_slows_down_and_calm_speeds_up(limit: Bucket | Window) -> None:
    """Other processes take their share; requests that left before we knew of the limit teach nothing more."""
    limit.refused(0.0, 1.0, sent_at=-0.1)
    limit.refused(0.1, 1.0, sent_at=-0.05)
    assert limit.slowness(0.1) == 1.0
    limit.refused(2.0, 1.0, sent_at=1.9)
    assert limit.slowness(2.0) == 1.5
    assert limit.slowness(2.0 + 3 * EVERY) == 1.0
    assert not limit.is_over(2.0 + ASSUMED_FOR - 1)
    assert limit.is_over(2.0 + ASSUMED_FOR)


async def test_nothing_waits_before_a_429() -> None:
    """A thousand at once, since this account's limits may be any."""
    pacer = Pacer()
    for _ in range(1000):
        await asyncio.wait_for(pacer.turn("a", urgency=Urgency.TYPE_AHEAD, patience=0), 1)


async def test_a_429_of_one_crm_slows_no_other() -> None:
    """Twenty's limit is each workspace's own (maton.md section 4)."""
    pacer = Pacer(clock=Clock())
    limited(pacer, "a", seconds=3.0)

    await pacer.turn("b", urgency=Urgency.TYPE_AHEAD, patience=0)
    with pytest.raises(RateLimited):
        await pacer.turn("a", urgency=Urgency.TYPE_AHEAD, patience=1.0)


async def test_a_limit_is_forgotten_after_minutes_without_a_429() -> None:
    """A plan may have been upgraded, or whoever used the rest may be gone."""
    clock = Clock()
    pacer = Pacer(clock=clock)
    limited(pacer, "a", seconds=30.0)
    limited(pacer, seconds=30.0)

    clock.now += ASSUMED_FOR + 1

    await pacer.turn("a", urgency=Urgency.TYPE_AHEAD, patience=0)


async def test_a_wait_beyond_patience_is_refused_at_once() -> None:
    """And says after how long it makes sense to come back."""
    pacer = Pacer()
    limited(pacer, "a", seconds=55.0)

    with pytest.raises(RateLimited) as raised:
        await asyncio.wait_for(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1), 0.5)
    assert raised.value.retry_after > 50


async def test_a_long_wait_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the CRM's limit learns why, and only who waits inside."""
    monkeypatch.setattr("bot.crm.pace.TOLD_AFTER", 0.01)
    pacer, told = Pacer(), list[str]()
    limited(pacer, "a", seconds=0.1)

    with telling_of_waits(lambda: told.append("waiting")):
        turns = [pacer.turn("a", urgency=Urgency.LOOKUP, patience=3) for _ in range(2)]
        await asyncio.gather(*turns)

    assert told == ["waiting"]


async def test_a_busy_team_does_not_starve_another() -> None:
    """With two hundred waiting for one connection, another one is served after at most one turn of it."""
    pacer = Pacer(per_second=4, per_minute=10_000)
    limited(pacer)
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

    assert order.index("quiet") <= 2 * A_TURN


async def test_a_confirmed_write_overtakes_what_somebody_is_typing() -> None:
    """Writes, then lookups, then suggestions, whatever the order of their coming."""
    pacer = Pacer(per_second=1, per_minute=10_000)
    limited(pacer)
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
    pacer = Pacer(per_minute=3, minute=0.3)
    limited(pacer, "a")
    gone = asyncio.create_task(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    await asyncio.wait_for(pacer.turn("a", urgency=Urgency.LOOKUP, patience=1), 1)
