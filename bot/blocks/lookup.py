"""Look up in CRM: whom and what a message is about, as cards in a modal."""

from collections.abc import Sequence

from bot.blocks import ids, records
from bot.blocks.primitives import Block, View, divider, footnote, modal, section
from bot.models import RecordCard, Viewer

TITLE = "Look up in CRM"
CARDS = 6
"""Cards in one modal: each takes up to 15 of its 100 blocks."""


def looking() -> View:
    """The modal while the CRM is asked."""
    return modal(TITLE, [section("Looking…")], ids.LOOK_UP_VIEW)


def cards(found: Sequence[RecordCard], viewer: Viewer, *, remark: str = "") -> View:
    """The cards of everything that the message names, with their buttons; without any, what would help."""
    if not found:
        return modal(
            TITLE, [section("Nobody and nothing in the CRM is named in this message."), _tip()], ids.LOOK_UP_VIEW
        )
    rest = len(found) - CARDS
    blocks: list[Block | None] = []
    for card in found[:CARDS]:
        blocks += [*records.content(card, viewer.timezone), records.buttons(card), divider()]
    blocks.append(footnote(f"{rest} more are not shown.") if rest > 0 else None)
    blocks.append(footnote(remark) if remark else None)
    return modal(TITLE, blocks, ids.LOOK_UP_VIEW)


def _tip() -> Block:
    return footnote("Its author, emails, web addresses and Twenty links are looked up, and names that the CRM knows.")
