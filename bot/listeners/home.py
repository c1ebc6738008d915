"""The App Home: published when it is opened, at once, and again when the CRM has answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec.structs import replace
from slack_sdk.errors import SlackApiError

from bot.blocks.home import Home, home
from bot.errors import BotError
from bot.language import commands, intents
from bot.listeners.awaiting import awaiting
from bot.listeners.connect import Connect
from bot.listeners.front import GUEST, Here, home_of
from bot.listeners.payloads import Click, Command, Event
from bot.listeners.resolving import mine
from bot.models import Record
from bot.slack.talk import reason
from bot.store import Store

log = logging.getLogger(__name__)

SHOWN_WITHIN = 1.0
"""Seconds after which Home is shown without the tasks; they follow when the CRM answers."""

TASKS_WITHIN = 10.0
READING = "Your tasks are being read."
UNREAD = "Your tasks could not be read just now; open Home again in a moment."

Tasks = tuple[tuple[Record, ...], int | None]


class AppHome:
    """Publishes Homes; their buttons are commands that need no typing."""

    def __init__(
        self,
        *,
        store: Store,
        connect: Connect,
        ask: Callable[[Command, Here], Awaitable[None]],
        command: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._connect = connect
        self._ask = ask
        self._command = command
        self._now = now

    async def opened(self, event: Event, here: Here) -> None:
        """Show the Home tab; the messages tab needs nothing."""
        if event.event.get("tab", "home") != "home" or not await self._is_at_home(event, here):
            return
        what = await self._known(here)
        if not what.may_use or not what.standing.is_bound:
            await self._publish(what, here)
            return
        reading = asyncio.create_task(self._tasks(here))
        try:
            await self._show(what, reading, here)
        finally:
            reading.cancel()

    async def _is_at_home(self, event: Event, here: Here) -> bool:
        """Whether the person belongs to the team; an outsider is shown nothing of it."""
        return (await here.profile()).team in home_of(event, here)

    async def _show(self, what: Home, reading: "asyncio.Task[Tasks | None]", here: Here) -> None:
        done, _ = await asyncio.wait({reading}, timeout=SHOWN_WITHIN)
        if not done:
            await self._publish(_with(what, remark=READING), here)
        found = await reading
        await self._publish(_with(what, remark=UNREAD) if found is None else _with(what, found), here)

    async def _known(self, here: Here) -> Home:
        """What the store knows; the CRM is waited for no longer than a second, where a right hangs on its members."""
        profile = await here.profile()
        if profile.is_guest:
            standing = await self._connect.standing(here)
            return Home(standing=standing, may_use=False, remark=GUEST, timezone=profile.timezone)
        return Home(
            standing=await self._connect.standing(here),
            pending=await self._store.proposals.open_of(here.team.id, here.talk.user),
            awaiting=await awaiting(here, self._store, self._now()),
            timezone=profile.timezone,
        )

    async def _tasks(self, here: Here) -> Tasks | None:
        """My open tasks, as the command lists them; None when the CRM does not tell."""
        asked = commands.parse("tasks", now=self._now(), timezone=(await here.profile()).timezone)
        if not isinstance(asked, intents.List):
            return None
        try:
            async with asyncio.timeout(TASKS_WITHIN):
                crm = await here.team.crm()
                query = await mine(asked.query, crm, here)
                if query == asked.query:
                    return (), 0  # not a member: no task is mine
                page = await crm.page(query)
        except (BotError, TimeoutError) as error:
            log.info("Home is shown without tasks: %s", type(error).__name__, extra={"team": here.team.id})
            return None
        return page.records, page.total

    async def _publish(self, what: Home, here: Here) -> None:
        try:
            view = home(what, self._now(), command=self._command)
            await here.team.slack.views_publish(user_id=here.talk.user, view=view)
        except SlackApiError as error:
            log.info("a Home was not published: %s", reason(error), extra={"team": here.team.id})

    # Its buttons

    async def pending(self, click: Click, here: Here) -> None:
        """My undecided proposals, and what waits for me, in a direct message."""
        await self._as_command("pending", click, here)

    async def tasks(self, click: Click, here: Here) -> None:
        """All my open tasks, in a direct message."""
        await self._as_command("tasks", click, here)

    async def help(self, click: Click, here: Here) -> None:
        """The table of commands, in a direct message."""
        await self._as_command("help", click, here)

    async def _as_command(self, text: str, click: Click, here: Here) -> None:
        typed = Command(
            team=click.team,
            user=click.user,
            enterprise=click.enterprise,
            trigger_id=click.trigger_id,
            name=self._command,
            text=text,
        )
        await self._ask(typed, here)


def _with(what: Home, found: Tasks | None = None, *, remark: str = "") -> Home:
    tasks, total = found if found else (None, None)
    return replace(what, tasks=tasks, tasks_total=total, remark=remark)
