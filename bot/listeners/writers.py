"""Who may not write hears it when a form opens, not when it has been filled in.

The words are those in which the proposal would be refused, and the proposal asks again: settings change meanwhile.
"""

from msgspec.structs import replace

from bot.changes import Change, Verb
from bot.errors import BotError, NotAllowed
from bot.listeners.front import Here
from bot.models import Kind
from bot.policy import may_propose
from bot.teams.membership import member_of


async def may_write(here: Here, verb: Verb, kind: Kind | None = None) -> None:
    """`NotAllowed` when this person can propose no such change, whatever a form would hold.

    At most one request to the CRM, and only where the team asks for its members; a CRM that does not answer keeps
    nobody from the form.
    """
    settings = await here.team.settings(fresh=True)
    by = await here.profile()
    try:
        member = await member_of(here.team, by) if settings.require_members else None
    except BotError:
        member, settings = None, replace(settings, require_members=False)  # the proposal asks again
    change = Change(verb=verb, kind=kind, record_id="", name="") if kind else None
    if sentence := may_propose(settings, by, member, change):
        raise NotAllowed(sentence)
