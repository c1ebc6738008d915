"""The owner of confirmed writes: carries them out, outlives the request, and takes up what a dead process left.

Exactly once rests on three things (style.md section 2.7): one conditional write in the store decides who acts, every
step in `applying` is idempotent, and a lease says whose it is. No leader: every process sweeps.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.changes import rebased, seal
from bot.errands import Errands
from bot.errors import BotError, NotFound, OutcomeUnknown, Refused
from bot.metrics import Metrics
from bot.proposals.applying import Application, Applied, Stale
from bot.proposals.cards import Cards
from bot.proposals.model import Outcome, Proposal, State
from bot.store import Store
from bot.teams.team import Teams

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
"""How long a process that stopped answering keeps its writes; renewed every third of it."""

SLOW = 1.5
"""Seconds after which the card says that it is being written."""

LONGEST_PAUSE = timedelta(seconds=20)
"""Between two tries to settle an unknown outcome, so that it is settled within a minute of the CRM answering again."""

SWEEP_EVERY = 1.0  # seconds, give or take a third so that many processes do not sweep in step
AT_ONCE = 20


class Executor:
    """Executes claimed proposals, each in an errand of its own, under leases of this process."""

    def __init__(
        self,
        *,
        store: Store,
        teams: Teams,
        cards: Cards,
        errands: Errands,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self.owner = secrets.token_hex(8)
        self._store = store
        self._teams = teams
        self._cards = cards
        self._errands = errands
        self._metrics = metrics
        self._now = now
        self._executing = 0

    def begin(self, proposal: Proposal, *, again: bool = False) -> asyncio.Task[None]:
        """Start the write of a proposal that this process has claimed."""
        return self._errands.start(self._execute(proposal, again=again))

    async def _execute(self, proposal: Proposal, *, again: bool) -> None:
        self._executing += 1
        try:
            async with asyncio.TaskGroup() as group:
                slow = group.create_task(self._say_when_slow(proposal))
                ended = await self._carry_out(proposal, again=again)
                slow.cancel()
            if ended is not None:
                self._metrics.proposal(ended.state.value)
                await self._cards.rewrite(ended)
        finally:
            self._executing -= 1

    async def _say_when_slow(self, proposal: Proposal) -> None:
        await asyncio.sleep(SLOW)
        await self._cards.rewrite(proposal)

    async def _carry_out(self, proposal: Proposal, *, again: bool) -> Proposal | None:
        """What each ending does to the row: the whole policy in one place. None: the lease was lost to another."""
        store = self._store.proposals
        application: Application | None = None
        try:
            application = await self._application(proposal, again=again)
            applied = await application.run()
        except Stale as stale:
            fresh = rebased(proposal.change, stale.record)
            return await store.rebase(proposal.id, self.owner, fresh, stale.what, self._now())
        except (OutcomeUnknown, asyncio.CancelledError):
            return await self._not_known_yet(proposal)
        except (Refused, NotFound) as error:
            return await store.finish(proposal.id, self.owner, State.FAILED, Outcome(sentence=str(error)), self._now())
        except BotError as error:
            if again or (application is not None and application.wrote):
                return await self._not_known_yet(proposal)
            return await store.release(proposal.id, self.owner, str(error), self._now())
        return await store.finish(proposal.id, self.owner, State.DONE, _done(proposal, applied), self._now())

    async def _application(self, proposal: Proposal, *, again: bool) -> Application:
        if seal(proposal.change) != proposal.seal:
            raise Refused("The stored change is not the one that the card showed, so it was not carried out.")
        team = await self._teams.team(proposal.team_id)
        return Application(proposal.change, await team.crm(fresh=True), again=again)

    async def _not_known_yet(self, proposal: Proposal) -> Proposal | None:
        pause = min(timedelta(seconds=2 ** min(proposal.attempts, 6)), LONGEST_PAUSE)
        return await self._store.proposals.mark_unknown(proposal.id, self.owner, self._now() + pause, self._now())

    async def sweep_forever(self) -> None:
        """Until cancelled: renew our leases, take up what others left, expire, and rewrite cards that lag behind."""
        while True:
            try:
                await self.sweep()
            except Exception:  # the next round tries again: a database that is away must not end the sweeping
                log.exception("a sweep broke")
            await asyncio.sleep(SWEEP_EVERY * random.uniform(0.67, 1.33))  # noqa: S311 - spreads load, guards nothing

    async def sweep(self) -> None:
        """One round; safe in any number of processes at once."""
        proposals, now = self._store.proposals, self._now()
        if self._executing:
            await proposals.renew(self.owner, now, LEASE)
        for proposal in await proposals.take_abandoned(self.owner, now, LEASE, limit=AT_ONCE):
            log.info("taking up a write that was left", extra={"proposal": proposal.id})
            self.begin(proposal, again=True)
        for expired in await proposals.expire_due(now, limit=AT_ONCE):
            self._metrics.proposal(expired.state.value)
            self._errands.start(self._cards.rewrite(expired))
        await self._cards.catch_up(limit=AT_ONCE)


def _done(proposal: Proposal, applied: Applied) -> Outcome:
    record = applied.record.ref if applied.record else proposal.record
    return Outcome(record=record, where=applied.where, after=applied.after(proposal.change), remarks=applied.remarks)
