"""What the CRM client answers besides records: a page, a kind's schema, where a deleted record went, a workflow."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from bot.fields import Field
from bot.models import Kind, Record
from bot.queries import Position

Whereabouts = Literal["there", "trash", "gone"]


class Page(Struct, frozen=True, kw_only=True):
    """One page of a list. `total` counts all pages, None when unknown; `remark` says what was left out, if anything.

    `whole` is the list with all its pages, when one request was enough to read it.
    """

    records: tuple[Record, ...]
    total: int | None = None
    next: Position | None = None
    previous: Position | None = None
    whole: tuple[Record, ...] | None = None
    remark: str = ""


class Schema(Struct, frozen=True, kw_only=True):
    """What a kind has in this CRM: its fields in our order, each select's options, whether notes or tasks take ties.

    `paths` are the CRM's own names of what its filters and orders may speak of.
    """

    kind: Kind
    fields: tuple[Field, ...]
    choices: Mapping[str, tuple[str, ...]]
    takes_links: bool
    paths: tuple[str, ...] = ()


class Workflow(Struct, frozen=True):
    """A workflow, to look at: runs cannot be started over this API (twenty.md section 4)."""

    id: str
    name: str
    statuses: tuple[str, ...] = ()
