"""Routes, envelopes, orders, pages and depth (twenty.md sections 1 and 3)."""

import base64
import json
from typing import Any

import pytest
from twenty_fixtures import NOWHERE, ask, company, message, names

from bot.sandbox.twenty import FakeCRM
from bot.sandbox.twenty.refusals import NotTaught


@pytest.fixture
def crm() -> FakeCRM:
    """An empty new workspace."""
    return FakeCRM()


def numbered(crm: FakeCRM, count: int) -> list[str]:
    """So many companies, their ids ascending."""
    ids = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(count)]
    for n, each in enumerate(ids):
        company(crm, f"Company {n}", id=each)
    return ids


def ids(answer: Any, plural: str = "companies") -> list[str]:
    return [each["id"] for each in answer.body["data"][plural]]


def test_an_empty_list(crm: FakeCRM) -> None:
    """Even an empty list has its whole envelope, in order."""
    body = ask(crm, "GET", "/companies").body
    nothing = {"startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": False}
    assert list(body.items()) == [("data", {"companies": []}), ("totalCount", 0), ("pageInfo", nothing)]


def test_one_record_under_its_singular(crm: FakeCRM) -> None:
    """A record is found by id, whatever the id's case."""
    made = company(crm, "Acme")
    assert ask(crm, "GET", f"/companies/{made['id'].upper()}").body == {"data": {"company": made}}


def test_what_a_record_holds_at_depth_zero(crm: FakeCRM) -> None:
    """Scalars, whole composites and keys; empty text is ''."""
    record = company(crm, "Acme")
    assert record["domainName"] == {"primaryLinkLabel": "", "primaryLinkUrl": "", "secondaryLinks": None}
    assert record["annualRevenue"] == {"amountMicros": None, "currencyCode": ""}
    assert record["accountOwnerId"] is None
    assert record["searchVector"] == "'acme':1"
    assert not {"accountOwner", "people"} & set(record)


def test_depth_one_adds_relations(crm: FakeCRM) -> None:
    """Depth 1 brings the company of a person and the people of a company, on writes too."""
    acme = company(crm, "Acme")
    made = ask(crm, "POST", "/people", {"companyId": acme["id"]}, depth=1).body["data"]["createPerson"]
    assert made["company"]["name"] == "Acme"
    assert made["noteTargets"] == []
    shown = ask(crm, "GET", f"/companies/{acme['id']}", depth=1).body["data"]["company"]
    assert [each["id"] for each in shown["people"]] == [made["id"]]


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "text"),
    [
        ("GET", "/company", {}, 400, "object 'company' not found. Did you mean 'companies'?"),
        ("GET", "/xyzzy", {}, 400, "object 'xyzzy' not found. eg: companies"),
        ("GET", "/companies/malformed-uuid", {}, 400, "'malformed-uuid' is not a valid UUID"),
        ("GET", f"/companies/{NOWHERE}", {}, 404, "Record not found"),
        ("PATCH", f"/companies/{NOWHERE}", {}, 404, "Record not found"),
        ("DELETE", f"/companies/{NOWHERE}", {}, 404, "Record not found"),
        (
            "GET",
            "/a/b/c",
            {},
            400,
            "Query path '/rest/a/b/c' invalid. Valid examples: /rest/companies/id or /rest/companies or "
            "/rest/batch/companies",
        ),
        ("GET", "/companies", {"depth": 2}, 400, "'depth=2' parameter invalid. Allowed values are 0, 1"),
        ("GET", "/companies", {"limit": "x"}, 400, "limit 'x' is invalid. Should be an integer"),
        ("GET", "/companies", {"limit": -1}, 400, "limit '-1' is invalid. Should be an integer"),
        ("GET", "/companies", {"order_by": "nope"}, 400, 'Field "nope" does not exist or is not sortable'),
        (
            "GET",
            "/opportunities",
            {"order_by": "closeDate,amount[DescNullsFirst]"},
            400,
            'Composite field "amount" requires subfield ordering (e.g. amount.amountMicros)',
        ),
        ("GET", "/companies", {"starting_after": "?"}, 400, "Invalid cursor: ?"),
        (
            "GET",
            "/companies",
            {"starting_after": "a", "ending_before": "b"},
            400,
            "Cannot provide both before and after",
        ),
        (
            "DELETE",
            "/companies",
            {},
            400,
            "Filters are mandatory for bulk destroy operations. Please provide at least one filter to prevent "
            "accidental deletion of all records.",
        ),
        (
            "DELETE",
            "/companies",
            {"soft_delete": "true", "filter": ["a", "b"]},
            400,
            "Filters are mandatory for bulk delete operations. Please provide at least one filter to prevent "
            "accidental deletion of all records.",
        ),
    ],
)
def test_refused_requests(crm: FakeCRM, method: str, path: str, query: Any, status: int, text: str) -> None:
    """Bad paths and parameters are refused in the server's words."""
    answer = ask(crm, method, path, {} if method == "PATCH" else None, **query)
    assert (answer.status, message(answer)) == (status, text)
    assert answer.body["statusCode"] == status


