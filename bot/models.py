"""The product's words as values: records, what they hold, and the answers made of them.

Everything here is frozen, and everything that is stored goes to JSON and back through msgspec without loss.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

TeamId = NewType("TeamId", str)
UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)


class Kind(StrEnum):
    """The record types; a deal is Twenty's opportunity, members are read only."""

    COMPANY = "company"
    PERSON = "person"
    DEAL = "deal"
    NOTE = "note"
    TASK = "task"
    MEMBER = "member"

    @property
    def plural(self) -> str:
        """The word for several, as people type it after `/crm`."""
        return _IRREGULAR.get(self, self + "s")


_IRREGULAR = {"company": "companies", "person": "people"}


WRITABLE = (Kind.COMPANY, Kind.PERSON, Kind.DEAL, Kind.NOTE, Kind.TASK)
LINKABLE = (Kind.COMPANY, Kind.PERSON, Kind.DEAL)


class Ref(Struct, frozen=True, tag="ref", eq=False):
    """A record by id, with the name it had when we last read it ("" when not read).

    Two are equal when they mean the same record: whether its name was read, or has changed since, is no difference.
    """

    kind: Kind
    id: str
    name: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and (self.kind, self.id) == (other.kind, other.id)

    def __hash__(self) -> int:
        return hash((self.kind, self.id))


class Refs(Struct, frozen=True, tag="refs"):
    """The records a note or a task hangs on."""

    to: tuple[Ref, ...] = ()


class FullName(Struct, frozen=True, tag="name"):
    """A person's name; `first` or `last` may be empty."""

    first: str = ""
    last: str = ""

    def __str__(self) -> str:
        return f"{self.first} {self.last}".strip()


class Money(Struct, frozen=True, tag="money"):
    """An amount in millionths of a unit, as Twenty keeps it; `currency` is an ISO code."""

    micros: int
    currency: str


class When(Struct, frozen=True, tag="when"):
    """An aware point in time; `all_day` when only the date is meant."""

    at: datetime
    all_day: bool = False


class Emails(Struct, frozen=True, tag="emails"):
    """All addresses of a person; the composite is always read and written whole (twenty.md section 4.2)."""

    primary: str = ""
    additional: tuple[str, ...] = ()


class Phone(Struct, frozen=True):
    """A number in national digits with its country ("US") and calling code ("+1"); both may be empty."""

    number: str = ""
    country: str = ""
    calling: str = ""


class Phones(Struct, frozen=True, tag="phones"):
    """All numbers of a person, whole."""

    primary: Phone = Phone()
    additional: tuple[Phone, ...] = ()


class Link(Struct, frozen=True):
    """A web address with its label."""

    url: str = ""
    label: str = ""


class Links(Struct, frozen=True, tag="links"):
    """A web address and its siblings, whole."""

    primary: Link = Link()
    secondary: tuple[Link, ...] = ()


class Choice(Struct, frozen=True, tag="choice"):
    """One of a select's options, by the CRM's own constant (`IN_PROGRESS`)."""

    value: str

    def __str__(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Someone(Struct, frozen=True, tag="someone"):
    """A CRM member as the asker named them, not looked up yet: the asker (`me`), a Slack user, or words of a name.

    Stands only in what people typed (conditions, a form's first values), never in a record or a change.
    """

    user_id: str = ""
    me: bool = False
    words: str = ""


Value = (
    str | int | float | bool | None | Ref | Refs | FullName | Money | When | Emails | Phones | Links | Choice | Someone
)
"""What a field can hold. None is "empty"; "" is normalised to None when read."""


class Record(Struct, frozen=True, kw_only=True):
    """A record as last read: `values` holds exactly the fields this CRM has, by the keys of `bot.fields`."""

    kind: Kind
    id: str
    name: str
    values: Mapping[str, Value]
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: str = ""

    @property
    def ref(self) -> Ref:
        """This record by kind, id and name."""
        return Ref(self.kind, self.id, self.name)


class Viewer(Struct, frozen=True):
    """Who reads an answer: decides the timezone (an IANA name) of every date in it."""

    timezone: str = "UTC"


class Profile(Struct, frozen=True, kw_only=True):
    """A Slack user as the bot sees one. `is_guest` covers single- and multi-channel guests, `team` the user's own."""

    user_id: UserId
    team: str
    name: str = ""
    email: str = ""
    timezone: str = "UTC"
    is_admin: bool = False
    is_guest: bool = False
    is_bot: bool = False
    is_deleted: bool = False

    @property
    def is_full_member(self) -> bool:
        """Whether this is a person of a workspace who has every right there: no guest, no app, nobody who has left."""
        return not (self.is_guest or self.is_bot or self.is_deleted)

    @property
    def viewer(self) -> Viewer:
        """What an answer needs to know of its reader."""
        return Viewer(self.timezone)


class RecordCard(Struct, frozen=True, kw_only=True):
    """A record with everything its card shows; `values`' refs carry names. `url` is its page in Twenty, when known."""

    record: Record
    people: tuple[Record, ...] = ()
    deals: tuple[Record, ...] = ()
    notes: tuple[Record, ...] = ()
    tasks: tuple[Record, ...] = ()
    url: str | None = None
    missing: tuple[str, ...] = ()
    """Sentences about what could not be read; the card is shown all the same."""


class Listing(Struct, frozen=True, kw_only=True):
    """One page of a list; `previous` and `next` are opaque tokens of their pages, "" where there is none.

    `token` is the page's own, "" where it is shown but once. `total` counts all pages, None when unknown. `waiting` are
    the ids of tasks that the reader has proposed to complete.
    """

    title: str
    kind: Kind
    records: tuple[Record, ...]
    page: int = 1
    total: int | None = None
    previous: str = ""
    next: str = ""
    token: str = ""
    waiting: frozenset[str] = frozenset()
    remark: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """What `/crm <words>` found, best match first within each kind; `totals` counts all matches per kind."""

    words: str
    records: Mapping[Kind, tuple[Record, ...]]
    totals: Mapping[Kind, int]
    remark: str = ""


def can_be_id(said: str) -> bool:
    """Whether a record can have this id."""
    try:
        return bool(UUID(said))
    except ValueError:
        return False
