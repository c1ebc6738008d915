"""A CRM behind a gateway that answers at once: ten rows in three answers of 4 KB, and writes that are echoed.

Run as a process of its own: `python -m tests.bench.crm_standin PORT`. `POST /latency/50` makes it 50 ms slower.
"""

import asyncio
import json
import re
import sys
from typing import Any
from uuid import UUID, uuid5

from tests.bench import wire

TAG = b"q000000"
"""Stands in every record's name; each answer carries the tag of its question instead, so that all rows match."""

ROWS = {"companies": 4, "people": 3, "opportunities": 3}
BYTES = 4096

_TAG = re.compile(rb"q\d{6}")
_SPACE = UUID("5f0c2f6e-0000-4000-8000-000000000000")


def made_id(*parts: object) -> str:
    """Always the same id for the same parts."""
    return str(uuid5(_SPACE, "/".join(map(str, parts))))


def _shared(plural: str, n: int) -> dict[str, Any]:
    by = {"source": "MANUAL", "name": "Ana Lopez", "workspaceMemberId": made_id("members", 0), "context": {}}
    moment = f"2026-02-1{n}T09:30:00.000Z"
    return {"id": made_id(plural, n), "createdAt": moment, "updatedAt": moment, "createdBy": by, "position": n}


def _company(n: int) -> dict[str, Any]:
    name = f"Acme {TAG.decode()} {('Holdings', 'Tools', 'Foods', 'Rail')[n]}"
    return {
        **_shared("companies", n),
        "name": name,
        "domainName": {"primaryLinkUrl": f"https://acme{n}.example", "primaryLinkLabel": "", "secondaryLinks": []},
        "address": {"addressCity": "Seattle", "addressCountry": "United States", "addressStreet1": "1 Pine Street"},
        "annualRevenue": {"amountMicros": 52_000_000_000_000, "currencyCode": "USD"},
        "employees": 340 + n,
        "idealCustomerProfile": True,
        "accountOwnerId": None,
    }


def _person(n: int) -> dict[str, Any]:
    first, last = (("Ada", "Lovelace"), ("Grace", "Hopper"), ("Mary", "Jackson"))[n]
    return {
        **_shared("people", n),
        "name": {"firstName": f"{first} Acme", "lastName": f"{last} {TAG.decode()}"},
        "emails": {"primaryEmail": f"{first.lower()}@acme{n}.example", "additionalEmails": []},
        "phones": {"primaryPhoneNumber": "5550100", "primaryPhoneCallingCode": "+1", "primaryPhoneCountryCode": "US"},
        "jobTitle": "Chief Engineer",
        "city": "Seattle",
        "companyId": made_id("companies", n),
    }


def _deal(n: int) -> dict[str, Any]:
    return {
        **_shared("opportunities", n),
        "name": f"Acme {TAG.decode()} {('pilot', 'renewal', 'expansion')[n]}",
        "amount": {"amountMicros": 3_000_000_000 * (n + 1), "currencyCode": "USD"},
        "stage": ("NEW", "MEETING", "PROPOSAL")[n],
        "closeDate": "2099-06-01T00:00:00.000Z",
        "companyId": made_id("companies", n),
        "pointOfContactId": made_id("people", n),
        "ownerId": None,
    }


_MAKERS = {"companies": _company, "people": _person, "opportunities": _deal}


def listed(plural: str) -> bytes:
    """A list's answer of exactly `BYTES`; what a workspace's own fields would hold fills it up."""
    rows = [_MAKERS[plural](n) for n in range(ROWS[plural])]
    for row in rows:
        row["customNotes"] = ""
    answer = {
        "data": {plural: rows},
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": "a", "endCursor": "b"},
        "totalCount": len(rows),
    }
    lacking = BYTES - len(json.dumps(answer))
    for n, row in enumerate(rows):
        row["customNotes"] = "x" * (lacking // len(rows) + (lacking % len(rows) if n == 0 else 0))
    return json.dumps(answer).encode()


class StandIn:
    """Answers the requests that the measured roads send; anything else gets a 404."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.served = 0
        self._lists = {plural.encode(): listed(plural) for plural in ROWS}
        self._empty = wire.response(b'{"data":{"workspaceMembers":[]},"pageInfo":{"hasNextPage":false},"totalCount":0}')

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """One response."""
        if target.startswith(b"/latency/"):
            self.latency = float(target.rsplit(b"/", 1)[1]) / 1000
            return wire.response(b"{}")
        if target == b"/served":
            return wire.response(str(self.served).encode())
        self.served += 1
        path, _, query = target.partition(b"?")
        plural = path.removeprefix(b"/twenty/rest/")
        if method == b"GET" and plural in self._lists:
            return self._list(plural, query)
        if method == b"POST":
            return wire.response(b'{"data":{"created":' + _echo(body) + b"}}", status="201 Created")
        return self._empty if b"workspaceMembers" in path else wire.response(b"{}", status="404 Not Found")

    def _list(self, plural: bytes, query: bytes) -> bytes:
        asked = _TAG.search(query)
        return wire.response(self._lists[plural].replace(TAG, asked[0] if asked else TAG))


def _echo(body: bytes) -> bytes:
    return body[:-1] + b',"createdAt":"2026-03-01T12:00:00.000Z","updatedAt":"2026-03-01T12:00:00.000Z"}'


async def main(port: int) -> None:
    """Serve until the process is ended."""
    standin = StandIn()
    server = await wire.serve(standin.answer, port, lambda: standin.latency)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
