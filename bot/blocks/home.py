"""The App Home: the connection, what waits for me, my open tasks and the quick actions; useful without rights, too."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from bot.blocks import ids, rows
from bot.blocks.connecting import Standing, fault
from bot.blocks.lists import ways_to_show
from bot.blocks.primitives import (
    Block,
    Blocks,
    Line,
    View,
    actions,
    button,
    divider,
    footnote,
    header,
    leaf,
    mention,
    option,
    paragraph,
    section,
    select,
)
from bot.blocks.proposal import title
from bot.blocks.values import moment
from bot.language.clipping import clip
from bot.models import Kind, Record
from bot.proposal import Proposal

SHOWN = 5
BLOCKS = 100


class Home(Struct, frozen=True, kw_only=True):
    """What a person's Home shows: proposals of theirs (`pending`), and others' that they may decide (`awaiting`).

    `tasks` is None where they were not read; `remark` says why.
    """

    standing: Standing
    pending: Sequence[Proposal] = ()
    awaiting: Sequence[Proposal] = ()
    tasks: Sequence[Record] | None = None
    tasks_total: int | None = None
    remark: str = ""
    may_use: bool = True
    timezone: str = "UTC"


def home(what: Home, now: datetime, *, command: str) -> View:
    """The Home tab of one person; who may not use the CRM reads why, and is offered nothing."""
    rest = [*_mine(what, now), divider(), *_ways(what, command)] if what.may_use else [section(what.remark)]
    blocks = [*_connection(what.standing, command), *rest]
    return {"type": "home", "blocks": [block for block in blocks if block][:BLOCKS]}


def _connection(standing: Standing, command: str) -> list[Block | None]:
    if not standing.is_bound:
        who = "Connect it with" if standing.is_admin else "A workspace admin can connect it with"
        return [header("No CRM connected yet"), section(f"{who} {command} connect.")]
    name = clip(standing.crm_name, 100) or "your CRM"
    if standing.fault:
        return [header(f"{name}: not working"), section(fault(standing.fault, command=command))]
    return [header(f"Connected to {name}")]


def _mine(what: Home, now: datetime) -> list[Block | None]:
    return [*_pending(what), *_tasks(what, now), footnote(what.remark) if what.remark else None]


def _pending(what: Home) -> list[Block | None]:
    nothing = paragraph([leaf("Nothing of yours waits for a decision.")])
    mine = [_pending_line(each, what.timezone) for each in what.pending]
    others = [[mention(each.proposer), leaf(": "), *_pending_line(each, what.timezone)] for each in what.awaiting]
    show = "Show my proposals" if mine else "Show what waits for me"
    return [
        _waiting("Waiting for a decision", mine) if mine else nothing,
        _waiting("Waiting for your decision", others) if others else None,
        actions(button(show, ids.HOME_PENDING, "pending")) if mine or others else None,
    ]


def _waiting(heading: str, lines: Sequence[Line]) -> Block:
    rest: list[Line] = [[leaf("and more")]] if len(lines) > SHOWN else []
    return paragraph([leaf(heading, bold=True)], *lines[:SHOWN], *rest)


def _pending_line(proposal: Proposal, timezone: str) -> Line:
    return [leaf(f"{clip(title(proposal.change), 200)}, expires "), moment(proposal.expires_at, timezone)]


def _tasks(what: Home, now: datetime) -> list[Block | None]:
    if what.tasks is None:
        return []
    if not what.tasks:
        return [paragraph([leaf("You have no open tasks.")])]
    total = what.tasks_total if what.tasks_total is not None else len(what.tasks)
    return [
        paragraph([leaf(f"Your open tasks ({total:,})", bold=True)]),
        *(_task(task, what.timezone, now) for task in what.tasks[:SHOWN]),
        actions(
            ways_to_show(what.tasks[:SHOWN], what.timezone),
            button("Show all my tasks", ids.HOME_TASKS, "tasks") if total > SHOWN else None,
        ),
    ]


def _task(task: Record, timezone: str, now: datetime) -> Block:
    done = button("Done", ids.RECORD_DONE, ids.reference(task.ref), about=rows.name(task))
    return section(rows.row(task, timezone, first=rows.overdue(task, timezone, now)), done)


def _ways(what: Home, command: str) -> Blocks:
    """Quick actions and how to go on, where they can work."""
    is_bound = what.standing.is_bound
    news = actions(_new()) if is_bound else None
    admin = button("Settings", ids.SETTINGS_EDIT, "settings") if what.standing.is_admin else None
    how = f"Type {command} and a name to look something up; in a message's menu, save it as a note or a task."
    rest = actions(button("Help", ids.HOME_HELP, "help"), admin)
    return [block for block in (news, rest, footnote(how) if is_bound else None) if block]


def _new() -> Block | None:
    return select("New record", ids.RECORD_NEW, [option(f"New {kind}", str(kind)) for kind in _NEW])


_NEW = (Kind.TASK, Kind.NOTE, Kind.PERSON, Kind.COMPANY, Kind.DEAL)
