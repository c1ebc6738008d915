"""Which CRM member a Slack user is: the one with the same email address, or nobody."""

from bot.models import Profile, Record
from bot.teams.team import Team


def may_be_matched(profile: Profile) -> bool:
    """Whether an email address says who this is: never a guest's, a bot's or a former user's.

    `Profile.email` is empty where the user has not confirmed it to Slack.
    """
    return bool(profile.email) and not (profile.is_guest or profile.is_bot or profile.is_deleted)


async def member_of(team: Team, profile: Profile) -> Record | None:
    """The CRM member whose email equals the Slack user's; None for whoever cannot be matched (product.md section 4)."""
    if not may_be_matched(profile):
        return None
    crm = await team.crm()
    member = await crm.member_by_email(profile.email)
    same = member is not None and str(member.values.get("email") or "").strip().lower() == profile.email
    return member if same else None
