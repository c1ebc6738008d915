"""Every id by which Slack tells us what was pressed, typed, opened or submitted, and what a button's value means."""

from collections.abc import Collection

from bot.errors import Misunderstood
from bot.models import WRITABLE, Kind, Ref, can_be_id

# Shortcuts (product.md section 8)
SAVE_AS_NOTE = "save_as_note"
CREATE_TASK = "create_task"
LOOK_UP = "look_up"

# Proposals: the value is the proposal's opaque id, for USE_EXISTING with the record's reference after a space
PROPOSAL_CONFIRM = "proposal_confirm"
PROPOSAL_CANCEL = "proposal_cancel"
PROPOSAL_UNDO = "proposal_undo"
PROPOSAL_USE_EXISTING = "proposal_use_existing"
PROPOSAL_SHOW = "proposal_show"
PROPOSAL_AGAIN = "proposal_again"

# Records: the value is `reference(ref)`; for RECORD_DONE in a list `done_value(ref, page)`, for RECORD_MORE the
# option's value is `more_value(what, ref)`, for RECORD_UNSHARE the value is `shared_value(ref, by)`, for RECORD_NEW
# what would be typed behind `new`
RECORD_NEW = "record_new"
RECORD_SHOW = "record_show"
RECORD_HISTORY = "record_history"
RECORD_EDIT = "record_edit"
RECORD_DELETE = "record_delete"
RECORD_ADD_NOTE = "record_add_note"
RECORD_ADD_TASK = "record_add_task"
RECORD_DONE = "record_done"
RECORD_MORE = "record_more"
RECORD_UNSHARE = "record_unshare"
RECORD_OPEN_IN_CRM = "record_open_in_crm"

MORE_DELETE = "delete"
MORE_SHARE = "share"
MORE_HISTORY = "history"
MORE_NOTES = "notes"
MORE_TASKS = "tasks"

# Lists: the value is the page's token; for history the token of its own page
LIST_PREVIOUS = "list_previous"
LIST_NEXT = "list_next"
HISTORY_PREVIOUS = "history_previous"
HISTORY_NEXT = "history_next"

# Connecting: CONNECT_OPEN only leads to Maton's page; the others' value names a pending connection, but is not its id
CONNECT_OPEN = "connect_open"
CONNECT_CONFIRM = "connect_confirm"
CONNECT_CHECK = "connect_check"
CONNECT_CANCEL = "connect_cancel"
DISCONNECT_CONFIRM = "disconnect_confirm"
DISCONNECT_CANCEL = "disconnect_cancel"

# The Home tab and settings
HOME_PENDING = "home_pending"
HOME_TASKS = "home_tasks"
HOME_HELP = "home_help"
SETTINGS_EDIT = "settings_edit"
DRAFT_OPEN = "draft_open"

# Forms: callback ids; the block ids of the inputs are the keys of bot.fields
FORM_CREATE = "form_create"
FORM_EDIT = "form_edit"
FORM_SETTINGS = "form_settings"
LOOK_UP_VIEW = "look_up_view"
MESSAGE_VIEW = "message_view"

# Inputs: action ids. External selects tell by theirs what may be suggested
INPUT = "input"
SUGGEST_COMPANY = "suggest_company"
SUGGEST_PERSON = "suggest_person"
SUGGEST_MEMBER = "suggest_member"
SUGGEST_RECORDS = "suggest_records"
WHOLE_THREAD = "whole_thread"
SUGGESTED = "suggested"


def reference(ref: Ref) -> str:
    """A record as a button's value: its kind and CRM id, no name; every click is checked against the team's own CRM."""
    return ref.kind + ":" + ref.id


def dereference(value: str, kinds: Collection[Kind] = tuple(Kind)) -> Ref:
    """What `reference` wrote, of one of these kinds; `Misunderstood` for anything else: a client can send any value."""
    kind, _, record_id = value.partition(":")
    if kind not in kinds or not can_be_id(record_id):
        raise Misunderstood("This button belongs to an older version of the bot. Run the command again.")
    return Ref(Kind(kind), record_id)


def done_value(ref: Ref, page: str) -> str:
    """The value of Done: the task, and the token of the page of a list in which it stands, if it does."""
    return f"{reference(ref)} {page}".rstrip()


def read_done(value: str) -> tuple[Ref, str]:
    """What `done_value` wrote: the task, and the page's token or ""."""
    task, _, page = value.partition(" ")
    return dereference(task, (Kind.TASK,)), page


def more_value(what: str, ref: Ref) -> str:
    """The value of an option in a card's More menu."""
    return f"{what} {reference(ref)}"


def read_more(value: str) -> tuple[str, Ref]:
    """What `more_value` wrote: one of the `MORE_...` words, and the record."""
    what, _, rest = value.partition(" ")
    return what, dereference(rest, WRITABLE)


def shared_value(ref: Ref, by: str) -> str:
    """The value of Make private again: who shared the card, and the record. Forging it could only hide a card."""
    return f"{by} {reference(ref)}"


def read_shared(value: str) -> tuple[str, Ref]:
    """What `shared_value` wrote: who shared the card, and the record."""
    by, _, rest = value.partition(" ")
    return by, dereference(rest)


def use_existing_value(proposal_id: str, ref: Ref) -> str:
    """The value of a Use existing button."""
    return f"{proposal_id} {reference(ref)}"


def read_use_existing(value: str) -> tuple[str, Ref]:
    """What `use_existing_value` wrote: the proposal's id and the record to use instead."""
    proposal_id, _, rest = value.partition(" ")
    return proposal_id, dereference(rest)
