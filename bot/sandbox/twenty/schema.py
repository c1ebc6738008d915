"""Which objects and fields a fake workspace has; the schema is per workspace (twenty.md section 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Profile(StrEnum):
    """Which server answers: a new workspace now, an upgraded one on 2.21.0, or the vendor's document come true."""

    CURRENT = "current"
    BASE = "base"
    DOCUMENTED = "documented"


class Type(StrEnum):
    """Twenty's field types, by the names its error texts use."""

    UUID = "UUID"
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE_TIME = "DATE_TIME"
    SELECT = "SELECT"
    MULTI_SELECT = "MULTI_SELECT"
    POSITION = "POSITION"
    RAW_JSON = "RAW_JSON"
    TS_VECTOR = "TS_VECTOR"
    RICH_TEXT = "RICH_TEXT"
    FULL_NAME = "FULL_NAME"
    EMAILS = "EMAILS"
    PHONES = "PHONES"
    LINKS = "LINKS"
    ADDRESS = "ADDRESS"
    CURRENCY = "CURRENCY"
    ACTOR = "ACTOR"


T = Type
ADDRESS_TEXTS = ("Street1", "Street2", "City", "Postcode", "State", "Country")
PARTS: Mapping[Type, Mapping[str, Type]] = {
    T.RICH_TEXT: {"blocknote": T.TEXT, "markdown": T.TEXT},
    T.FULL_NAME: {"firstName": T.TEXT, "lastName": T.TEXT},
    T.EMAILS: {"primaryEmail": T.TEXT, "additionalEmails": T.RAW_JSON},
    T.PHONES: {
        "primaryPhoneNumber": T.TEXT,
        "primaryPhoneCountryCode": T.TEXT,
        "primaryPhoneCallingCode": T.TEXT,
        "additionalPhones": T.RAW_JSON,
    },
    T.LINKS: {"primaryLinkLabel": T.TEXT, "primaryLinkUrl": T.TEXT, "secondaryLinks": T.RAW_JSON},
    T.ADDRESS: {
        **{f"address{each}": T.TEXT for each in ADDRESS_TEXTS},
        "addressLat": T.NUMBER,
        "addressLng": T.NUMBER,
    },
    T.CURRENCY: {"amountMicros": T.NUMBER, "currencyCode": T.TEXT},
    T.ACTOR: {"source": T.SELECT, "workspaceMemberId": T.UUID, "name": T.TEXT, "context": T.RAW_JSON},
}
SOURCES = ("EMAIL", "CALENDAR", "WORKFLOW", "AGENT", "API", "IMPORT", "MANUAL", "SYSTEM", "WEBHOOK", "APPLICATION")
STAGES = ("NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER")
DOCUMENTED_STAGES = ("SCREENING", "MEETING", "PROPOSAL", "NEGOTIATION", "WON", "LOST")
STATUSES = ("TODO", "IN_PROGRESS", "DONE")


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `target` makes it a foreign key to that plural, `unique` names the part that must not repeat."""

    name: str
    type: Type
    nullable: bool = True
    default: Any = None
    options: tuple[str, ...] = ()
    target: str | None = None
    unique: str | None = None
    cascade: bool = False

    @property
    def relation(self) -> str | None:
        """The relation's name for a foreign key: `company` for `companyId`."""
        return self.name.removesuffix("Id") if self.target else None


@dataclass(frozen=True, slots=True)
class Kind:
    """An object with its fields; `many` are its one-to-many relations: name -> (plural, foreign key)."""

    singular: str
    plural: str
    fields: Mapping[str, Field]
    many: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    system: bool = False

    @property
    def capital(self) -> str:
        """The name as it stands behind create, update and delete in an envelope."""
        return self.singular[0].upper() + self.singular[1:]

    @property
    def capital_plural(self) -> str:
        """The plural as it stands behind create, update and delete in an envelope."""
        return self.plural[0].upper() + self.plural[1:]

    def relation(self, name: str) -> Field | None:
        """The foreign key behind a many-to-one relation's name."""
        found = self.fields.get(f"{name}Id")
        return found if found and found.target else None


SYSTEM = (
    Field("id", T.UUID, nullable=False),
    Field("createdAt", T.DATE_TIME, nullable=False),
    Field("updatedAt", T.DATE_TIME, nullable=False),
    Field("deletedAt", T.DATE_TIME),
    Field("createdBy", T.ACTOR, nullable=False),
    Field("updatedBy", T.ACTOR, nullable=False),
    Field("position", T.POSITION, nullable=False),
    Field("searchVector", T.TS_VECTOR),
)


def text(*names: str) -> tuple[Field, ...]:
    """Text fields of these names."""
    return tuple(Field(name, T.TEXT) for name in names)


def key(name: str, target: str, *, cascade: bool = False) -> Field:
    """A foreign key; `cascade` destroys the row together with its target, else the key is emptied."""
    return Field(name, T.UUID, target=target, cascade=cascade)


def _company(*, upgraded: bool) -> list[Field]:
    fields = [
        *text("name"),
        Field("domainName", T.LINKS, unique="primaryLinkUrl"),
        Field("linkedinLink", T.LINKS),
        Field("address", T.ADDRESS),
        Field("annualRevenue", T.CURRENCY),
        key("accountOwnerId", "workspaceMembers"),
    ]
    former = [
        Field("employees", T.NUMBER),
        Field("annualRecurringRevenue", T.CURRENCY),
        Field("idealCustomerProfile", T.BOOLEAN, nullable=False, default=False),
        Field("xLink", T.LINKS),
    ]
    return fields + (former if upgraded else [])


