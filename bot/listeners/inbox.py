"""Clicks and forms that are acknowledged before they are answered: remembered first, whoever dies then.

Slack shows an error for what is not acknowledged, and nothing for what is: from then on it is ours.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.errands import Errands
from bot.listeners.payloads import Click, Submission
from bot.store import Store

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a process may take to answer before another tries."""

GIVEN_UP_AFTER = 5
"""Processes that tried to answer: by then it is the click or the form that breaks them."""

Pressed = Click | Submission


class Inbox:
    """What this process has acknowledged and not answered yet, and what dead processes left so."""

    def __init__(self, store: Store, errands: Errands, *, owner: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._errands = errands
        self._owner = owner
        self._now = now

    async def remember(self, pressed: Pressed, answering: "asyncio.Task[Any]") -> None:
        """Return once it will be answered even if this process dies; forgotten when `answering` has ended."""
        payload = msgspec.json.encode(pressed).decode()
        id = await self._store.inbox.remember_click(
            pressed.team, payload, owner=self._owner, now=self._now(), lease=LEASE
        )
        self._forget_after(id, answering)

    async def answer_what_was_left(self, answer: "Callable[[Pressed], asyncio.Task[Any]]") -> None:
        """Take up what their process did not answer in time; `answer` begins one."""
        for left in await self._store.inbox.take_unanswered(self._owner, self._now(), lease=LEASE):
            if left.tries > GIVEN_UP_AFTER:
                log.error("a click or a form could not be answered", extra={"team": left.team_id})
                await self._store.inbox.forget_click(left.id)
                continue
            self._forget_after(left.id, answer(msgspec.json.decode(left.payload, type=Pressed)))

    def _forget_after(self, id: str, answering: "asyncio.Task[Any]") -> None:
        def ended(task: "asyncio.Task[Any]") -> None:
            if not task.cancelled() and task.exception() is None:
                self._errands.start(self._store.inbox.forget_click(id))

        answering.add_done_callback(ended)