def test_a_direction_that_does_not_exist(crm: FakeCRM) -> None:
    """Directions are four words, exactly."""
    text = message(ask(crm, "GET", "/companies", order_by="name[Desc]"))
    assert text.startswith("'order_by' direction 'Desc' invalid. Allowed values are ")


def test_errors_of_two_generations() -> None:
    """`error` and `code` differ between the servers, the status and the message do not."""
    bodies = [ask(FakeCRM(each), "GET", "/companies", starting_after="?").body for each in ("base", "current")]
    assert [each["error"] for each in bodies] == ["Error", "BadRequestException"]
    assert {each["code"] for each in bodies} == {"INVALID_CURSOR"}
    missing = [ask(FakeCRM(each), "GET", f"/notes/{NOWHERE}").body for each in ("base", "current")]
    assert [each.get("code") for each in missing] == [None, "RECORD_NOT_FOUND"]
    assert {each["error"] for each in missing} == {"NotFoundException"}


def test_merging_is_not_taught(crm: FakeCRM) -> None:
    """What the fake cannot do fails loudly."""
    with pytest.raises(NotTaught):
        ask(crm, "PATCH", "/companies/merge", {"ids": []})


def test_an_unknown_method(crm: FakeCRM) -> None:
    """There is no HEAD and no OPTIONS."""
    assert ask(crm, "OPTIONS", "/companies").status == 404


@pytest.mark.parametrize(("asked", "got"), [(None, 60), (1, 1), (200, 200), (500, 200), (0, 0)])
def test_the_pages_size(crm: FakeCRM, asked: int | None, got: int) -> None:
    """60 by default, 200 at most, without a word about it."""
    numbered(crm, 201)
    answer = ask(crm, "GET", "/companies", **({} if asked is None else {"limit": asked}))
    assert len(ids(answer)) == got
    assert answer.body["totalCount"] == 201


def test_walking_forward_and_back(crm: FakeCRM) -> None:
    """Pages follow each other by id; a page only knows about its own direction."""
    wanted = numbered(crm, 5)
    first = ask(crm, "GET", "/companies", limit=2)
    second = ask(crm, "GET", "/companies", limit=2, starting_after=first.body["pageInfo"]["endCursor"])
    last = ask(crm, "GET", "/companies", limit=2, starting_after=second.body["pageInfo"]["endCursor"])
    assert ids(first) + ids(second) + ids(last) == wanted
    more = [(each.body["pageInfo"]["hasNextPage"], each.body["pageInfo"]["hasPreviousPage"]) for each in (first, last)]
    assert more == [(True, False), (False, False)]
    back = ask(crm, "GET", "/companies", limit=2, ending_before=last.body["pageInfo"]["startCursor"])
    assert ids(back) == wanted[2:4]
    assert (back.body["pageInfo"]["hasNextPage"], back.body["pageInfo"]["hasPreviousPage"]) == (False, True)


def test_a_cursor_is_base64_json(crm: FakeCRM) -> None:
    """It holds the order's values and the id."""
    numbered(crm, 1)
    info = ask(crm, "GET", "/companies", order_by="name").body["pageInfo"]
    assert json.loads(base64.b64decode(info["endCursor"])) == {
        "name": "Company 0",
        "id": "00000000-0000-4000-8000-000000000000",
    }


def test_a_cursor_belongs_to_its_order(crm: FakeCRM) -> None:
    """Used with another order it is refused."""
    numbered(crm, 3)
    cursor = ask(crm, "GET", "/companies", limit=1, order_by="name").body["pageInfo"]["endCursor"]
    answer = ask(crm, "GET", "/companies", limit=1, starting_after=cursor)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("name", ["", "alpha", "Beta", "gamma"]),
        ("name[AscNullsLast]", ["alpha", "Beta", "gamma", ""]),
        ("name[DescNullsFirst]", ["", "gamma", "Beta", "alpha"]),
        ("name[DescNullsLast]", ["gamma", "Beta", "alpha", ""]),
        ("address.addressCity[AscNullsFirst],name[DescNullsLast]", ["gamma", "", "Beta", "alpha"]),
    ],
)
def test_orders(crm: FakeCRM, order: str, wanted: list[str]) -> None:
    """Text ignores case, and the empty ones stand where the direction says."""
    for name, city in (("Beta", "Rome"), ("gamma", ""), ("alpha", "rome"), ("", "Oslo")):
        company(crm, name, address={"addressCity": city})
    assert names(ask(crm, "GET", "/companies", order_by=order)) == wanted


