"""The card of a proposal: exactly what will change while it waits, exactly what happened once it is decided."""

from msgspec import Struct

from bot.blocks import ids, rows
from bot.blocks.diff import change_blocks, moved_blocks, summary_blocks
from bot.blocks.primitives import (
    NAME,
    Block,
    Blocks,
    Line,
    Message,
    actions,
    button,
    called,
    ended,
    escape,
    footnote,
    header,
    leaf,
    mention,
    message,
    one_line,
    paragraph,
    section,
    side_note,
    way_out,
    web,
)
from bot.blocks.values import moment
from bot.changes import Change, Verb
from bot.language.clipping import clip
from bot.models import Kind, Record, UserId
from bot.proposal import Outcome, Proposal, State

LOOKALIKES = 5
REMARKS = 20

_WILL = {Verb.CREATE: "Create", Verb.UPDATE: "Change", Verb.DELETE: "Delete", Verb.RESTORE: "Restore"}
_DID = {Verb.CREATE: "Created", Verb.UPDATE: "Changed", Verb.DELETE: "Deleted", Verb.RESTORE: "Restored"}
_WENT = {
    "trash": "It is in the CRM's trash and can be restored from there.",
    "gone": "It is gone for good: this CRM did not keep it in its trash.",
}

NOT_KNOWN = (
    "Not known yet: the CRM gave no answer, so this may or may not have been written. "
    "It is being read back, nothing is sent twice, and this card will say how it ended."
)

AGAIN = "Confirm tries again."

NOBODYS_TASK = "It is assigned to nobody, so it will stand on nobody's list of tasks."

NOT_CHECKED = "The CRM gave no answer in time, so it is not known whether it has this already."


class Around(Struct, frozen=True, kw_only=True):
    """What a card says beside its proposal: `waiting` are others about the same thing.

    `lookalikes` is None where the CRM did not tell whether there are any. `may_decide` is a sentence in mrkdwn, since
    it may mention people.
    """

    crm_name: str = ""
    timezone: str = "UTC"
    may_decide: str = ""
    lookalikes: tuple[Record, ...] | None = ()
    waiting: tuple[Proposal, ...] = ()
    url: str = ""


def card(proposal: Proposal, around: Around | None = None) -> Message:
    """The card as the proposal stands."""
    around = around or Around()
    if proposal.state is State.PENDING:
        return message(_pending(proposal, around))
    return message(_decided(proposal, around))


def button_value(proposal: Proposal) -> str:
    """What Confirm and Cancel carry: opaque, and different for each version of the card."""
    return f"{proposal.id}.{proposal.seal}"


def told_late(proposal: Proposal, user_id: UserId | str) -> str:
    """For somebody who pressed after the decision: what happened, and by whom (mrkdwn, for `problems.aside`)."""
    who = (
        "you" if proposal.decided_by == user_id else f"<@{proposal.decided_by}>" if proposal.decided_by else "somebody"
    )
    thing = f"{proposal.change.kind} “{escape(clip(called(proposal.change.name), 150))}”"
    match proposal.state:
        case State.PENDING:
            return f"Nobody has decided about the {thing} yet. Look at its card again."
        case State.EXECUTING:
            return f"The {thing} was already confirmed by {who} and is being written now."
        case State.UNKNOWN:
            return f"The {thing} was already confirmed by {who}. It is not known yet whether it was written."
        case State.DONE:
            since = ", and taken back since" if proposal.is_taken_back else ""
            return f"The {thing} was already confirmed by {who}, and it was written once{since}."
        case State.FAILED:
            return f"The {thing} was already confirmed by {who}, but it failed. {escape(_sentence(proposal))}".strip()
        case State.CANCELLED if not proposal.decided_by:
            return f"The {thing} is void. {escape(_sentence(proposal))} Nothing was written.".replace("  ", " ")
        case State.CANCELLED:
            return f"The {thing} was already cancelled by {who}. Nothing was written."
        case State.EXPIRED:
            return f"The proposal for the {thing} has expired. Nothing was written; propose it again."
        case State.SUPERSEDED:
            return f"The proposal for the {thing} was replaced by a newer one. Nothing was written by this one."


