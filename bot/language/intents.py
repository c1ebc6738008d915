"""What a person can ask for, as values; `bot.language.commands` makes them out of text."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from bot.models import Kind, Someone, Value
from bot.queries import Query


class Target(Struct, frozen=True, kw_only=True):
    """Which record is meant: an id (its kind known when a link named it), or words within one kind or all."""

    words: str = ""
    id: str = ""
    kind: Kind | None = None


class Help(Struct, frozen=True):
    """The table of commands; `unknown` is a word that was not understood, `nearest` the command closest to it.

    Without `unknown`, `nearest` is the command that was asked about. Both are "" for the whole table.
    """

    unknown: str = ""
    nearest: str = ""


class Find(Struct, frozen=True):
    """Companies, people and deals by words, found literally."""

    words: str


class List(Struct, frozen=True, kw_only=True):
    """One kind's list. `mine_if_member`: to be narrowed to the asker's own, when the asker is a member of the CRM."""

    query: Query
    mine_if_member: bool = False


class Workflows(Struct, frozen=True):
    """Workflows whose name has the words; all without."""

    words: str = ""


class Who(Struct, frozen=True):
    """The CRM's person behind a Slack user."""

    whom: Someone


class Show(Struct, frozen=True):
    """A record's card."""

    what: Target


class About(Struct, frozen=True):
    """The record that a title perhaps speaks of, and the title where there is one."""

    what: Target
    title: str


class New(Struct, frozen=True):
    """The form for a new record with first values by the keys of `bot.fields`.

    A `str` in a relation's place is a name to look for; a member is `Someone`.
    """

    kind: Kind
    prefill: Mapping[str, Value]
    about: About | None = None


class Edit(Struct, frozen=True):
    """The form for changing a record."""

    what: Target


class Delete(Struct, frozen=True):
    """The card for deleting a record."""

    what: Target


class Done(Struct, frozen=True):
    """The card for completing a task."""

    what: Target


class Pending(Struct, frozen=True):
    """The asker's undecided proposals."""


class History(Struct, frozen=True):
    """What was proposed and decided: by the asker (`mine`), on one `record` (with `what`), by the `team`."""

    what: Target | None = None
    scope: Literal["mine", "record", "team"] = "mine"


class Connect(Struct, frozen=True):
    """Connect this team to its CRM."""


class Disconnect(Struct, frozen=True):
    """Forget this team's CRM."""


class Status(Struct, frozen=True):
    """How the connection is doing."""


class Settings(Struct, frozen=True):
    """This team's policy and preferences."""


Command = (
    Help
    | Find
    | List
    | Workflows
    | Who
    | Show
    | New
    | Edit
    | Delete
    | Done
    | Pending
    | History
    | Connect
    | Disconnect
    | Status
    | Settings
)
