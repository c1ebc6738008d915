"""`/crm connect`, `status` and `disconnect`: which CRM this workspace talks to, and how that fares."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from bot.blocks import connecting as say
from bot.blocks.connecting import Standing
from bot.blocks.problems import Problem, problem
from bot.crm.connections import Connection
from bot.errors import BotError, CredentialBroken, Misunderstood, Unavailable
from bot.listeners.admins import admin
from bot.listeners.front import Here
from bot.listeners.guard import told
from bot.listeners.payloads import Click, Incoming
from bot.models import ConnectionId, Kind, TeamId, UserId
from bot.proposals.cards import Cards
from bot.slack.talk import UNREACHABLE, Talk, reason
from bot.store import Store
from bot.store.connections import Bound, BoundConnection
from bot.store.passing_connections import PendingConnection
from bot.teams.connecting import Connecting, button_value
from bot.teams.team import Teams

log = logging.getLogger(__name__)

CONNECT = "connect this workspace to a CRM"
DISCONNECT = "disconnect this workspace from its CRM"
LOOKED_WITHIN = 5.0
"""Seconds that `status` gives a CRM to show that it lives."""

TOO_LATE = "Nobody finished at Maton in time, or it failed there, so the link is void. Nothing was changed."
ENDED = "Cancelled. Nothing was connected, and the link is void."


class Connect:
    """The stories of the connection. A look at a connection in the making goes on beside, until it is done."""

    def __init__(
        self,
        *,
        connecting: Connecting,
        cards: Cards,
        store: Store,
        teams: Teams,
        command: str,
        now: Callable[[], datetime],
    ) -> None:
        self._connecting = connecting
        self._cards = cards
        self._store = store
        self._teams = teams
        self._command = command
        self._now = now
        self._watching: dict[TeamId, asyncio.Task[None]] = {}

    # Connecting

    async def connect(self, asked: Incoming, here: Here) -> None:
        """A private way to Maton's page, for an admin; when somebody has been there already, the question at once."""
        await admin(here, CONNECT)
        connection = await self._connecting.begin(here.team.id, here.talk.user)
        if connection.is_active:
            await self._ask(connection.id, here.talk)
            return
        if not connection.connect_url:
            raise Unavailable("Maton gave no link that can be trusted. Tell whoever operates the bot.")
        value = button_value(connection.id)
        await here.talk.privately(say.offer(connection.connect_url, value, crm_name=await here.team.crm_name()))
        self._watch(asked, here)

    async def check(self, click: Click, here: Here) -> None:
        """Check now: the question when it is done, else where it stands."""
        await admin(here, CONNECT)
        if not (pending := await self._in_the_making(click, here)):
            return
        connection = await self._connecting.look(pending)
        if connection is None:
            await here.talk.privately(say.said(TOO_LATE), replace=True)
        elif connection.is_active:
            await self._ask(connection.id, here.talk, replace=True)
        else:
            await here.talk.privately(say.waiting(click.value))

    async def confirm(self, click: Click, here: Here) -> None:
        """Bind it: from now on everybody here looks into this CRM."""
        profile = await admin(here, CONNECT)
        if not (pending := await self._in_the_making(click, here)):
            return
        try:
            name, bound = await self._connecting.bind(pending, profile.user_id)
        except Misunderstood:
            if await self._in_the_making(click, here):
                raise
            return
        self._unwatch(here.team.id)
        done = say.connected(name, voided=len(bound.voided), command=self._command)
        await here.talk.privately(done, replace=True)
        await self._afterwards(bound)

    async def cancel(self, click: Click, here: Here) -> None:
        """Leave everything as it was."""
        await admin(here, CONNECT)
        if not await self._in_the_making(click, here):
            return
        self._unwatch(here.team.id)
        await self._connecting.cancel(here.team.id)
        await here.talk.privately(say.said(ENDED), replace=True)

    async def _in_the_making(self, click: Click, here: Here) -> PendingConnection | None:
        """What the button names; None once that is over, and then how it ended stands in the button's place."""
        try:
            return await self._connecting.in_the_making(here.team.id, click.value)
        except Misunderstood as error:
            over = problem(Problem(str(error), hint=error.hint))
        if await self._is_bound(click, here):
            timezone = (await here.viewer()).timezone
            over = say.connected_since(await self.standing(here), command=self._command, timezone=timezone)
        await here.talk.privately(over, replace=True)
        return None

    async def _notice(self, here: Here) -> None:
        connection = await self._connecting.finished(here.team.id)
        if connection is None:
            if await self._store.connections.connection(here.team.id) is None:
                await here.talk.privately(say.said(TOO_LATE))
            return
        await self._ask_once(here.team.id, connection.id, here.talk)

    async def _ask_once(self, team: TeamId, connection_id: ConnectionId, talk: Talk) -> None:
        """Ask, unless another process that noticed it, too, has asked."""
        meaning = f"ask {connection_id}"
        if await self._store.seen_events.take(team, meaning, self._now()):
            await self._ask(connection_id, talk)
            await self._store.seen_events.finish(team, meaning, self._now())

    async def _ask(self, connection_id: ConnectionId, talk: Talk, *, replace: bool = False) -> None:
        found = await self._connecting.identify(connection_id)
        question = say.question(found, button_value(connection_id), command=self._command)
        await talk.privately(question, replace=replace)

    async def _afterwards(self, bound: Bound) -> None:
        """Say on every card that is void now that it is; what this process does not reach, a sweep does."""
        for proposal in bound.voided:
            await self._cards.rewrite(proposal)
        await self._connecting.delete_doomed()

    # After a restart, and at its end

    async def resume(self) -> None:
        """Ask what nobody has asked, since the process that waited for it has ended."""
        for pending, connection in await self._connecting.left_alone():
            if pending.team_id not in self._watching:
                await self._resume(pending, connection)

    async def _resume(self, pending: PendingConnection, connection: Connection) -> None:
        try:
            team = await self._teams.team(pending.team_id)
            talk = Talk(team.slack, self._teams.wire, user=UserId(pending.requested_by))
            await self._ask_once(team.id, connection.id, talk)
        except (BotError, *UNREACHABLE) as error:
            log.info("a connection was not asked about: %s", reason(error), extra={"team": pending.team_id})

    def _watch(self, asked: Incoming, here: Here) -> None:
        """Not an errand: a stopping process does not wait five minutes for somebody to finish at Maton."""

        async def looking() -> None:
            await told("connect", asked, here.talk, self._notice(here))

        team = here.team.id
        self._unwatch(team)
        task = self._watching[team] = asyncio.create_task(looking())
        task.add_done_callback(lambda _: self._watching.pop(team) if self._watching.get(team) is task else None)

    def _unwatch(self, team: TeamId) -> None:
        if task := self._watching.pop(team, None):
            task.cancel()

    async def stop(self) -> None:
        """Wait for nobody any more; what is in the making is taken up by another process, or after the restart."""
        tasks, self._watching = list(self._watching.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # How it stands, and its end

    async def status(self, here: Here) -> None:
        """Health, last success, and whose fault a failure is; the CRM is asked for a sign of life."""
        standing = await self.standing(here, look=True)
        viewer = await here.viewer()
        await here.talk.privately(say.status(standing, command=self._command, timezone=viewer.timezone))

    async def standing(self, here: Here, *, look: bool = False) -> Standing:
        """How the connection stands by what is written down; with `look`, by what the CRM answers now."""
        is_admin = (await here.profile()).is_admin
        bound = await self._store.connections.connection(here.team.id)
        if bound is None:
            pending = await self._store.pending_connections.pending(here.team.id)
            return Standing(is_bound=False, is_admin=is_admin, is_pending=pending is not None)
        fault = await self._sign_of_life(here) if look else bound.last_error
        return Standing(
            crm_name=bound.crm_name,
            bound_by=bound.bound_by if bound.bound_by[:1] in ("U", "W") else "",
            bound_at=bound.bound_at,
            last_success=self._last_success(bound, lives=look and not fault),
            broken_since=bound.broken_since,
            fault=fault,
            is_admin=is_admin,
        )

    def _last_success(self, bound: BoundConnection, *, lives: bool) -> datetime | None:
        return self._now() if lives else bound.last_success

    async def _sign_of_life(self, here: Here) -> str:
        """Whose fault it is that the CRM does not answer; "" when it does."""
        try:
            async with asyncio.timeout(LOOKED_WITHIN):
                await (await here.team.crm(fresh=True)).count(Kind.COMPANY)
        except CredentialBroken as error:
            return error.whose
        except (BotError, TimeoutError):
            return "unavailable"
        return ""

    async def disconnect(self, here: Here) -> None:
        """Ask an admin whether it should really end."""
        await admin(here, DISCONNECT)
        bound = await self._store.connections.connection(here.team.id)
        if bound is None:
            await here.talk.privately(say.not_connected(command=self._command, is_admin=True))
            return
        await here.talk.privately(say.disconnect_question(bound.crm_name, button_value(bound.connection_id)))

    async def disconnect_confirm(self, click: Click, here: Here) -> None:
        """End it, and delete it at Maton."""
        await admin(here, DISCONNECT)
        if not await self._still_bound(click, here):
            return
        self._unwatch(here.team.id)
        bound = await self._connecting.disconnect(here.team.id)
        await here.talk.privately(say.disconnected(command=self._command), replace=True)
        await self._afterwards(bound)

    async def disconnect_cancel(self, click: Click, here: Here) -> None:
        """Leave it."""
        if await self._still_bound(click, here):
            await here.talk.privately(say.said("Nothing was changed; the CRM stays connected."), replace=True)

    async def _still_bound(self, click: Click, here: Here) -> bool:
        """Whether the connection that the button names is the team's; said in the button's place when it is not."""
        if await self._is_bound(click, here):
            return True
        await here.talk.privately(problem(Problem("This connection was replaced or ended meanwhile.")), replace=True)
        return False

    async def _is_bound(self, click: Click, here: Here) -> bool:
        """Whether the connection that the button names is the team's."""
        present = await self._store.connections.connection(here.team.id)
        return present is not None and button_value(present.connection_id) == click.value
