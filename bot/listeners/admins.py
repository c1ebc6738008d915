"""What only workspace admins may do: Slack is asked afresh each time, since a right is never given on a guess."""

from bot.errors import NotAllowed
from bot.listeners.front import Here
from bot.models import Profile


async def admin(here: Here, to_do: str) -> Profile:
    """The person, if an admin or owner of this workspace; else `NotAllowed` says who may."""
    profile = await here.team.profile(here.talk.user, fresh=True)
    if not _is_admin(profile):
        raise NotAllowed(f"Only an admin or owner of this workspace can {to_do}.")
    return profile


async def is_admin(here: Here) -> bool:
    """Whether the person is one, where others may do it, too, or have something else instead."""
    return _is_admin(await here.team.profile(here.talk.user, fresh=True))


def _is_admin(profile: Profile) -> bool:
    return profile.is_admin and not (profile.is_guest or profile.is_deleted)
