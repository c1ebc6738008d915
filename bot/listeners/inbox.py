"""Clicks that are acknowledged before they are answered: remembered first, so that they are answered whoever dies.

Slack shows an error for a click that is not acknowledged, and nothing for one that is: from then on it is ours.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from bot.errands import Errands
from bot.listeners.payloads import Click
from bot.store import Store

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a process may take to answer a click before another tries."""

GIVEN_UP_AFTER = 5
"""Processes that tried to answer one click: by then it is the click that breaks them."""


class Inbox:
    """What this process has acknowledged and not answered yet, and what dead processes left so."""

    def __init__(self, store: Store, errands: Errands, *, owner: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._errands = errands
        self._owner = owner
        self._now = now

    async def remember(self, click: Click, answering: "asyncio.Task[None]") -> None:
        """Return once the click will be answered even if this process dies; forgotten when `answering` has ended."""
        payload = msgspec.json.encode(click).decode()
        id = await self._store.inbox.remember_click(
            click.team, payload, owner=self._owner, now=self._now(), lease=LEASE
        )
        self._forget_after(id, answering)

    async def answer_what_was_left(self, answer: "Callable[[Click], asyncio.Task[None]]") -> None:
        """Take up the clicks that their process did not answer in time; `answer` begins one."""
        for left in await self._store.inbox.take_unanswered(self._owner, self._now(), lease=LEASE):
            if left.tries > GIVEN_UP_AFTER:
                log.error("a click could not be answered", extra={"team": left.team_id})
                await self._store.inbox.forget_click(left.id)
                continue
            self._forget_after(left.id, answer(msgspec.json.decode(left.payload, type=Click)))

    def _forget_after(self, id: str, answering: "asyncio.Task[None]") -> None:
        def ended(task: "asyncio.Task[None]") -> None:
            if not task.cancelled() and task.exception() is None:
                self._errands.start(self._store.inbox.forget_click(id))

        answering.add_done_callback(ended)