def told_proposer(proposal: Proposal) -> str:
    """For the proposer, once somebody else has decided: who, and how it ended (mrkdwn, for `problems.aside`)."""
    who = f"<@{proposal.decided_by}>"
    did, would = (ended(escape(title(proposal.change, done=done)), ".") for done in (True, False))
    match proposal.state:
        case State.DONE:
            return f"{who} confirmed what you proposed. {did}"
        case State.FAILED:
            failed = f"{who} confirmed what you proposed, but it failed: {would}"
            return f"{failed} {escape(_outcome(proposal).sentence)}".strip()
    return f"{who} cancelled what you proposed, so nothing was written: {would}"


def gone(proposal: Proposal, deletion: Proposal | None, timezone: str) -> Message:
    """For whoever proposes something again about a record that the CRM has no more: what is left to do.

    `deletion` is how it went, where that was confirmed here.
    """
    about = called(proposal.change.name)
    said: list[Line] = [
        [leaf(f"The {proposal.change.kind} "), leaf(about, bold=True), leaf(" is not in the CRM any more.")]
    ]
    undo = None
    if deletion:
        by = _by(deletion, Around(timezone=timezone))
        said.append([leaf("It was deleted here. "), *by, leaf(f" {_ending(deletion)}")])
        undo = button("Undo", ids.PROPOSAL_UNDO, deletion.id, about=title(deletion.change, done=True))
    history = button("History", ids.RECORD_HISTORY, ids.reference(proposal.record), about=about)
    return message([paragraph(*said), actions(undo, history)])


def title(change: Change, *, done: bool = False) -> str:
    """The verb and the record: `Delete company Acme Inc`."""
    return f"{(_DID if done else _WILL)[change.verb]} {change.kind}: {called(change.name)}"


# Waiting


def _pending(proposal: Proposal, around: Around) -> list[Block | None]:
    change = proposal.change
    moved = _outcome(proposal).moved
    return [
        header(ended(title(change), "?")),
        paragraph(*_heading(proposal, around)),
        *_not_written(proposal),
        *(moved_blocks(change, moved, around.timezone) if moved else []),
        *change_blocks(change, around.timezone),
        *_trash(change),
        footnote(NOBODYS_TASK) if _is_nobodys_task(change) else None,
        *_lookalikes(proposal, around),
        *_waiting(around),
        paragraph(_until(proposal, around)),
        side_note(around.may_decide) if around.may_decide else None,
        _decision(proposal),
    ]


def _heading(proposal: Proposal, around: Around) -> list[Line]:
    change = proposal.change
    crm = f" in {clip(around.crm_name, 100)}" if around.crm_name else " in the CRM"
    what: Line = [
        leaf(f"{_WILL[change.verb]} the {change.kind} "),
        leaf(called(change.name), bold=True),
        leaf(f"{crm}."),
    ]
    new = ", new" if change.verb is Verb.CREATE else ""
    return [what, [leaf(f"Id {change.record_id}{new}.")], _who(proposal)]


def _who(proposal: Proposal) -> Line:
    undoing = ", to undo an earlier change" if proposal.undo_of else ""
    source = [leaf(" "), web(proposal.source.permalink, "From this message")] if proposal.source.permalink else []
    return [leaf("Proposed by "), mention(proposal.proposer), leaf(f"{undoing}."), *source]


def _not_written(proposal: Proposal) -> Blocks:
    """An earlier Confirm that came to nothing: why, and that it may be pressed again."""
    if not (sentence := _outcome(proposal).sentence):
        return []
    return [paragraph([leaf("Confirmed before, but nothing was written: ", bold=True), leaf(sentence)], [leaf(AGAIN)])]


