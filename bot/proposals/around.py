"""What stands on a card beside its proposal: others about the same thing, and what a create may double by now."""

from bot.blocks.proposal import Around
from bot.changes import Change, Verb, new_values
from bot.models import Record
from bot.proposal import Proposal
from bot.proposals.in_time import in_time
from bot.store import Store
from bot.teams.team import Team


async def around_of(proposal: Proposal, store: Store, *, lookalikes: tuple[Record, ...] | None) -> Around:
    """What waits for a decision about the same, beside what was looked up in the CRM."""
    change, proposals = proposal.change, store.proposals
    if change.verb is Verb.CREATE:
        creates = await proposals.open_creates(proposal.team_id, change.kind)
        same = [each for each in creates if each.change.name.casefold() == change.name.casefold()]
    else:
        same = list(await proposals.open_on(proposal.team_id, change.record_id))
    waiting = tuple(each for each in same if each.id != proposal.id)
    return Around(lookalikes=lookalikes, waiting=waiting)


async def doubles(change: Change, team: Team) -> tuple[Record, ...] | None:
    """What a create may double by now; None where the CRM does not tell in time. One request."""
    return await in_time(_lookalikes(change, team), None) if change.verb is Verb.CREATE else ()


async def _lookalikes(change: Change, team: Team) -> tuple[Record, ...]:
    return await (await team.crm()).lookalikes(change.kind, new_values(change))
