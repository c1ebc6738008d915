"""The owner of confirmed writes: carries them out, outlives the request, and takes up what a dead process left.

Exactly once rests on three things (style.md section 2.7): one conditional write in the store decides who acts, every
step in `applying` is idempotent, and a lease says whose it is. No leader: every process sweeps.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import Struct

from bot.beside import Beside
from bot.changes import rebased, seal
from bot.errands import Errands
from bot.errors import BotError, NotConnected, NotFound, OutcomeUnknown, Refused
from bot.metrics import Metrics
from bot.proposal import Outcome, Proposal, Shown, State
from bot.proposals.applying import Application, Applied, Stale
from bot.proposals.cards import Cards
from bot.store import Store, broke
from bot.teams.team import Teams

log = logging.getLogger(__name__)

AT_ONCE = 20
"""What one sweep takes up of each sort."""

NOT_AS_SHOWN = "The stored change is not the one that the card showed, so it was not carried out."
CRM_REPLACED = "The workspace was connected to another CRM meanwhile, so this was not carried out. Propose it again."
CRM_LEFT = (
    "No answer came when this was written, and since then the workspace has left that CRM. "
    "So nobody can tell from here whether it was written; it will not be sent again."
)


class Pace(Struct, frozen=True):
    """How patient the executor is.

    A process that stopped answering keeps its writes for `lease`; each write renews its own every third of it. After
    `slow` the card says that it is being written. `at_once` is for one look right after an answer was lost, which keeps
    "not known yet" off most cards. Between two tries to settle an unknown outcome it waits from twice `first_pause`,
    doubling, up to `longest_pause`: so it is settled within a minute of the CRM answering again.
    """

    lease: timedelta = timedelta(seconds=10)
    slow: float = 1.5
    at_once: float = 5.0
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(seconds=20)
    sweep_every: float = 1.0  # seconds, give or take a third so that many processes do not sweep in step

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after this many attempts."""
        return min(self.first_pause * (1 << min(attempts, 10)), self.longest_pause)


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
        self.pace = Pace()
        self._store = store
        self._teams = teams
        self._cards = cards
        self._errands = errands
        self._metrics = metrics
        self._now = now
        self._running: set[str] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self._chores: list[Callable[[], Awaitable[None]]] = []

    def also(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Do this, too, in every sweep."""
        self._chores.append(chore)

    def begin(self, proposal: Proposal, *, again: bool = False) -> asyncio.Task[None]:
        """Start the write of a proposal that this process has claimed."""
        self._running.add(proposal.id)
        return self._errands.start(self._execute(proposal, again=again))

    async def _execute(self, proposal: Proposal, *, again: bool) -> None:
        beside = Beside()
        beside.once(self.pace.slow, lambda: self._cards.rewrite(proposal, even_if_shown=True))
        # Beside each write, not in the sweep: neither a slow sweep nor a shutdown may let a lease lapse.
        beside.every(self.pace.lease.total_seconds() / 3, lambda: self._keep_lease(proposal.id))
        try:
            ended = await self._carry_out(proposal, again=again)
        finally:
            self._running.discard(proposal.id)
            # A card that is just being told "writing" must not arrive after the one that tells the end.
            await beside.over()
        if ended is not None:
            proposal, cards = ended
            self._metrics.proposal(proposal.state.value)
            await self._cards.ended(proposal, cards)
            await self._show_what_was_taken_back(proposal)

    async def _show_what_was_taken_back(self, undo: Proposal) -> None:
        if undo.undo_of and undo.state is State.DONE:
            undone = await self._store.proposals.proposal(undo.team_id, undo.undo_of)
            if undone is not None:
                await self._cards.refresh(undone)

    async def _keep_lease(self, proposal_id: str) -> None:
        try:
            await self._store.proposals.renew(self.owner, self._now(), self.pace.lease, ids=(proposal_id,))
        except Exception as error:  # the lease may last until the database is back
            broke(log, "a lease could not be renewed", error, proposal=proposal_id)

    async def _carry_out(self, proposal: Proposal, *, again: bool, within: float | None = None) -> Shown | None:
        """What each ending does to the row: the whole policy in one place. None: the lease was lost to another."""
        store = self._store.proposals
        application: Application | None = None
        try:
            async with asyncio.timeout(within):
                application = await self._application(proposal, again=again)
                applied = await application.run()
        except Stale as stale:
            fresh = rebased(proposal.change, stale.record)
            return await self._shown(await store.rebase(proposal.id, self.owner, fresh, stale.what, self._now()))
        except OutcomeUnknown:
            if not again:
                return await self._carry_out(proposal, again=True, within=self.pace.at_once)
            return await self._not_known_yet(proposal)
        except (Refused, NotFound) as error:
            return await self._failed(proposal, str(error))
        except BotError as error:
            if again and isinstance(error, NotConnected):
                return await self._failed(proposal, CRM_LEFT)
            if again or (application is not None and application.wrote):
                return await self._not_known_yet(proposal)
            return await self._shown(await store.release(proposal.id, self.owner, str(error), self._now()))
        except (asyncio.CancelledError, TimeoutError):
            return await self._not_known_yet(proposal)
        except Exception:  # nobody foresaw it, so nobody knows what has left
            log.exception("a write broke", extra={"proposal": proposal.id})
            return await self._not_known_yet(proposal)
        outcome = _done(proposal, applied)
        return await store.finish(proposal.id, self.owner, State.DONE, outcome, self._now(), undoes=proposal.undo_of)

    async def _application(self, proposal: Proposal, *, again: bool) -> Application:
        change = proposal.change
        if seal(change) != proposal.seal:
            raise Refused(NOT_AS_SHOWN)
        team = await self._teams.team(proposal.team_id)
        # The decision asked the store afresh just before its claim, and whoever binds another CRM voids what is pending
        # in the same transaction: so a claim that was had is one for the CRM that the decision saw.
        crm = await team.crm(fresh=again)
        if crm.connection_id != change.connection_id:
            raise Refused(CRM_LEFT if again else CRM_REPLACED)
        return Application(change, crm, again=again)

    async def _failed(self, proposal: Proposal, sentence: str) -> Shown | None:
        outcome = Outcome(sentence=sentence)
        return await self._store.proposals.finish(proposal.id, self.owner, State.FAILED, outcome, self._now())

    async def _not_known_yet(self, proposal: Proposal) -> Shown | None:
        again_at = self._now() + self.pace.pause(proposal.attempts)
        return await self._shown(
            await self._store.proposals.mark_unknown(proposal.id, self.owner, again_at, self._now())
        )

    async def _shown(self, moved: Proposal | None) -> Shown | None:
        if moved is None:
            return None
        return moved, await self._store.cards.cards(moved.team_id, moved.id)

    async def sweep_forever(self) -> None:
        """Until cancelled: take up what others left, expire, and rewrite cards that lag behind."""
        while True:
            try:
                await self.sweep()
            except Exception as error:  # the next round tries again: a database that is away must not end the sweeping
                broke(log, "a sweep broke", error)
            await asyncio.sleep(self.pace.sweep_every * random.uniform(0.67, 1.33))  # noqa: S311 - it only spreads load

    async def sweep(self) -> None:
        """One round; safe in any number of processes at once, and never held up by a slow Slack or CRM."""
        store, lease = self._store.proposals, self.pace.lease
        for proposal in await store.take_abandoned(self.owner, self._now(), lease, limit=AT_ONCE):
            if proposal.id in self._running:
                continue  # our own, whose lease had lapsed: the process was asleep, and what it began goes on
            log.info("taking up a write that was left", extra={"proposal": proposal.id})
            self.begin(proposal, again=True)
        await self.expire()
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._errands.start(self._cards.catch_up(limit=AT_ONCE))
        for chore in self._chores:
            await chore()

    async def expire(self) -> None:
        """End the pending proposals whose time is over, and say so on their cards."""
        for expired in await self._store.proposals.expire_due(self._now(), limit=AT_ONCE):
            self._metrics.proposal(expired.state.value)
            self._errands.start(self._cards.rewrite(expired))


def _done(proposal: Proposal, applied: Applied) -> Outcome:
    record = applied.record.ref if applied.record else proposal.record
    return Outcome(
        record=record,
        where=applied.where,
        after=applied.after(proposal.change),
        remarks=applied.remarks,
        missed=applied.missed,
    )