def _is_nobodys_task(change: Change) -> bool:
    is_new = change.verb is Verb.CREATE and change.kind is Kind.TASK
    return is_new and not any(each.key == "assignee" and each.new for each in change.fields)


def _trash(change: Change) -> Blocks:
    return [section(_TRASH[change.verb])] if change.verb in _TRASH else []


_TRASH = {
    Verb.DELETE: "It goes to the CRM's trash, and the card will say where it really went.",
    Verb.RESTORE: "It comes back from the CRM's trash; where the CRM kept nothing, it is made again with the same id.",
}


def _lookalikes(proposal: Proposal, around: Around) -> Blocks:
    if around.lookalikes is None:
        return [footnote(NOT_CHECKED)]
    if not around.lookalikes:
        return []
    few = around.lookalikes[:LOOKALIKES]
    return [
        paragraph([leaf("Already in the CRM, perhaps the same:", bold=True)]),
        *(_lookalike(record, proposal, around.timezone) for record in few),
    ]


def _lookalike(record: Record, proposal: Proposal, timezone: str) -> Block:
    value = ids.use_existing_value(proposal.id, record.ref)
    text = f"{str(record.kind).capitalize()}: {rows.row(record, timezone)}\nId {record.id}"
    return section(text, button("Use existing", ids.PROPOSAL_USE_EXISTING, value, about=rows.name(record)))


def _waiting(around: Around) -> Blocks:
    if not around.waiting:
        return []
    lines = [_waiting_line(each, around.timezone) for each in around.waiting[:LOOKALIKES]]
    return [paragraph([leaf("Also waiting for a decision:", bold=True)], *lines)]


def _waiting_line(proposal: Proposal, timezone: str) -> Line:
    by: Line = [leaf(", proposed by "), mention(proposal.proposer), leaf(", ")]
    return [leaf(clip(title(proposal.change), 200)), *by, moment(proposal.created_at, timezone)]


def _until(proposal: Proposal, around: Around) -> Line:
    return [
        leaf("Nothing is written before Confirm. Expires "),
        moment(proposal.expires_at, around.timezone),
        leaf("."),
    ]


def _decision(proposal: Proposal) -> Block | None:
    value, about = button_value(proposal), title(proposal.change)
    return actions(
        button(
            "Confirm",
            ids.PROPOSAL_CONFIRM,
            value,
            style="danger" if proposal.change.verb is Verb.DELETE else "primary",
            about=about,
        ),
        button("Cancel", ids.PROPOSAL_CANCEL, value, about=about),
    )


# Decided


def _decided(proposal: Proposal, around: Around) -> list[Block | None]:
    change = proposal.change
    return [
        header(_heading_of_end(proposal)),
        paragraph(
            _by(proposal, around), *_taken_back(proposal, around), *_story(proposal), _identity(proposal, around)
        ),
        *summary_blocks(change, around.timezone, missed=_outcome(proposal).missed),
        *(footnote(remark) for remark in _outcome(proposal).remarks[:REMARKS]),
        _afterwards(proposal, around),
    ]


def _heading_of_end(proposal: Proposal) -> str:
    if proposal.state is State.DONE:
        did = title(proposal.change, done=True)
        return f"Taken back: {did}" if proposal.is_taken_back else did
    return f"{_STANDING[proposal.state]}: {title(proposal.change)}"


def _taken_back(proposal: Proposal, around: Around) -> list[Line]:
    outcome = _outcome(proposal)
    if not outcome.undone_by or outcome.undone_at is None:
        return []
    at = moment(outcome.undone_at, around.timezone)
    return [[leaf("Taken back by "), mention(outcome.undone_by), leaf(", "), at, leaf(".")]]


_STANDING = {
    State.EXECUTING: "Writing…",
    State.UNKNOWN: "Not known yet",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.EXPIRED: "Expired",
    State.SUPERSEDED: "Replaced",
}


