"""What a list asks for, as data: words, conditions and an order, free of Slack's and of Twenty's syntax.

`bot.language` makes these out of what people type, `bot.crm` turns them into requests; nothing here is a filter
string but `where` and `order`, which are the asker's own raw Twenty grammar and only ever used for reads.
"""

from enum import StrEnum

from msgspec import Struct

from bot.models import Kind, Value


class Op(StrEnum):
    """How a condition compares. IN is "any of the values"; CONTAINS is literal and ignores case."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    CONTAINS = "contains"
    PRESENT = "present"
    ABSENT = "absent"


class Condition(Struct, frozen=True):
    """A field (by its key in `bot.fields`, or "created"/"updated"), a comparison, and its values.

    On a relation the values are `Ref`s, or texts that are to be found literally in the related record's name. A date
    condition carries `When`s at the boundaries of the asker's days. `assumed` options are the bot's own guess of what
    closed records have: those that the CRM lacks are left out, where one that a person wrote is an error.
    """

    key: str
    op: Op
    values: tuple[Value, ...] = ()
    negated: bool = False
    assumed: bool = False


class Sort(Struct, frozen=True):
    """An order by one field's key ("created", "updated" and "name" included)."""

    key: str
    descending: bool = False


class Query(Struct, frozen=True, kw_only=True):
    """Everything one list asks for; conditions are joined by *and*."""

    kind: Kind
    words: str = ""
    conditions: tuple[Condition, ...] = ()
    sort: Sort | None = None
    where: str = ""
    order: str = ""


class Position(Struct, frozen=True):
    """Where a page of a list begins: the cursor that led to it, in which segment of a nullable order, and its number.

    A page can be opened again from its position after the data has changed and after a restart.
    """

    number: int = 1
    segment: int = 0
    cursor: str = ""
    trail: tuple[tuple[int, str], ...] = ()
    """The (segment, cursor) of every page before this one, so that Previous never needs a backward cursor."""
    total: int | None = None
    """How many records the first page counted; a later page of a nullable order cannot count them all."""
