"""What is said around a team's connection: the way to Maton, what it is connected to, how it fares, and its end."""

from datetime import datetime

from msgspec import Struct

from bot.blocks import ids
from bot.blocks.primitives import (
    Blocks,
    Line,
    Message,
    actions,
    button,
    footnote,
    header,
    leaf,
    mention,
    message,
    one_line,
    paragraph,
    read_aloud,
    section,
    way_out,
)
from bot.blocks.values import moment
from bot.language.clipping import clip

NAMES = 2

WHOSE = {
    "team": (
        "The CRM does not accept this connection any more: its credential has expired or was withdrawn. "
        "A workspace admin can reconnect it with {command} connect."
    ),
    "binding": (
        "Maton does not know this connection any more: somebody deleted it there. "
        "A workspace admin can connect anew with {command} connect."
    ),
    "operator": (
        "Maton does not accept the bot's own key. That is for whoever operates the bot; there is nothing to do here."
    ),
    "unavailable": "The CRM or the gateway before it does not answer. It is tried again with every request.",
}
"""Whose fault it is and who can mend it, by the kind that the store keeps."""


class Identified(Struct, frozen=True, kw_only=True):
    """What a look into a CRM told: enough for an admin to recognise it. None: not known."""

    members: int
    companies: int | None = None
    names: tuple[str, ...] = ()
    crm_name: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """How a team's connection stands. `fault` is one of `WHOSE`, "" while it works; times None when not known."""

    crm_name: str = ""
    bound_by: str = ""
    bound_at: datetime | None = None
    last_success: datetime | None = None
    broken_since: datetime | None = None
    fault: str = ""
    is_admin: bool = False
    is_pending: bool = False
    is_bound: bool = True


# Connecting


def offer(url: str, value: str, *, crm_name: str = "") -> Message:
    """The private way to Maton's page. The link is a secret: it stands in the button and nowhere else."""
    instead = (
        f"This workspace is connected to {clip(crm_name, 100)} and stays so until you confirm another CRM. "
        "Then proposals that nobody has decided are void."
    )
    blocks: Blocks = [
        header("Connect your Twenty CRM"),
        section(
            "The button opens Maton, which keeps the CRM's credential for this workspace. "
            "When it says connected, come back: it is noticed by itself, and nothing is used before you confirm it."
        ),
        *([section(instead)] if crm_name else []),
    ]
    ways = actions(
        way_out("Connect Twenty", ids.CONNECT_OPEN, url),
        button("Check now", ids.CONNECT_CHECK, value),
        button("Cancel", ids.CONNECT_CANCEL, value),
    )
    secret = footnote("The link is yours alone; do not pass it on.")
    text = f"{read_aloud(blocks)}\nPress Connect Twenty, then Check now."
    return Message(text, [*blocks, *([ways] if ways else []), secret])


def waiting(value: str) -> Message:
    """Nobody has finished at Maton yet."""
    return message(
        [
            section("Not connected yet: Maton still waits for its page to be finished. The button there leads back."),
            actions(button("Check now", ids.CONNECT_CHECK, value), button("Cancel", ids.CONNECT_CANCEL, value)),
        ]
    )


def question(found: Identified, value: str, *, command: str) -> Message:
    """What the new connection leads to, and whether that is the right CRM."""
    again = f"If it is another company's, press Cancel and run {command} connect again."
    return message(
        [
            header("Is this your CRM?"),
            paragraph([leaf(f"{counted(found)}: is this your CRM?")]),
            actions(
                button("Confirm", ids.CONNECT_CONFIRM, value, style="primary", about="this CRM"),
                button("Cancel", ids.CONNECT_CANCEL, value, about="connecting this CRM"),
            ),
            footnote(again),
        ]
    )


def counted(found: Identified) -> str:
    """`12 members, among them Ada and Grace, and 340 companies`: names stand with those who bear them."""
    members = _several(found.members, "member", "members")
    names = [one_line(name, 60) for name in found.names if name.strip()][:NAMES]
    if names:
        members += f", {'among them ' if found.members > len(names) else ''}{' and '.join(names)}"
    if found.companies is None:
        return members
    return f"{members}{',' if names else ''} and {_several(found.companies, 'company', 'companies')}"