def _person(*, upgraded: bool) -> list[Field]:
    fields = [
        Field("name", T.FULL_NAME),
        Field("emails", T.EMAILS, unique="primaryEmail"),
        Field("phones", T.PHONES),
        Field("linkedinLink", T.LINKS),
        *text("jobTitle", "avatarUrl"),
        key("companyId", "companies"),
    ]
    return fields + ([*text("city"), Field("xLink", T.LINKS)] if upgraded else [])


def _opportunity(stages: tuple[str, ...], *, owned: bool) -> list[Field]:
    return [
        *text("name"),
        Field("amount", T.CURRENCY),
        Field("closeDate", T.DATE_TIME),
        Field("stage", T.SELECT, nullable=False, default=stages[0], options=stages),
        key("companyId", "companies"),
        key("pointOfContactId", "people"),
        *([key("ownerId", "workspaceMembers")] if owned else []),
    ]


def _body(*, documented: bool) -> Field:
    return Field("body", T.TEXT) if documented else Field("bodyV2", T.RICH_TEXT)


def _task(*, documented: bool) -> list[Field]:
    return [
        *text("title"),
        _body(documented=documented),
        Field("dueAt", T.DATE_TIME),
        Field("status", T.SELECT, default="TODO", options=STATUSES),
        key("assigneeId", "workspaceMembers"),
    ]


def _targets(owner: str, *, old: bool) -> list[Field]:
    """A link's keys: `targetCompanyId`, or `companyId` before 1.17 (twenty.md section 4)."""
    plurals = {"Company": "companies", "Person": "people", "Opportunity": "opportunities"}
    named = {(name.lower() if old else f"target{name}"): plural for name, plural in plurals.items()}
    links = [key(f"{name}Id", plural, cascade=True) for name, plural in named.items()]
    return [key(f"{owner}Id", f"{owner}s", cascade=True), *links]


MEMBER = [
    Field("name", T.FULL_NAME),
    Field("userEmail", T.TEXT, unique=""),
    Field("userId", T.UUID),
    *text("avatarUrl", "jobTitle", "colorScheme", "locale", "timeZone", "dateFormat", "timeFormat", "numberFormat"),
    Field("calendarStartDay", T.NUMBER),
]
WORKFLOW = [
    *text("name", "lastPublishedVersionId"),
    Field("statuses", T.MULTI_SELECT, options=("DRAFT", "ACTIVE", "DEACTIVATED")),
]
MANY_NAMES = {
    ("workspaceMembers", "companies"): "accountOwnerForCompanies",
    ("workspaceMembers", "opportunities"): "ownedOpportunities",
    ("workspaceMembers", "tasks"): "assignedTasks",
    ("people", "opportunities"): "pointOfContactForOpportunities",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything a workspace has, by plural."""

    kinds: Mapping[str, Kind]

    def by_singular(self, name: str) -> Kind | None:
        """The kind of this singular API name."""
        return next((kind for kind in self.kinds.values() if kind.singular == name), None)


def schema(
    profile: Profile,
    *,
    stages: Iterable[str] | None = None,
    old_targets: bool = False,
    hidden: Iterable[tuple[str, str]] = (),
    extra: Mapping[str, Iterable[Field]] | None = None,
) -> Schema:
    """The workspace's schema; `hidden` and `extra` go by singular names ("company", "domainName")."""
    documented = profile is Profile.DOCUMENTED
    upgraded = profile is not Profile.CURRENT
    options = tuple(stages or (DOCUMENTED_STAGES if documented else STAGES))
    own: dict[tuple[str, str], list[Field]] = {
        ("company", "companies"): _company(upgraded=upgraded),
        ("person", "people"): _person(upgraded=upgraded),
        ("opportunity", "opportunities"): _opportunity(options, owned=not documented),
        ("note", "notes"): [*text("title"), _body(documented=documented)],
        ("task", "tasks"): _task(documented=documented),
        ("workspaceMember", "workspaceMembers"): MEMBER,
    }
    if not documented:
        own["noteTarget", "noteTargets"] = _targets("note", old=old_targets)
        own["taskTarget", "taskTargets"] = _targets("task", old=old_targets)
        own["workflow", "workflows"] = WORKFLOW
    return _assemble(own, frozenset(hidden), extra or {})


def _assemble(
    own: Mapping[tuple[str, str], list[Field]],
    hidden: frozenset[tuple[str, str]],
    extra: Mapping[str, Iterable[Field]],
) -> Schema:
    shown = {
        (singular, plural): [
            each for each in [*SYSTEM, *fields, *extra.get(singular, ())] if (singular, each.name) not in hidden
        ]
        for (singular, plural), fields in own.items()
    }
    kinds = {
        plural: Kind(
            singular=singular,
            plural=plural,
            fields={each.name: each for each in fields},
            many=_many(plural, shown),
            system=singular.endswith("Target"),
        )
        for (singular, plural), fields in shown.items()
    }
    return Schema(kinds)


def _many(plural: str, shown: Mapping[tuple[str, str], list[Field]]) -> dict[str, tuple[str, str]]:
    """The one-to-many relations of a plural: everybody else's foreign keys to it."""
    return {
        MANY_NAMES.get((plural, other), other): (other, each.name)
        for (_, other), fields in shown.items()
        for each in fields
        if each.target == plural
    }
