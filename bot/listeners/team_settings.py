"""`/crm settings`: an admin settles who decides, who may write, where cards go."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from bot.blocks.connecting import said
from bot.blocks.team_settings import APPROVERS, WRITERS, read_settings, settings_form
from bot.errors import Unavailable
from bot.listeners.admins import admin
from bot.listeners.front import Here, Taken, home_of
from bot.listeners.payloads import Click, Submission
from bot.models import Profile
from bot.store import Store
from bot.team_settings import TeamSettings
from bot.teams.team import Teams

CHANGE = "change these settings"
ASKED_WITHIN = 2.0
"""Seconds for Slack to tell whether somebody is an admin: a form must be answered within three (slack.md section 1)."""

NAMES_WITHIN = 0.8
"""Seconds in which Slack is asked who the named people are; after that they are taken as they stand."""

IN_VAIN = "{names}: guests, apps and people of other companies can neither propose nor decide here."

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
        if errors := {**await self._in_vain(settled.settings, submission, here), **settled.errors}:
            return Taken(errors=errors)
        await self._store.settings.save(here.team.id, settled.settings, by=profile.user_id, now=self._now())
        self._teams.forget(here.team.id)
        return Taken(work=lambda: here.talk.directly(said(SAVED)))

    async def _in_vain(self, settings: TeamSettings, submission: Submission, here: Here) -> dict[str, str]:
        """A sentence at each field that names somebody who is never let in, as far as Slack tells in time."""
        approvers = tuple(user for rule in settings.rules for user in rule.users)
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                known = await here.team.profiles([*approvers, *settings.writers])
        except TimeoutError:
            return {}
        # In an organisation people come from any of its workspaces.
        home = None if here.team.identity.enterprise_id else home_of(submission, here)
        strangers = {user: profile.name or "Somebody" for user, profile in known.items() if _is_stranger(profile, home)}
        fields = {APPROVERS: approvers, WRITERS: settings.writers}
        named = {at: [strangers[user] for user in users if user in strangers] for at, users in fields.items()}
        return {at: IN_VAIN.format(names=", ".join(names)) for at, names in named.items() if names}


def _is_stranger(profile: Profile, home: Collection[str] | None) -> bool:
    is_elsewhere = home is not None and profile.team not in home
    return not profile.is_full_member or is_elsewhere
