"""Clicks and forms that are acknowledged before they are answered: remembered first, whoever dies then.

Slack shows an error for what is not acknowledged, and nothing for what is: from then on it is ours.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.beside import Beside
from bot.errands import Errands
from bot.listeners.payloads import Click, Submission
from bot.store import Store, broke
from bot.store.inbox import UnansweredClick

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
"""How long a process that has stopped answering keeps what it took; one that answers renews it every third of that."""

GIVEN_UP_AFTER = 5
"""Processes that tried to answer: by then it is the click or the form that breaks them, or that none can read."""

Pressed = Click | Submission


class Inbox:
    """What this process has acknowledged and not answered yet, and what dead processes left so."""

    def __init__(self, store: Store, errands: Errands, *, owner: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._errands = errands
        self._owner = owner
        self._now = now
        self._running: set[str] = set()

    async def remember(self, pressed: Pressed, answering: "asyncio.Task[Any]") -> None:
        """Return once it will be answered even if this process dies; forgotten when `answering` has ended."""
        payload = msgspec.json.encode(pressed).decode()
        id = await self._store.inbox.remember_click(
            pressed.team, payload, owner=self._owner, now=self._now(), lease=LEASE
        )
        self._hold(id, answering)

    async def answer_what_was_left(self, answer: "Callable[[Pressed], asyncio.Task[Any]]") -> None:
        """Take up what their process did not answer in time; `answer` begins one."""
        for left in await self._store.inbox.take_unanswered(self._owner, self._now(), lease=LEASE):
            if left.id in self._running:
                continue  # our own, whose lease had lapsed: the process was asleep, and what it began goes on
            if left.tries > GIVEN_UP_AFTER:
                log.error("a click or a form could not be answered", extra={"team": left.team_id})
                await self._store.inbox.forget_click(left.id)
            elif (pressed := _read(left)) is None:
                log.warning("a click or a form is left to a process that can read it", extra={"team": left.team_id})
            else:
                self._hold(left.id, answer(pressed))

    def _hold(self, id: str, answering: "asyncio.Task[Any]") -> None:
        self._running.add(id)
        self._errands.start(self._until_answered(id, answering))

    async def _until_answered(self, id: str, answering: "asyncio.Task[Any]") -> None:
        """Keep the lease until it is answered, then forget it; what broke is left to be tried again."""
        beside = Beside()
        beside.every(LEASE.total_seconds() / 3, lambda: self._keep_lease(id))
        try:
            await asyncio.wait({answering})
            if not answering.cancelled() and answering.exception() is None:
                await self._store.inbox.forget_click(id)
        finally:
            self._running.discard(id)  # not before it is forgotten: a sweep may just be taking it
            await beside.over()

    async def _keep_lease(self, id: str) -> None:
        try:
            await self._store.inbox.renew_click(id, self._owner, self._now(), lease=LEASE)
        except Exception as error:  # the lease may last until the database is back
            broke(log, "the lease of a click or a form could not be renewed", error)


def _read(left: UnansweredClick) -> Pressed | None:
    """None of another version's, or one sealed with a new key: processes that know these may run beside this one."""
    try:
        return None if left.payload is None else msgspec.json.decode(left.payload, type=Pressed)
    except msgspec.ValidationError:
        return None
