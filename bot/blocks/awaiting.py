"""Other people's proposals that wait for the reader's decision, each with the way to its card."""

from collections.abc import Sequence

from bot.blocks import ids
from bot.blocks.primitives import Block, Message, button, footnote, header, message, section
from bot.blocks.proposal import title
from bot.blocks.values import in_words
from bot.language.clipping import clip
from bot.models import When
from bot.proposal import Proposal

SHOWN = 10


def awaiting(proposals: Sequence[Proposal], *, timezone: str) -> Message:
    """One line each, newest first; Show issues the card to the reader."""
    rest = len(proposals) - SHOWN
    more = footnote(f"{rest} more wait. Decide some of these, then ask again.") if rest > 0 else None
    rows = [_row(each, timezone) for each in proposals[:SHOWN]]
    return message([header("Waiting for your decision"), *rows, more])


def _row(proposal: Proposal, timezone: str) -> Block:
    what = clip(title(proposal.change), 200)
    by = clip(proposal.proposer_name, 80) or "somebody"
    expires = in_words(When(proposal.expires_at), timezone)
    show = button("Show", ids.PROPOSAL_SHOW, proposal.id, about=what)
    return section(f"{what}\nProposed by {by}, expires {expires}", show)
