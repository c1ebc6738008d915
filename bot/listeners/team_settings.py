"""`/crm settings`: an admin settles who decides, who may write, where cards go."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.blocks.connecting import said
from bot.blocks.team_settings import read_settings, settings_form
from bot.errors import Unavailable
from bot.listeners.admins import admin
from bot.listeners.front import Here, Taken
from bot.listeners.payloads import Click, Submission
from bot.store import Store
from bot.teams.team import Teams

CHANGE = "change these settings"
ASKED_WITHIN = 2.0
"""Seconds for Slack to tell whether somebody is an admin: a form must be answered within three (slack.md section 1)."""

SAVED = "The CRM settings are saved. They hold from now on, also for proposals that wait for a decision."


class Settling:
    """The settings form, from its opening to what it says when it is saved."""

    def __init__(self, *, store: Store, teams: Teams, now: Callable[[], datetime]) -> None:
        self._store = store
        self._teams = teams
        self._now = now

    async def open(self, here: Here) -> None:
        """The form, filled in with what is settled; everybody but admins is told who may."""
        async with asyncio.timeout(ASKED_WITHIN):  # what opens the form lives three seconds
            await admin(here, CHANGE)
        await here.talk.open(settings_form(await self._store.settings.settings(here.team.id)))

    async def open_clicked(self, _: Click, here: Here) -> None:
        """The same, from the Home tab."""
        await self.open(here)

    async def submit(self, submission: Submission, here: Here) -> Taken:
        """Save it; mistakes stand at their fields."""
        try:
            async with asyncio.timeout(ASKED_WITHIN):
                profile = await admin(here, CHANGE)
        except TimeoutError as error:
            raise Unavailable("Slack does not tell in time whether you are an admin. Submit it once more.") from error
        settled = read_settings(submission.view)
        if settled.errors:
            return Taken(errors=settled.errors)
        await self._store.settings.save(here.team.id, settled.settings, by=profile.user_id, now=self._now())
        self._teams.forget(here.team.id)
        return Taken(work=lambda: here.talk.directly(said(SAVED)))
