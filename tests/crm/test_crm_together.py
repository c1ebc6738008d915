"""Several questions at once: one answer each, in their order, and nothing goes on when nobody waits any more."""

import asyncio

import pytest

from bot.crm.reading import together
from bot.errors import Unavailable


class Questions:
    """Questions that are answered when `now` is set; it knows which were asked, and which have ended."""

    def __init__(self) -> None:
        self.now = asyncio.Event()
        self.third = asyncio.Event()
        self.asked: list[str] = []
        self.ended: list[str] = []

    async def about(self, what: str) -> str:
        """The question's own words; a refusal for what begins with "no"."""
        self.asked.append(what)
        if len(self.asked) == 3:
            self.third.set()
        try:
            await self.now.wait()
        finally:
            self.ended.append(what)
        if what.startswith("no"):
            raise Unavailable(what)
        return what


@pytest.fixture
def questions() -> Questions:
    """None asked yet."""
    return Questions()


@pytest.mark.parametrize("asked", [(), ("a",), ("a", "b", "c")])
async def test_answers_come_in_the_order_of_the_questions(questions: Questions, asked: tuple[str, ...]) -> None:
    """None, one or several."""
    questions.now.set()
    assert await together(questions.about(each) for each in asked) == list(asked)


@pytest.mark.parametrize("asked", [("no a", "b", "c"), ("a", "no b", "no c"), ("a", "b", "no c")])
async def test_the_first_error_is_raised_when_all_have_ended(questions: Questions, asked: tuple[str, ...]) -> None:
    """Whoever hears of it can rely on nothing being under way."""
    questions.now.set()
    with pytest.raises(Unavailable, match=next(each for each in asked if each.startswith("no"))):
        await together(questions.about(each) for each in asked)
    assert sorted(questions.ended) == sorted(asked)


async def test_all_are_asked_before_any_is_answered(questions: Questions) -> None:
    """They wait beside each other, not one behind the other."""
    waiting = asyncio.create_task(together(questions.about(each) for each in "abc"))
    await questions.third.wait()
    assert questions.asked == ["a", "b", "c"]
    questions.now.set()
    assert await waiting == ["a", "b", "c"]


async def test_who_is_called_off_calls_off_what_was_asked(questions: Questions) -> None:
    """And has waited for the end of it."""
    waiting = asyncio.create_task(together(questions.about(each) for each in "abc"))
    await questions.third.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert sorted(questions.ended) == ["a", "b", "c"]
