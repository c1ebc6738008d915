"""Sample workspaces that a salesperson would believe, the same at every start but for dates around today."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from bot.sandbox.twenty.moments import written
from bot.sandbox.twenty.sample_words import AWKWARD, COMPANIES, DEALS, FIRST, JOBS, LAST, NOTES, TASKS
from bot.sandbox.twenty.schema import STAGES, STATUSES

Records = dict[str, list[dict[str, Any]]]
Member = tuple[str, str, str]
SPACE = UUID("6f1c1f0e-3d0a-4f43-9a4b-2f6f0c1d7e55")

ACME_MEMBERS: tuple[Member, ...] = (
    ("Ana", "Lopez", "ana@acme.example"),
    ("Ben", "Okafor", "ben@acme.example"),
    ("Cleo", "Park", "cleo@acme.example"),
    ("Dana", "Weiss", "dana@acme.example"),
    ("Emil", "Novak", "emil@acme.example"),
    ("Fay", "Lindqvist", "fay@acme.example"),
)
GLOBEX_MEMBERS: tuple[Member, ...] = (
    ("Gus", "Moreno", "gus@globex.example"),
    ("Hana", "Sato", "hana@globex.example"),
)


def acme(members: Sequence[Member] = ACME_MEMBERS, *, today: date | None = None) -> Records:
    """About 40 companies, 90 people and 40 deals, with notes, tasks and every awkward name."""
    return _workspace("acme", members, [*COMPANIES, *_awkward()], people=90, deals=40, today=today)


def globex(members: Sequence[Member] = GLOBEX_MEMBERS, *, today: date | None = None) -> Records:
    """A second, smaller workspace whose records share no id or name with the first."""
    rows = [(f"Globex {name}", f"globex-{domain}", *rest) for name, domain, *rest in COMPANIES[:12]]
    return _workspace("globex", members, rows, people=20, deals=10, today=today)


def big(*, companies: int = 5_000, people: int = 20_000, deals: int = 3_000, today: date | None = None) -> Records:
    """A large workspace for measurements, without notes and tasks to speak of."""
    rows = []
    for n in range(companies):
        name, domain, *rest = COMPANIES[n % len(COMPANIES)]
        rows.append((f"{name} {n}", f"n{n}.{domain}", *rest))
    return _workspace("big", ACME_MEMBERS, rows, people=people, deals=deals, today=today)


def sample_id(*parts: object) -> str:
    """The id of a sample record: `sample_id("acme", "companies", 0)`."""
    return str(uuid5(SPACE, "/".join(str(part) for part in parts)))


def _awkward() -> Iterator[tuple[Any, ...]]:
    for n, name in enumerate(AWKWARD):
        yield name, f"awkward{n}.example", "Springfield", "United States", 10 + n, 1_000 + n


def _workspace(
    space: str, members: Sequence[Member], companies: Sequence[Any], *, people: int, deals: int, today: date | None
) -> Records:
    maker = _Maker(space, members, len(companies), people, today or datetime.now(UTC).date())
    return {
        "workspaceMembers": [maker.member(n, each) for n, each in enumerate(members)],
        "companies": [maker.company(n, each) for n, each in enumerate(companies)],
        "people": [maker.person(n) for n in range(people)],
        "opportunities": [maker.deal(n, companies[n % len(companies)][0]) for n in range(deals)],
        "notes": [maker.note(n) for n in range(20)],
        "tasks": [maker.task(n) for n in range(24)],
        "noteTargets": [maker.link("note", n) for n in range(20)],
        "taskTargets": [maker.link("task", n) for n in range(24)],
        "workflows": [maker.workflow(n, name) for n, name in enumerate(("New lead greeting", "Stale deal reminder"))],
    }


class _Maker:
    """Makes the records of one workspace; the n-th record of a kind is always the same."""

    def __init__(self, space: str, members: Sequence[Member], companies: int, people: int, today: date) -> None:
        self._space = space
        self._people_here = members
        self._members = len(members)
        self._companies = companies
        self._people = people
        self._noon = datetime.combine(today, time(12), UTC)

    def _id(self, plural: str, n: int) -> str:
        return sample_id(self._space, plural, n)

    def _born(self, plural: str, n: int, *, days: int) -> dict[str, Any]:
        at = written(self._noon - timedelta(days=days, minutes=n % 600))
        return {"id": self._id(plural, n), "createdAt": at, "updatedAt": at}

    def _by(self, n: int) -> dict[str, Any]:
        first, last, _ = self._people_here[n % self._members]
        return {"createdBy": {"source": "MANUAL", "name": f"{first} {last}", "workspaceMemberId": self._member(n)}}

    def _member(self, n: int) -> str:
        return self._id("workspaceMembers", n % self._members)

    def _company(self, n: int) -> str:
        return self._id("companies", n % self._companies)

    def _person(self, n: int) -> str:
        return self._id("people", n % self._people)

    def member(self, n: int, member: Member) -> dict[str, Any]:
        first, last, email = member
        name = {"firstName": first, "lastName": last}
        zone = ("Europe/Madrid", "Europe/London", "America/New_York")[n % 3]
        return {
            **self._born("workspaceMembers", n, days=900),
            "name": name,
            "userEmail": email,
            "timeZone": zone,
            "locale": "en",
        }

    def company(self, n: int, row: Sequence[Any]) -> dict[str, Any]:
        name, domain, city, country, employees, revenue = row
        return {
            **self._born("companies", n, days=400 - n % 300),
            **self._by(n),
            "name": name,
            "domainName": {"primaryLinkUrl": f"https://{domain}", "primaryLinkLabel": domain},
            "address": {"addressCity": city, "addressCountry": country},
            "annualRevenue": {"amountMicros": revenue * 1_000 * 1_000_000, "currencyCode": "USD"},
            "annualRecurringRevenue": {"amountMicros": revenue * 100 * 1_000_000, "currencyCode": "USD"},
            "employees": employees,
            "idealCustomerProfile": n % 3 == 0,
            "accountOwnerId": self._member(n) if n % 7 else None,
        }

    def person(self, n: int) -> dict[str, Any]:
        first, last = FIRST[n % len(FIRST)], LAST[(n * 7 + n // len(FIRST)) % len(LAST)]
        mail = f"{first}.{last}.{n}@{self._space}-customers.example".lower().replace("'", "")
        phone = {"primaryPhoneNumber": f"+1415555{n % 10_000:04d}"}
        return {
            **self._born("people", n, days=350 - n % 300),
            **self._by(n),
            "name": {"firstName": first, "lastName": last},
            "emails": {"primaryEmail": mail} if n % 9 else {"primaryEmail": None},
            "phones": phone if n % 3 else {},
            "jobTitle": JOBS[n % len(JOBS)],
            "city": COMPANIES[n % len(COMPANIES)][2],
            "companyId": self._company(n) if n % 11 else None,
        }

    def deal(self, n: int, company: str) -> dict[str, Any]:
        return {
            **self._born("opportunities", n, days=200 - n % 180),
            **self._by(n),
            "name": f"{company[:60]} {DEALS[n % len(DEALS)]}",
            "amount": {"amountMicros": (n * 37 % 190 + 3) * 1_000 * 1_000_000, "currencyCode": ("USD", "EUR")[n % 2]},
            "stage": STAGES[n % len(STAGES)],
            "closeDate": written(self._noon + timedelta(days=n * 5 % 120 - 20)) if n % 6 else None,
            "companyId": self._company(n),
            "pointOfContactId": self._person(n),
            "ownerId": self._member(n),
        }

    def note(self, n: int) -> dict[str, Any]:
        title, markdown = NOTES[n % len(NOTES)]
        return {**self._born("notes", n, days=60 - n), **self._by(n), "title": title, "bodyV2": {"markdown": markdown}}

    def task(self, n: int) -> dict[str, Any]:
        return {
            **self._born("tasks", n, days=30 - n % 25),
            **self._by(n),
            "title": TASKS[n % len(TASKS)],
            "bodyV2": {"markdown": "See the last note." if n % 2 else None},
            "dueAt": written(self._noon + timedelta(days=n % 12 - 4)) if n % 5 else None,
            "status": STATUSES[n % len(STATUSES)],
            "assigneeId": self._member(n) if n % 8 else None,
        }

    def link(self, owner: str, n: int) -> dict[str, Any]:
        to = ("targetCompanyId", self._company(n * 2)) if n % 2 else ("targetPersonId", self._person(n * 3))
        plural = f"{owner}Targets"
        return {**self._born(plural, n, days=30), f"{owner}Id": self._id(f"{owner}s", n), to[0]: to[1]}

    def workflow(self, n: int, name: str) -> dict[str, Any]:
        return {**self._born("workflows", n, days=90), "name": name, "statuses": ["ACTIVE" if n == 0 else "DRAFT"]}
