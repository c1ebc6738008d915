"""Deleting, restoring, permissions, dialects and the rate limit (twenty.md sections 0, 4, 6 and 7)."""

from typing import Any

import pytest
from twenty_fixtures import NOWHERE, ask, company, message

from bot.sandbox.twenty import FakeCRM, samples

EVERY = ("current", "base", "documented")
NEVER_GONE = "and(id[eq]:{},deletedAt[is]:NOT_NULL)"


def note_on(crm: FakeCRM) -> tuple[dict[str, Any], dict[str, Any]]:
    """A note and its link to a company."""
    note = crm.add("notes", {"title": "Hi"})
    link = crm.add("noteTargets", {"noteId": note["id"], "targetCompanyId": company(crm, "Acme")["id"]})
    return note, link


@pytest.mark.parametrize("profile", EVERY)
def test_delete_is_for_good(profile: str) -> None:
    """Without the parameter the row is destroyed, and a second time it is not found."""
    crm = FakeCRM(profile)
    acme = company(crm, "Acme")
    answer = ask(crm, "DELETE", f"/companies/{acme['id']}")
    assert (answer.status, answer.body) == (200, {"data": {"deleteCompany": {"id": acme["id"]}}})
    assert (crm.all("companies"), crm.trash("companies")) == ([], [])
    assert ask(crm, "DELETE", f"/companies/{acme['id']}").status == 404


@pytest.mark.parametrize(("value", "trashed"), [("true", 1), ("True", 0), ("1", 0), ("", 0)])
def test_only_the_exact_word_is_soft(value: str, trashed: int) -> None:
    """`soft_delete=true` puts into the trash, anything like it destroys."""
    crm = FakeCRM()
    acme = company(crm, "Acme")
    answer = ask(crm, "DELETE", f"/companies/{acme['id']}", soft_delete=value)
    assert answer.body == {"data": {"deleteCompany": {"id": acme["id"]}}}
    assert len(crm.trash("companies")) == trashed
    found = ask(crm, "GET", "/companies", filter=NEVER_GONE.format(acme["id"]))
    assert found.body["totalCount"] == trashed


@pytest.mark.parametrize("crm", [FakeCRM("documented"), FakeCRM("base", soft_delete=False)], ids=["documented", "old"])
def test_some_servers_ignore_soft_delete(crm: FakeCRM) -> None:
    """There the row is destroyed all the same, with the same answer."""
    acme = company(crm, "Acme")
    assert ask(crm, "DELETE", f"/companies/{acme['id']}", soft_delete="true").status == 200
    assert crm.trash("companies") == []


def test_trash_is_hidden_but_can_be_written() -> None:
    """GET does not see it; PATCH and DELETE do."""
    crm = FakeCRM()
    acme = company(crm, "Acme")
    crm.remove("companies", acme["id"], soft=True)
    path = f"/companies/{acme['id']}"
    assert message(ask(crm, "GET", path)) == "Record not found"
    assert ask(crm, "PATCH", path, {"name": "Acme 2"}).status == 200
    assert crm.trash("companies")[0]["name"] == "Acme 2"
    assert ask(crm, "DELETE", path).status == 200
    assert crm.trash("companies") == []


@pytest.mark.parametrize("soft", ["true", "false"])
def test_bulk_delete(soft: str) -> None:
    """With any filter every match goes, one way or the other."""
    crm = FakeCRM()
    for name in ("One", "Two", "Two"):
        company(crm, name)
    answer = ask(crm, "DELETE", "/companies", filter="name[eq]:Two", soft_delete=soft)
    assert len(answer.body["data"]["deleteCompanies"]) == 2
    assert len(crm.all("companies")) == 1
    assert len(crm.trash("companies")) == (2 if soft == "true" else 0)


def test_links_share_their_notes_fate() -> None:
    """Trashed and restored with the note, destroyed with it for good."""
    crm = FakeCRM()
    note, link = note_on(crm)
    ask(crm, "DELETE", f"/notes/{note['id']}", soft_delete="true")
    assert [each["id"] for each in crm.trash("noteTargets")] == [link["id"]]
    ask(crm, "PATCH", f"/notes/{note['id']}/restore")
    assert [each["id"] for each in crm.all("noteTargets")] == [link["id"]]
    ask(crm, "DELETE", f"/notes/{note['id']}")
    assert (crm.all("noteTargets"), crm.trash("noteTargets")) == ([], [])


