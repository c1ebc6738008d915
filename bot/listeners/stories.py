"""Everything Slack can send us, and who answers it: the bot's table of contents.

A test checks that every action id that any block renders stands here, and every shortcut and command of the manifest.
"""

from msgspec import Struct

from bot.blocks import ids
from bot.listeners.again import Again
from bot.listeners.asking import Asking
from bot.listeners.connect import Connect
from bot.listeners.decide import Decide
from bot.listeners.events import APP_UNINSTALLED, TOKENS_REVOKED, Removal
from bot.listeners.front import Routes
from bot.listeners.history import Past
from bot.listeners.home import AppHome
from bot.listeners.lookup import Lookup
from bot.listeners.mentioned import Mentioned
from bot.listeners.message import FromMessage
from bot.listeners.patience import patiently
from bot.listeners.suggest import Suggest
from bot.listeners.team_settings import Settling
from bot.listeners.write import Write

APP_HOME_OPENED = "app_home_opened"


class Stories(Struct, frozen=True, kw_only=True):
    """One object per story; each method takes a payload as a value and where it plays."""

    asking: Asking
    lookup: Lookup
    message: FromMessage
    mentioned: Mentioned
    write: Write
    decide: Decide
    again: Again
    past: Past
    suggest: Suggest
    connect: Connect
    settling: Settling
    home: AppHome
    removal: Removal

    def routes(self) -> Routes:
        """The routing table."""
        return Routes(
            command=patiently(self.asking.command),
            shortcuts={
                ids.SAVE_AS_NOTE: self.message.save_as_note,
                ids.CREATE_TASK: self.message.create_task,
                ids.LOOK_UP: self.mentioned.look_up,
            },
            clicks={
                ids.PROPOSAL_CONFIRM: self.decide.confirm,
                ids.PROPOSAL_CANCEL: self.decide.cancel,
                ids.PROPOSAL_UNDO: self.decide.undo,
                ids.PROPOSAL_USE_EXISTING: self.decide.use_existing,
                ids.PROPOSAL_SHOW: self.decide.show,
                ids.PROPOSAL_AGAIN: self.again.clicked,
                ids.LIST_NEXT: patiently(self.lookup.turn),
                ids.LIST_PREVIOUS: patiently(self.lookup.turn),
                ids.RECORD_NEW: self.write.new_clicked,
                ids.RECORD_SHOW: patiently(self.lookup.show_clicked),
                ids.RECORD_HISTORY: self.past.clicked,
                ids.RECORD_UNSHARE: self.lookup.unshare,
                ids.RECORD_EDIT: self.write.edit_clicked,
                ids.RECORD_DELETE: patiently(self.write.delete_clicked),
                ids.RECORD_DONE: patiently(self.write.done_clicked),
                ids.RECORD_ADD_NOTE: self.write.add_note,
                ids.RECORD_ADD_TASK: self.write.add_task,
                ids.RECORD_MORE: patiently(self.write.more),
                ids.RECORD_OPEN_IN_CRM: nothing,
                ids.HISTORY_NEXT: self.past.turn,
                ids.HISTORY_PREVIOUS: self.past.turn,
                ids.DRAFT_OPEN: self.write.open_draft,
                ids.CONNECT_OPEN: nothing,
                ids.CONNECT_CHECK: self.connect.check,
                ids.CONNECT_CONFIRM: self.connect.confirm,
                ids.CONNECT_CANCEL: self.connect.cancel,
                ids.DISCONNECT_CONFIRM: self.connect.disconnect_confirm,
                ids.DISCONNECT_CANCEL: self.connect.disconnect_cancel,
                ids.SETTINGS_EDIT: self.settling.open_clicked,
                ids.HOME_PENDING: self.home.pending,
                ids.HOME_TASKS: self.home.tasks,
                ids.HOME_HELP: self.home.help,
            },
            submissions={
                ids.FORM_CREATE: self.write.submit,
                ids.FORM_EDIT: self.write.submit,
                ids.FORM_SETTINGS: self.settling.submit,
            },
            typing={
                ids.SUGGEST_COMPANY: self.suggest.companies,
                ids.SUGGEST_PERSON: self.suggest.people,
                ids.SUGGEST_MEMBER: self.suggest.members,
                ids.SUGGEST_RECORDS: self.suggest.records,
            },
            events={APP_HOME_OPENED: self.home.opened},
            patient=frozenset(
                {ids.PROPOSAL_CONFIRM, ids.PROPOSAL_CANCEL, ids.PROPOSAL_UNDO, ids.PROPOSAL_USE_EXISTING}
            ),
            open_to_all=frozenset({APP_HOME_OPENED}),
            removals={
                APP_UNINSTALLED: self.removal.app_uninstalled,
                TOKENS_REVOKED: self.removal.tokens_revoked,
            },
        )


async def nothing(*_: object) -> None:
    """A link button: Slack opens the page, and tells us only for the record."""
