"""The CRM laid open: a team's records as they are this moment, what changed lately first and aglow."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.page.seat import Seat
from bot.sandbox.twenty import FakeCRM, RecordChanged

KINDS = {
    "companies": "Company",
    "people": "Person",
    "opportunities": "Deal",
    "notes": "Note",
    "tasks": "Task",
}
SHOWN = 40
OF_INTEREST = {
    "companies": ("domainName", "employees", "address", "annualRevenue"),
    "people": ("emails", "phones", "jobTitle"),
    "opportunities": ("stage", "amount", "closeDate"),
    "notes": ("bodyV2",),
    "tasks": ("status", "dueAt", "bodyV2"),
}
TIES = {"notes": ("noteTargets", "noteId"), "tasks": ("taskTargets", "taskId")}
TIED = {"targetCompanyId": "companies", "targetPersonId": "people", "targetOpportunityId": "opportunities"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `change` counts its changes since the sandbox began: 0 for one as it came."""

    id: str
    kind: str
    name: str
    about: str
    change: int
    creator: str
    tied_to: tuple[str, ...]
    raw: Json


@dataclass(slots=True)
class Glow:
    """Remembers what changed, and in which order."""

    _last: dict[str, int] = field(default_factory=dict)
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def note(self, event: object) -> None:
        """Listen to the gateway with this."""
        if isinstance(event, RecordChanged):
            self._last[event.id] = next(self._count)

    def of(self, record_id: str) -> int:
        """When it changed last, as a number that only grows; 0 for never."""
        return self._last.get(record_id, 0)


def counts(crm: FakeCRM) -> dict[str, int]:
    """How many records of each kind there are, and how many lie in the trash."""
    found = {plural: len(crm.all(plural)) for plural in KINDS}
    return {"latest": sum(found.values()), **found, "trash": sum(len(crm.trash(plural)) for plural in KINDS)}


def rows(crm: FakeCRM, seat: Seat, glow: Glow) -> list[Row]:
    """The records of the kind that is looked at, last changed first."""
    names = {each["id"]: name_of(plural, each) for plural in KINDS for each in crm.all(plural)}
    found = [(plural, record) for plural in KINDS for record in _of(crm, plural, seat.kind)]
    found.sort(key=lambda each: (glow.of(each[1]["id"]), each[1]["updatedAt"]), reverse=True)
    return [_row(crm, plural, record, glow, names) for plural, record in found[:SHOWN]]


def _of(crm: FakeCRM, plural: str, kind: str) -> list[Json]:
    if kind == "trash":
        return crm.trash(plural)
    return crm.all(plural) if kind in ("latest", plural) else []


def _row(crm: FakeCRM, plural: str, record: Json, glow: Glow, names: dict[str, str]) -> Row:
    ties = tuple(_ties(crm, plural, record["id"], names))
    about = " · ".join(filter(None, (brief(record.get(key)) for key in OF_INTEREST[plural])))
    creator = str((record.get("createdBy") or {}).get("name") or "")
    raw = {key: value for key, value in record.items() if value not in (None, "", [])}
    return Row(record["id"], KINDS[plural], name_of(plural, record), about, glow.of(record["id"]), creator, ties, raw)


def _ties(crm: FakeCRM, plural: str, record_id: str, names: dict[str, str]) -> Iterator[str]:
    if plural not in TIES:
        return
    targets, owner = TIES[plural]
    for tie in crm.all(targets):
        if tie.get(owner) == record_id:
            yield from (names.get(tie[key], "a record that is gone") for key in TIED if tie.get(key))


def name_of(plural: str, record: Json) -> str:
    """What a person calls the record."""
    name = record.get("title") if plural in ("notes", "tasks") else record.get("name")
    if isinstance(name, dict):
        name = f"{name.get('firstName') or ''} {name.get('lastName') or ''}".strip()
    return str(name or "without a name")


def brief(value: Any) -> str:
    """A value of the CRM in a few words."""
    match value:
        case None | "":
            return ""
        case {"amountMicros": micros, "currencyCode": code}:
            return f"{micros / 1_000_000:,.0f} {code}" if micros is not None else ""
        case {"primaryLinkUrl": url}:
            return str(url or "").removeprefix("https://")
        case {"primaryEmail": mail}:
            return str(mail or "")
        case {"primaryPhoneNumber": phone, **rest}:
            return f"{rest.get('primaryPhoneCallingCode') or ''} {phone}".strip() if phone else ""
        case {"addressCity": city}:
            return str(city or "")
        case {"markdown": text}:
            return " ".join(str(text or "").split())[:160]
        case str() if value[4:5] == "-" and value[10:11] == "T":
            return value[:10]
        case _:
            return str(value)