def test_what_hangs_on_a_destroyed_company() -> None:
    """Its links are destroyed with it; its people stay, without a company."""
    crm = FakeCRM()
    acme = company(crm, "Acme")
    person = crm.add("people", {"companyId": acme["id"]})
    note = crm.add("notes", {})
    crm.add("noteTargets", {"noteId": note["id"], "targetCompanyId": acme["id"]})
    ask(crm, "DELETE", f"/companies/{acme['id']}")
    assert crm.get("people", person["id"])["companyId"] is None
    assert crm.all("noteTargets") == []
    assert len(crm.all("notes")) == 1


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        ("current", "/companies/{id}/restore", 200),
        ("current", "/companies/restore", 200),
        ("current", "/restore/companies", 400),
        ("base", "/companies/{id}/restore", 400),
        ("base", "/restore/companies/{id}", 400),
        ("base", "/restore/companies", 200),
        ("base", "/companies/restore", 400),
    ],
)
def test_which_restore_routes_exist(profile: str, path: str, status: int) -> None:
    """The newest server restores one or many; 2.21 only many, by another path."""
    crm = FakeCRM(profile)
    acme, other = company(crm, "Acme"), company(crm, "Other")
    for each in (acme, other):
        crm.remove("companies", each["id"], soft=True)
    answer = ask(crm, "PATCH", path.format(id=acme["id"]), filter=f"id[eq]:{acme['id']}")
    assert answer.status == status, answer.body
    assert [each["name"] for each in crm.all("companies")] == (["Acme"] if status == 200 else [])
    if status == 200:
        assert next(iter(answer.body["data"])) in ("restoreCompany", "restoreCompanies")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/noteTargets"),
        ("POST", "/taskTargets"),
        ("GET", "/workflows"),
        ("POST", "/companies/duplicates"),
        ("GET", "/opportunities/groupBy"),
        ("PATCH", "/restore/companies"),
        ("PATCH", f"/companies/{NOWHERE}/restore"),
        ("PATCH", "/companies/restore"),
    ],
)
def test_what_is_not_documented_is_not_routed(method: str, path: str) -> None:
    """The documented server has only the documented routes."""
    assert ask(FakeCRM("documented"), method, path, {}).status == 404


def test_the_documented_dialect() -> None:
    """Notes have a `body`, and there are other stages."""
    crm = FakeCRM("documented")
    assert ask(crm, "POST", "/notes", {"body": "text"}).body["data"]["createNote"]["body"] == "text"
    unknown = ask(crm, "POST", "/notes", {"bodyV2": {"markdown": "text"}})
    assert message(unknown) == 'Object note doesn\'t have any "bodyV2" field.'
    assert ask(crm, "POST", "/opportunities", {"stage": "WON"}).status == 201
    refused = message(ask(crm, "POST", "/opportunities", {"stage": "NEW"}))
    assert refused.endswith("Valid values are: SCREENING, MEETING, PROPOSAL, NEGOTIATION, WON, LOST")
    for _ in range(61):
        company(crm, "Acme")
    assert len(ask(crm, "GET", "/companies", limit=200).body["data"]["companies"]) == 60


@pytest.mark.parametrize(("profile", "has"), [("current", False), ("base", True), ("documented", True)])
def test_who_has_the_demoted_fields(profile: str, has: bool) -> None:
    """Employees, ideal customer and city are there in upgraded workspaces only."""
    crm = FakeCRM(profile)
    for plural, field in (("companies", "employees"), ("companies", "idealCustomerProfile"), ("people", "city")):
        assert (field in crm.add(plural, {})) is has


def test_old_targets() -> None:
    """Before 1.17 links named the record without `target`."""
    crm = FakeCRM(old_targets=True)
    note, acme = crm.add("notes", {}), company(crm, "Acme")
    answer = ask(crm, "POST", "/noteTargets", {"noteId": note["id"], "targetCompanyId": acme["id"]})
    assert message(answer) == 'Object noteTarget doesn\'t have any "targetCompanyId" field.'
    assert ask(crm, "POST", "/noteTargets", {"noteId": note["id"], "companyId": acme["id"]}).status == 201


def test_own_stages() -> None:
    """Options can be customised; the first one is the default."""
    crm = FakeCRM(stages=["LEAD", "DONE_DEAL"])
    assert crm.add("opportunities", {})["stage"] == "LEAD"


@pytest.mark.parametrize(("profile", "status"), [("current", 403), ("base", 400), ("documented", 400)])
def test_missing_permissions(profile: str, status: int) -> None:
    """A refused role is 403 now and was 400; nothing is written, and other methods go on."""
    crm = FakeCRM(profile, denied={("DELETE", "company")})
    acme = company(crm, "Acme")
    answer = ask(crm, "DELETE", f"/companies/{acme['id']}")
    assert (answer.status, answer.body["code"]) == (status, "PERMISSION_DENIED")
    assert ask(crm, "GET", f"/companies/{acme['id']}").status == 200


