"""What waits for this person's decision: others' proposals, where the team's policy asks for somebody like them."""

import asyncio
from datetime import datetime

from bot.errors import BotError
from bot.listeners.front import Here
from bot.policy import approvers, refusal
from bot.proposal import Proposal
from bot.store import Store
from bot.team_settings import Approval, TeamSettings
from bot.teams.membership import member_of

LOOKED_THROUGH = 100
"""Of others' newest proposals; with more than that, what is shown is decided first."""

CHECKED_WITHIN = 1.0
"""Seconds that the CRM gets to tell whether this person is its member, where the team asks for that."""


async def awaiting(here: Here, store: Store, now: datetime) -> tuple[Proposal, ...]:
    """Others' pending proposals that this person may decide and may read, newest first.

    What was made from a message is told in that message's channel, and to approvers who got its card anyway: its title
    is a line of that message, and the channel may be private.
    """
    settings = await here.team.settings()
    if all(rule.approval is Approval.SELF for rule in settings.rules):
        return ()
    by = await here.profile()
    pending = await store.proposals.pending_of_others(here.team.id, by.user_id, now, limit=LOOKED_THROUGH)
    pending = tuple(each for each in pending if _may_be_read(each, settings, here))
    if not pending:
        return ()
    try:
        async with asyncio.timeout(CHECKED_WITHIN):
            member = await member_of(here.team, by) if settings.require_members else None
    except (BotError, TimeoutError):
        return ()
    return tuple(each for each in pending if refusal(settings, each, by, member) is None)


def _may_be_read(proposal: Proposal, settings: TeamSettings, here: Here) -> bool:
    is_here = proposal.channel == here.talk.channel
    return is_here or not proposal.source.ts or here.talk.user in approvers(settings, proposal.change)