def test_ordering_by_a_nullable_field_loses_rows(crm: FakeCRM) -> None:
    """Rows without a value vanish from later pages though they are counted (#24333)."""
    for n in range(4):
        crm.add("opportunities", {"name": f"Dated {n}", "closeDate": f"2026-01-0{n + 1}"})
        crm.add("opportunities", {"name": f"Undated {n}"})
    order = "closeDate[AscNullsLast]"
    first = ask(crm, "GET", "/opportunities", limit=3, order_by=order)
    second = ask(
        crm, "GET", "/opportunities", limit=3, order_by=order, starting_after=first.body["pageInfo"]["endCursor"]
    )
    assert names(first, "opportunities") == ["Dated 0", "Dated 1", "Dated 2"]
    assert names(second, "opportunities") == ["Dated 3"]
    assert (second.body["totalCount"], second.body["pageInfo"]["hasNextPage"]) == (8, False)


def test_the_documented_server_pages_well_with_bare_ids() -> None:
    """Its cursors look like UUIDs, and it walks over empty values."""
    crm = FakeCRM("documented")
    for n in range(4):
        crm.add("opportunities", {"name": f"Deal {n}", **({"closeDate": "2026-01-01"} if n % 2 else {})})
    first = ask(crm, "GET", "/opportunities", limit=3, order_by="closeDate[AscNullsLast]")
    cursor = first.body["pageInfo"]["endCursor"]
    assert cursor == ids(first, "opportunities")[-1]
    rest = ask(crm, "GET", "/opportunities", order_by="closeDate[AscNullsLast]", starting_after=cursor)
    assert len(ids(rest, "opportunities")) == 1
    assert ask(crm, "GET", "/opportunities", starting_after=NOWHERE).status == 400


def test_paging_by_a_foreign_key_fails(crm: FakeCRM) -> None:
    """The server cannot read its own cursor back (#20131)."""
    crm.add("people", {"companyId": company(crm, "Acme")["id"]})
    cursor = ask(crm, "GET", "/people", order_by="companyId").body["pageInfo"]["endCursor"]
    answer = ask(crm, "GET", "/people", order_by="companyId", starting_after=cursor)
    assert message(answer) == "Field metadata not found for key: companyId"


def test_choosing_fields_is_new() -> None:
    """`fields=` is understood by the newest server and ignored by the others."""
    for profile, wanted in (("current", {"id", "name"}), ("base", set())):
        crm = FakeCRM(profile)
        company(crm, "Acme")
        (record,) = ask(crm, "GET", "/companies", fields="name").body["data"]["companies"]
        assert set(record) == (wanted or set(crm.schema.kinds["companies"].fields))


def test_grouping_by_a_select_field(crm: FakeCRM) -> None:
    """The answer is a bare array of values and counts."""
    for stage in ("NEW", "NEW", "MEETING"):
        crm.add("opportunities", {"stage": stage})
    groups = ask(crm, "GET", "/opportunities/groupBy", group_by='[{"stage": true}]').body
    assert {(each["groupByDimensionValues"][0], each["totalCount"]) for each in groups} == {("NEW", 2), ("MEETING", 1)}


def test_looking_for_duplicates(crm: FakeCRM) -> None:
    """One element per input, by name, domain or email, and never the record itself."""
    acme = company(crm, "Acme", domainName={"primaryLinkUrl": "https://acme.example"})
    crm.add("people", {"emails": {"primaryEmail": "ada@acme.example"}})
    by_name = ask(crm, "POST", "/companies/duplicates", {"data": [{"name": "ACME"}, {"name": "Other"}]})
    assert by_name.status == 200
    assert [each["totalCount"] for each in by_name.body["data"]] == [1, 0]
    assert by_name.body["data"][0]["companyDuplicates"][0]["id"] == acme["id"]
    by_id = ask(crm, "POST", "/companies/duplicates", {"ids": [acme["id"]]}).body["data"]
    assert by_id[0]["companyDuplicates"] == []
    by_email = ask(crm, "POST", "/people/duplicates", {"data": [{"emails": {"primaryEmail": "ADA@acme.example"}}]})
    assert by_email.body["data"][0]["totalCount"] == 1
