"""What goes on beside a write begins at its time, and ends with it."""

import asyncio

import pytest

from bot.beside import Beside


async def test_what_is_not_due_is_never_begun():
    """A write that ends sooner leaves nothing behind: neither now nor later."""
    begun = []

    async def do() -> None:
        begun.append(1)

    beside = Beside()
    beside.once(0, do)
    beside.every(0, do)
    await beside.over()

    await asyncio.sleep(0)
    assert begun == []


async def test_what_was_begun_is_waited_for():
    """The end waits for what is on its way, even when that fails."""
    started, may_end, ended = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        started.set()
        await may_end.wait()
        ended.append(1)
        raise LookupError

    beside = Beside()
    beside.once(0, slow)
    await started.wait()
    over = asyncio.create_task(beside.over())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(over), 0)
    may_end.set()
    await over
    assert ended == [1]


async def test_what_is_repeated_is_done_until_the_end():
    """Again and again, and not once more when it is over."""
    times, thrice = [], asyncio.Event()

    async def do() -> None:
        times.append(1)
        if len(times) == 3:
            thrice.set()

    beside = Beside()
    beside.every(0, do)
    await thrice.wait()
    await beside.over()
    so_far = len(times)
    await asyncio.sleep(0)
    assert len(times) == so_far