def test_links_need_no_permission() -> None:
    """Targets are system objects: a link can succeed where its note would be refused."""
    crm = FakeCRM(denied={("POST", "note"), ("POST", "noteTarget")})
    note = crm.add("notes", {})
    assert ask(crm, "POST", "/notes", {}).status == 403
    assert ask(crm, "POST", "/noteTargets", {"noteId": note["id"]}).status == 201


def test_members_are_read_only() -> None:
    """Nobody is invited or removed over this API."""
    crm = FakeCRM()
    ana = crm.add("workspaceMembers", {"userEmail": "ana@acme.example"})
    assert ask(crm, "POST", "/workspaceMembers", {}).body["code"] == "PERMISSION_DENIED"
    answer = ask(crm, "DELETE", f"/workspaceMembers/{ana['id']}")
    assert answer.status == 400
    assert message(answer).startswith("Please use /deleteUserFromWorkspace")


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def statuses(crm: FakeCRM, clock: Clock, *, every: float, times: int) -> list[int]:
    """The answers to a steady caller."""
    got = []
    for _ in range(times):
        clock.now += every
        got.append(ask(crm, "GET", "/companies").status)
    return got


def test_a_quick_caller_earns_nothing_back() -> None:
    """At two a second 100 tokens drain to none, and then every second call fails."""
    crm, clock = FakeCRM(), Clock()
    crm.limit(100, clock=clock)
    got = statuses(crm, clock, every=0.5, times=120)
    assert got[:100] == [200] * 100
    assert got[100:110] == [429, 200] * 5


def test_a_slow_caller_is_never_refused() -> None:
    """At 600 ms and more each call earns its token."""
    crm, clock = FakeCRM(), Clock()
    crm.limit(100, clock=clock)
    assert set(statuses(crm, clock, every=0.7, times=150)) == {200}


@pytest.mark.parametrize("retry_after", [None, 7])
def test_the_two_shapes_of_429(retry_after: int | None) -> None:
    """Without a header in 2.21, with it in the newer ones."""
    crm = FakeCRM()
    crm.limit(1, retry_after=retry_after, clock=Clock())
    ask(crm, "GET", "/companies")
    answer = ask(crm, "GET", "/companies")
    assert (answer.status, message(answer)) == (429, "Limit reached (1 tokens per 60000 ms)")
    assert answer.body["error"] == ("HttpException" if retry_after is None else "RATE_LIMITED")
    assert answer.headers.get("Retry-After") == (None if retry_after is None else "7")


def test_what_counts_against_the_limit() -> None:
    """Bad syntax is not counted, a bad type is."""
    crm = FakeCRM()
    crm.limit(1, clock=Clock())
    assert ask(crm, "GET", "/companies", filter="x").status == 400
    assert ask(crm, "GET", "/companies/x").status == 400
    assert ask(crm, "GET", "/companies", filter="nope[eq]:1").status == 400
    assert ask(crm, "GET", "/companies").status == 429


@pytest.mark.parametrize("profile", EVERY)
def test_samples_fit_every_server(profile: str) -> None:
    """Every profile takes the samples, in its own dialect."""
    crm = FakeCRM(profile, samples.acme())
    counts = [len(crm.all(plural)) for plural in ("companies", "people", "opportunities", "workspaceMembers")]
    assert counts == [41, 90, 40, 6]
    text = crm.all("notes")[0]
    assert text["body"] if profile == "documented" else text["bodyV2"]["markdown"]


def test_samples_are_the_same_every_time() -> None:
    """Ids do not change, and the two workspaces share none of them."""
    first, second, other = FakeCRM(records=samples.acme()), FakeCRM(records=samples.acme()), samples.globex()
    mine = {each["id"] for each in first.all("companies")}
    assert mine == {each["id"] for each in second.all("companies")}
    assert mine.isdisjoint(each["id"] for each in other["companies"])
    assert samples.sample_id("acme", "companies", 0) in mine


def test_members_of_the_samples_can_be_chosen() -> None:
    """The members' emails are those of the people in Slack."""
    crm = FakeCRM(records=samples.globex())
    assert {each["userEmail"] for each in crm.all("workspaceMembers")} == {"gus@globex.example", "hana@globex.example"}
    crm = FakeCRM(records=samples.acme([("Zoe", "X", "zoe@x.example")]))
    assert [each["userEmail"] for each in crm.all("workspaceMembers")] == ["zoe@x.example"]


def test_a_big_workspace() -> None:
    """A large one is made to measure."""
    crm = FakeCRM(records=samples.big(companies=50, people=200, deals=30))
    assert [len(crm.all(plural)) for plural in ("companies", "people", "opportunities")] == [50, 200, 30]
