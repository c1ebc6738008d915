"""Every field of every record: its key, its plain name in forms and cards, and what it holds.

Which of them a connected CRM really has is learned (bot.crm), never assumed.
"""

from enum import StrEnum

from msgspec import Struct

from bot.models import Kind


class Holds(StrEnum):
    """The type of a field's value, and so its input in a form and its shape in the CRM."""

    TEXT = "text"
    MARKDOWN = "markdown"
    NAME = "name"
    EMAILS = "emails"
    PHONES = "phones"
    LINKS = "links"
    MONEY = "money"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    DATE_TIME = "date_time"
    CHOICE = "choice"
    COMPANY = "company"
    PERSON = "person"
    MEMBER = "member"
    RECORDS = "records"


class Field(Struct, frozen=True):
    """One field. `required`: a create without it makes no sense. `standard`: every CRM is expected to have it."""

    key: str
    label: str
    holds: Holds
    required: bool = False
    standard: bool = True


FIELDS: dict[Kind, tuple[Field, ...]] = {
    Kind.COMPANY: (
        Field("name", "Name", Holds.TEXT, required=True),
        Field("domain", "Domain", Holds.LINKS),
        Field("owner", "Owner", Holds.MEMBER),
        Field("city", "City", Holds.TEXT),
        Field("employees", "Employees", Holds.NUMBER, standard=False),
        Field("revenue", "Annual revenue", Holds.MONEY, standard=False),
        Field("ideal", "Ideal customer", Holds.YES_NO, standard=False),
        Field("linkedin", "LinkedIn", Holds.LINKS),
    ),
    Kind.PERSON: (
        Field("name", "Name", Holds.NAME, required=True),
        Field("email", "Email", Holds.EMAILS),
        Field("phone", "Phone", Holds.PHONES),
        Field("company", "Company", Holds.COMPANY),
        Field("job_title", "Job title", Holds.TEXT),
        Field("city", "City", Holds.TEXT, standard=False),
        Field("linkedin", "LinkedIn", Holds.LINKS),
    ),
    Kind.DEAL: (
        Field("name", "Name", Holds.TEXT, required=True),
        Field("amount", "Amount", Holds.MONEY),
        Field("stage", "Stage", Holds.CHOICE),
        Field("close_date", "Close date", Holds.DATE),
        Field("company", "Company", Holds.COMPANY),
        Field("contact", "Contact", Holds.PERSON),
        Field("owner", "Owner", Holds.MEMBER, standard=False),
    ),
    Kind.NOTE: (
        Field("title", "Title", Holds.TEXT, required=True),
        Field("text", "Text", Holds.MARKDOWN),
        Field("records", "Records", Holds.RECORDS),
    ),
    Kind.TASK: (
        Field("title", "Title", Holds.TEXT, required=True),
        Field("text", "Text", Holds.MARKDOWN),
        Field("due", "Due", Holds.DATE_TIME),
        Field("assignee", "Assignee", Holds.MEMBER),
        Field("status", "Status", Holds.CHOICE),
        Field("records", "Records", Holds.RECORDS),
    ),
    Kind.MEMBER: (
        Field("name", "Name", Holds.NAME),
        Field("email", "Email", Holds.TEXT),
        Field("timezone", "Timezone", Holds.TEXT),
    ),
}


def field(kind: Kind, key: str) -> Field:
    """The field by its key; KeyError is a programming error."""
    return _BY_KEY[kind, key]


_BY_KEY = {(kind, each.key): each for kind, fields in FIELDS.items() for each in fields}
