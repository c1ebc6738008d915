"""Which of Twenty's fields holds what we call a field: names by age, parts of composites, and where relations lead.

Facts: twenty.md sections 0 and 4. A field with several names has been renamed over time; the newest stands first.
"""

from msgspec import Struct

from bot.models import Kind


class Column(Struct, frozen=True):
    """One field in Twenty: `part` is what of a composite is searched and sorted, `to` where a foreign key leads."""

    key: str
    names: tuple[str, ...]
    part: str = ""
    to: Kind | None = None


COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.COMPANY: (
        Column("name", ("name",)),
        Column("domain", ("domainName",), "primaryLinkUrl"),
        Column("owner", ("accountOwnerId",), to=Kind.MEMBER),
        Column("city", ("address",), "addressCity"),
        Column("employees", ("employees",)),
        Column("revenue", ("annualRevenue", "annualRecurringRevenue"), "amountMicros"),
        Column("ideal", ("idealCustomerProfile",)),
        Column("linkedin", ("linkedinLink",), "primaryLinkUrl"),
    ),
    Kind.PERSON: (
        Column("name", ("name",), "firstName"),
        Column("email", ("emails",), "primaryEmail"),
        Column("phone", ("phones",), "primaryPhoneNumber"),
        Column("company", ("companyId",), to=Kind.COMPANY),
        Column("job_title", ("jobTitle",)),
        Column("city", ("city",)),
        Column("linkedin", ("linkedinLink",), "primaryLinkUrl"),
    ),
    Kind.DEAL: (
        Column("name", ("name",)),
        Column("amount", ("amount",), "amountMicros"),
        Column("stage", ("stage",)),
        Column("close_date", ("closeDate",)),
        Column("company", ("companyId",), to=Kind.COMPANY),
        Column("contact", ("pointOfContactId",), to=Kind.PERSON),
        Column("owner", ("ownerId",), to=Kind.MEMBER),
    ),
    Kind.NOTE: (
        Column("title", ("title",)),
        Column("text", ("bodyV2", "body"), "markdown"),
    ),
    Kind.TASK: (
        Column("title", ("title",)),
        Column("text", ("bodyV2", "body"), "markdown"),
        Column("due", ("dueAt",)),
        Column("assignee", ("assigneeId",), to=Kind.MEMBER),
        Column("status", ("status",)),
    ),
    Kind.MEMBER: (
        Column("name", ("name",), "firstName"),
        Column("email", ("userEmail",)),
        Column("timezone", ("timeZone",)),
    ),
}

CREATED = Column("created", ("createdAt",))
UPDATED = Column("updated", ("updatedAt",))

OBJECTS: dict[Kind, tuple[str, str]] = {
    Kind.COMPANY: ("company", "companies"),
    Kind.PERSON: ("person", "people"),
    Kind.DEAL: ("opportunity", "opportunities"),
    Kind.NOTE: ("note", "notes"),
    Kind.TASK: ("task", "tasks"),
    Kind.MEMBER: ("workspaceMember", "workspaceMembers"),
}
"""Twenty's singular and plural of each kind."""

TIES: dict[Kind, tuple[str, str]] = {Kind.NOTE: ("noteTargets", "noteId"), Kind.TASK: ("taskTargets", "taskId")}
"""The plural that holds a note's or task's ties, and its key to the note or task."""

TIED: dict[Kind, tuple[str, ...]] = {
    Kind.COMPANY: ("targetCompanyId", "companyId"),
    Kind.PERSON: ("targetPersonId", "personId"),
    Kind.DEAL: ("targetOpportunityId", "opportunityId"),
}
"""A tie's key to the record it leads to; the second name was used before 1.17."""

STAGES = ("NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER")
DOCUMENTED_STAGES = ("SCREENING", "MEETING", "PROPOSAL", "NEGOTIATION", "WON", "LOST")
STATUSES = ("TODO", "IN_PROGRESS", "DONE")


RELATIONS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(each.key for each in of_kind if each.to) for kind, of_kind in COLUMNS.items()
}
"""The keys of each kind's fields that lead to another record."""


def column(kind: Kind, key: str) -> Column:
    """The column of a field's key, "created" and "updated" included; KeyError when there is none."""
    return _BY_KEY[kind, key]


def singular(kind: Kind) -> str:
    """Twenty's name for one."""
    return OBJECTS[kind][0]


def plural(kind: Kind) -> str:
    """Twenty's name for many, as in the route."""
    return OBJECTS[kind][1]


_BY_KEY = {(kind, each.key): each for kind, columns in COLUMNS.items() for each in (*columns, CREATED, UPDATED)}