def _by(proposal: Proposal, around: Around) -> Line:
    if not proposal.decided_by or proposal.state in (State.EXPIRED, State.SUPERSEDED):
        return [leaf("Proposed by "), mention(proposal.proposer), *_by_itself(proposal, around), leaf(".")]
    verb = "Cancelled by " if proposal.state is State.CANCELLED else "Confirmed by "
    at: Line = [leaf(", "), moment(proposal.decided_at, around.timezone)] if proposal.decided_at else []
    if proposal.decided_by == proposal.proposer:
        return [leaf(f"Proposed and {verb.lower()}"), mention(proposal.decided_by), *at, leaf(".")]
    by: Line = [leaf("; proposed by "), mention(proposal.proposer), leaf(".")]
    return [leaf(verb), mention(proposal.decided_by), *at, *by]


def _by_itself(proposal: Proposal, around: Around) -> Line:
    """When it ended without anybody's decision."""
    if proposal.state is State.EXPIRED:
        return [leaf("; it expired "), moment(proposal.expires_at, around.timezone)]
    if proposal.state is State.CANCELLED and proposal.decided_at:
        return [leaf("; void since "), moment(proposal.decided_at, around.timezone)]
    return []


def _story(proposal: Proposal) -> list[Line]:
    return [[leaf(each)] for each in (_ending(proposal), _outcome(proposal).sentence) if each]


def _ending(proposal: Proposal) -> str:
    match proposal.state:
        case State.EXECUTING:
            return "It is being written now."
        case State.UNKNOWN:
            return NOT_KNOWN
        case State.DONE:
            is_away = proposal.change.verb is Verb.DELETE and not proposal.is_taken_back
            return _WENT.get(_outcome(proposal).where, "") if is_away else ""
        case State.FAILED:
            return "" if _outcome(proposal).sentence else "It could not be written. Propose it again to try once more."
        case State.CANCELLED:
            return "Nothing was written."
        case State.EXPIRED:
            return "Nobody decided in time, so nothing was written. Propose it again if it still matters."
    return "Nothing was written by this card."


def _identity(proposal: Proposal, around: Around) -> Line:
    record = _outcome(proposal).record or proposal.record
    name = one_line(record.name, NAME) or called(proposal.change.name)
    crm = f" in {clip(around.crm_name, 100)}" if around.crm_name else ""
    return [leaf(f"{str(record.kind).capitalize()} "), web(around.url, name), leaf(f", id {record.id}{crm}.")]


def _afterwards(proposal: Proposal, around: Around) -> Block | None:
    match proposal.state:
        case State.DONE:
            return _done(proposal, around)
        case State.FAILED | State.EXPIRED:
            return actions(button("Propose again", ids.PROPOSAL_AGAIN, proposal.id, about=title(proposal.change)))
        case State.SUPERSEDED if newer := proposal.superseded_by:
            return actions(button("Show the newer one", ids.PROPOSAL_SHOW, newer, about=title(proposal.change)))
    return None


def _done(proposal: Proposal, around: Around) -> Block | None:
    change = proposal.change
    about = called(change.name)
    is_undone = proposal.is_taken_back
    is_there = change.verb is Verb.UPDATE or (change.verb is Verb.DELETE) is is_undone
    return actions(
        None if is_undone else button("Undo", ids.PROPOSAL_UNDO, proposal.id, about=title(change, done=True)),
        button("Show", ids.RECORD_SHOW, ids.reference(proposal.record), about=about) if is_there else None,
        way_out("Open in Twenty", ids.RECORD_OPEN_IN_CRM, around.url) if is_there and around.url else None,
    )


def _outcome(proposal: Proposal) -> Outcome:
    return proposal.outcome or Outcome()


def _sentence(proposal: Proposal) -> str:
    return _outcome(proposal).sentence
