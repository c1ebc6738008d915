"""Everything Slack can send us, and who answers it: the bot's table of contents.

A test checks that every action id that any block renders stands here, and every shortcut and command of the manifest.
"""

from dataclasses import dataclass

from bot.blocks import ids
from bot.listeners.asking import Asking
from bot.listeners.decide import Decide
from bot.listeners.front import Routes
from bot.listeners.lookup import Lookup
from bot.listeners.message import FromMessage
from bot.listeners.suggest import Suggest
from bot.listeners.write import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """One object per story; each method takes a payload as a value and where it plays."""

    asking: Asking
    lookup: Lookup
    message: FromMessage
    write: Write
    decide: Decide
    suggest: Suggest

    def routes(self) -> Routes:
        """The routing table."""
        return Routes(
            command=self.asking.command,
            shortcuts={
                ids.SAVE_AS_NOTE: self.message.save_as_note,
                ids.CREATE_TASK: self.message.create_task,
                ids.LOOK_UP: self.message.look_up,
            },
            clicks={
                ids.PROPOSAL_CONFIRM: self.decide.confirm,
                ids.PROPOSAL_CANCEL: self.decide.cancel,
                ids.PROPOSAL_UNDO: self.decide.undo,
                ids.PROPOSAL_USE_EXISTING: self.decide.use_existing,
                ids.PROPOSAL_SHOW: self.decide.show,
                ids.LIST_NEXT: self.lookup.turn,
                ids.LIST_PREVIOUS: self.lookup.turn,
                ids.RECORD_SHOW: self.lookup.show_clicked,
                ids.RECORD_UNSHARE: self.lookup.unshare,
                ids.RECORD_EDIT: self.write.edit_clicked,
                ids.RECORD_DELETE: self.write.delete_clicked,
                ids.RECORD_DONE: self.write.done_clicked,
                ids.RECORD_ADD_NOTE: self.write.add_note,
                ids.RECORD_ADD_TASK: self.write.add_task,
                ids.RECORD_MORE: self.write.more,
                ids.RECORD_OPEN_IN_CRM: nothing,
                ids.HISTORY_NEXT: self.decide.history_page,
                ids.HISTORY_PREVIOUS: self.decide.history_page,
                ids.DRAFT_OPEN: self.write.open_draft,
            },
            submissions={ids.FORM_CREATE: self.write.submit, ids.FORM_EDIT: self.write.submit},
            typing={
                ids.SUGGEST_COMPANY: self.suggest.companies,
                ids.SUGGEST_PERSON: self.suggest.people,
                ids.SUGGEST_MEMBER: self.suggest.members,
                ids.SUGGEST_RECORDS: self.suggest.records,
            },
            events={},
            patient=frozenset(
                {ids.PROPOSAL_CONFIRM, ids.PROPOSAL_CANCEL, ids.PROPOSAL_UNDO, ids.PROPOSAL_USE_EXISTING}
            ),
        )


async def nothing(*_: object) -> None:
    """A link button: Slack opens the page, and tells us only for the record."""
