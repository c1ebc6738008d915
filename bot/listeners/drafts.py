"""What a form was opened on, or what was in it when it could not become a card: nothing typed is ever lost."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.blocks.forms import FormContext
from bot.listeners.front import Here
from bot.models import Record, Value
from bot.store import Store


class Draft(Struct, frozen=True):
    """A form's content: its values, and for an edit the record that it was opened on."""

    context: FormContext
    values: Mapping[str, Value]
    record: Record | None = None
    whole_thread: bool = False


async def kept(draft: Draft, here: Here, store: Store, now: datetime) -> FormContext:
    """The context of a form whose content is in the store, too."""
    draft_id = await store.drafts.keep(here.team.id, here.talk.user, draft, now)
    return replace(draft.context, draft=draft_id)


async def found(draft_id: str, here: Here, store: Store) -> Draft | None:
    """This person's draft; None when there is none, or none any more."""
    data = await store.drafts.draft(here.team.id, here.talk.user, draft_id) if draft_id else None
    return msgspec.json.decode(data, type=Draft) if data else None