def _several(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def connected(crm_name: str, *, voided: int, command: str) -> Message:
    """The team has its CRM."""
    void = (
        f"{_several(voided, 'undecided proposal was', 'undecided proposals were')} for the CRM before and "
        f"{'is' if voided == 1 else 'are'} void now."
    )
    return message(
        [
            section(f"Connected to {clip(crm_name, 100) or 'your CRM'}."),
            footnote(void) if voided else None,
            section(f"Everybody here can look things up now, for example with {command} companies."),
            footnote(f"{command} settings takes the CRM's web address, so that cards link to it, and who may write."),
        ]
    )


def connected_since(standing: Standing, *, command: str, timezone: str) -> Message:
    """The same in the place of a button that is pressed when all is done."""
    done = connected(standing.crm_name, voided=0, command=command).blocks
    return message([done[0], paragraph(*_since(standing, timezone)), *done[1:]])


# How it stands


def status(standing: Standing, *, command: str, timezone: str) -> Message:
    """Health, last success, and whose fault a failure is."""
    if not standing.is_bound:
        return not_connected(command=command, is_admin=standing.is_admin, is_pending=standing.is_pending)
    return message(
        [
            header("CRM connection"),
            paragraph(_heading(standing), *_since(standing, timezone), _last(standing, timezone)),
            section(fault(standing.fault, command=command)) if standing.fault else None,
            footnote(f"Change it with {command} connect, end it with {command} disconnect.")
            if standing.is_admin
            else None,
        ]
    )


def fault(kind: str, *, command: str) -> str:
    """Whose fault a failure is and who can mend it."""
    return WHOSE.get(kind, WHOSE["unavailable"]).format(command=command)


def _heading(standing: Standing) -> Line:
    name = clip(standing.crm_name, 100) or "the CRM"
    return [leaf(f"{name}: {'not working' if standing.fault else 'working'}", bold=True)]


def _since(standing: Standing, timezone: str) -> list[Line]:
    lines: list[Line] = []
    if standing.bound_at:
        by: Line = [leaf(" by "), mention(standing.bound_by)] if standing.bound_by else []
        lines.append([leaf("Connected: "), moment(standing.bound_at, timezone), *by, leaf(".")])
    if standing.fault and standing.broken_since:
        lines.append([leaf("Failing since "), moment(standing.broken_since, timezone), leaf(".")])
    return lines


def _last(standing: Standing, timezone: str) -> Line:
    if standing.last_success is None:
        return [leaf("It has not answered a request yet.")]
    return [leaf("Last success: "), moment(standing.last_success, timezone), leaf(".")]


def not_connected(*, command: str, is_admin: bool, is_pending: bool = False) -> Message:
    """No CRM yet, and who can change that."""
    begun = "A connection was begun and is not finished. " if is_pending else ""
    who = f"Connect it with {command} connect." if is_admin else f"A workspace admin can do so with {command} connect."
    return message([section(f"{begun}This workspace is not connected to a CRM. {who}")])


# Its end


def disconnect_question(crm_name: str, value: str) -> Message:
    """Whether it should really end, and what goes with it."""
    name = clip(crm_name, 100) or "the CRM"
    return message(
        [
            section(
                f"Disconnect this workspace from {name}? The connection is deleted at Maton, and proposals that nobody "
                "has decided are void. Nothing in the CRM changes, and the history here stays."
            ),
            actions(
                button("Confirm", ids.DISCONNECT_CONFIRM, value, style="danger", about="disconnecting"),
                button("Cancel", ids.DISCONNECT_CANCEL, value, about="disconnecting"),
            ),
        ]
    )


def disconnected(*, command: str) -> Message:
    """It has ended."""
    return message(
        [section(f"Disconnected; nothing is looked up or written any more. {command} connect makes a new connection.")]
    )


def said(sentence: str) -> Message:
    """One plain sentence."""
    return message([section(sentence)])


# Unasked, to the admins


def broke(standing: Standing, *, command: str, timezone: str) -> Message:
    """One per break: the connection does not work, and whose fault that is."""
    return message(
        [
            section(f"The connection to {clip(standing.crm_name, 100) or 'the CRM'} has stopped working."),
            section(fault(standing.fault, command=command)),
            paragraph(_last(standing, timezone)),
            footnote("You get one message for each break, and one when it works again."),
        ]
    )


def recovered(crm_name: str) -> Message:
    """It works again."""
    return message([section(f"The connection to {clip(crm_name, 100) or 'the CRM'} works again.")])


def welcome(*, command: str, is_org_wide: bool = False) -> Message:
    """To whoever installed the bot: what to do next."""
    where = "in each workspace to which the app is added, " if is_org_wide else ""
    return message(
        [
            header("The CRM bot is installed"),
            section(
                f"One step is left: {where}a workspace admin types {command} connect and connects your Twenty CRM. "
                "Until then nothing can be looked up or written."
            ),
            footnote(f"{command} help lists everything; {command} settings says who may decide about what."),
        ]
    )
