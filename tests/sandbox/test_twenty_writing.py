"""Creating and changing: checks, normalisation, losses and uniqueness (twenty.md sections 4.2 and 5)."""

import json
from typing import Any

import pytest
from twenty_fixtures import NOWHERE, ask, company, message

from bot.sandbox.twenty import FakeCRM, Field, Type
from bot.sandbox.twenty.refusals import NotTaught

ID = "11111111-1111-4111-8111-111111111111"
TAKEN = "A duplicate entry was detected"


@pytest.fixture
def crm() -> FakeCRM:
    """An empty upgraded workspace."""
    return FakeCRM("base")


def made(crm: FakeCRM, plural: str, **body: Any) -> dict[str, Any]:
    """A record created over the API."""
    answer = ask(crm, "POST", f"/{plural}", body)
    assert answer.status == 201, answer.body
    (record,) = answer.body["data"].values()
    return dict(record)


def patched(crm: FakeCRM, plural: str, record_id: str, **body: Any) -> dict[str, Any]:
    """A record changed over the API."""
    answer = ask(crm, "PATCH", f"/{plural}/{record_id}", body)
    assert answer.status == 200, answer.body
    (record,) = answer.body["data"].values()
    return dict(record)


def test_the_envelope_of_a_create(crm: FakeCRM) -> None:
    """201, and the whole record under create + its name."""
    answer = ask(crm, "POST", "/people", {"id": ID, "name": {"firstName": "Ada", "lastName": "Lovelace"}})
    assert answer.status == 201
    assert list(answer.body["data"]) == ["createPerson"]
    assert answer.body["data"]["createPerson"] == crm.get("people", ID)


def test_put_is_patch(crm: FakeCRM) -> None:
    """PUT changes only what it names."""
    acme = company(crm, "Acme", employees=3)
    answer = ask(crm, "PUT", f"/companies/{acme['id']}", {"name": "Acme 2"})
    assert answer.body["data"]["updateCompany"]["employees"] == 3


def test_every_write_moves_updated_at(crm: FakeCRM) -> None:
    """Also a write of nothing, and two writes never share a time."""
    acme = company(crm, "Acme")
    times = [acme["updatedAt"], *(patched(crm, "companies", acme["id"])["updatedAt"] for _ in range(3))]
    assert times == sorted(set(times))


def test_the_empty_id_hazard(crm: FakeCRM) -> None:
    """PATCH with an empty id writes to all, up to 200 rows."""
    for _ in range(200):
        company(crm, "Acme")
    answer = ask(crm, "PATCH", "/companies/", {"name": "Oops"})
    assert len(answer.body["data"]["updateCompanies"]) == 200
    company(crm, "One more")
    answer = ask(crm, "PATCH", "/companies/", {"name": "Again"})
    assert (answer.status, answer.body["code"]) == (400, "TOO_MANY_RECORDS_TO_UPDATE")
    assert message(answer) == "Cannot update more than 200 records at once"


def test_update_many_by_filter(crm: FakeCRM) -> None:
    """Only the rows of the filter change."""
    company(crm, "One")
    company(crm, "Two")
    ask(crm, "PATCH", "/companies", {"employees": 5}, filter="name[eq]:One")
    assert {each["name"]: each["employees"] for each in crm.all("companies")} == {"One": 5, "Two": None}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("notes", {"body": "x"}, 'Object note doesn\'t have any "body" field.'),
    ("companies", {"id": "x"}, 'Value "x" is not a valid UUID'),
    (
        "opportunities",
        {"stage": "WON"},
        'Invalid value "WON" for field "stage". Valid values are: NEW, SCREENING, MEETING, PROPOSAL, CUSTOMER',
    ),
    ("tasks", {"status": "X"}, 'Invalid value "X" for field "status". Valid values are: TODO, IN_PROGRESS, DONE'),
    (
        "tasks",
        {"dueAt": "soon"},
        "Invalid value 'soon' for date-time field \"dueAt\". Expected format: 'YYYY-MM-DDTHH:mm:ssZ'",
    ),
    ("companies", {"employees": "many"}, "Invalid number value 'many' for field \"employees\""),
    ("companies", {"employees": True}, "Invalid number value 'True' for field \"employees\""),
    (
        "people",
        {"emails": {"primaryEmail": "x"}},
        "Invalid string value 'x' for email field \"emails.primaryEmail\"",
    ),
    ("people", {"emails": {"X": "x"}}, 'Invalid subfield X for emails field "emails"'),
    ("companies", {"domainName": {"primaryLinkUrl": "no url"}}, "The URL of the link is not valid"),
    ("people", {"phones": {"primaryPhoneNumber": "123"}}, "Provided phone number is invalid 123"),
    ("people", {"phones": {"primaryPhoneCallingCode": "+999"}}, "Invalid calling code +999"),
    (
        "people",
        {"phones": {"primaryPhoneCountryCode": "FR", "primaryPhoneCallingCode": "+1"}},
        "Provided country code and calling code are conflicting",
    ),
    (
        "people",
        {"phones": {"primaryPhoneNumber": "+1 416 555 0123", "primaryPhoneCountryCode": "US"}},
        "Provided and inferred country code are conflicting",
    ),
    (
        "people",
        {
            "phones": {
                "primaryPhoneNumber": "4165550123",
                "primaryPhoneCountryCode": "US",
                "primaryPhoneCallingCode": "+1",
            }
        },
        "Provided and inferred country code are conflicting",
    ),
    ("people", {"phones": {"primaryPhoneNumber": "415 555 0100"}}, "Provided phone number is invalid 415 555 0100"),
    (
        "people",
        {"phones": {"primaryPhoneNumber": "+33 612345678", "primaryPhoneCallingCode": "+1"}},
        "Provided and inferred calling code are conflicting",
    ),
    ("people", {"company": {"name": "Acme"}}, 'Relation "company" requires connect or disconnect operation'),
    ("companies", {"people": []}, "One-to-many relation people field does not support write operations."),
    ("notes", {"bodyV2": None}, "Invalid rich text value 'null' for field \"bodyV2\""),
    ("notes", {"bodyV2": "text"}, "Invalid rich text value 'text' for field \"bodyV2\""),
    (
        "notes",
        {"bodyV2": {"blocknote": "text"}},
        'Invalid rich text: "blocknote" of field "bodyV2" must be a stringified JSON array',
    ),
    ("companies", {"name": 5}, "Invalid string value '5' for text field \"name\""),
    (
        "opportunities",
        {"stage": None},
        'null value in column "stage" of relation violates not-null constraint',
    ),
    (
        "people",
        {"companyId": NOWHERE},
        'insert or update on table "person" violates foreign key constraint "FK_companyId_person"',
    ),
    ("people", {"companyId": "x"}, "Invalid UUID value 'x' for field \"companyId\""),
]


@pytest.mark.parametrize(("plural", "body", "text"), REFUSED, ids=[f"{p}-{next(iter(b))}" for p, b, _ in REFUSED])
def test_refused_bodies(crm: FakeCRM, plural: str, body: dict[str, Any], text: str) -> None:
    """A refused create and a refused change say why and write nothing."""
    answer = ask(crm, "POST", f"/{plural}", body)
    assert (answer.status, message(answer)) == (400, text)
    assert crm.all(plural) == []
    there = crm.add(plural, {})
    if "id" not in body:
        assert message(ask(crm, "PATCH", f"/{plural}/{there['id']}", body)) == text
        assert crm.get(plural, there["id"]) == there


def test_a_body_that_is_not_json(crm: FakeCRM) -> None:
    """Broken JSON is a 400."""
    assert crm.answer("POST", "/companies", {}, b"{oops").status == 400
    assert ask(crm, "POST", "/companies", ["no", "object"]).status == 400


def test_writing_system_fields_is_not_taught(crm: FakeCRM) -> None:
    """Nobody knows what the server does with them, so nobody may come to rely on it."""
    with pytest.raises(NotTaught):
        ask(crm, "POST", "/companies", {"deletedAt": None})
    acme = company(crm, "Acme")
    for body in ({"createdBy": {"name": "Ana"}}, {"id": NOWHERE}):
        with pytest.raises(NotTaught):
            ask(crm, "PATCH", f"/companies/{acme['id']}", body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://Acme.Example/", "https://acme.example"),
        ("HTTP://ACME.example/Path/", "http://acme.example/Path"),
        ("acme.example", "acme.example"),
        ("https://www.acme.example", "https://www.acme.example"),
        ("", ""),
    ],
)
def test_urls_are_tidied(crm: FakeCRM, sent: str, kept: str) -> None:
    """The origin becomes lower case and the trailing slash goes; variants stay distinct."""
    record = made(crm, "companies", domainName={"primaryLinkUrl": sent})
    assert record["domainName"]["primaryLinkUrl"] == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"primaryPhoneNumber": "+1 (415) 555-0100"}, ("4155550100", "US", "+1")),
        ({"primaryPhoneNumber": "+44 20 7946 0958"}, ("2079460958", "GB", "+44")),
        ({"primaryPhoneNumber": "030 123456", "primaryPhoneCountryCode": "DE"}, ("30123456", "DE", "+49")),
        ({"primaryPhoneNumber": "+39 06 1234567"}, ("061234567", "IT", "+39")),
        ({"primaryPhoneNumber": "+1 416 555 0123"}, ("4165550123", "CA", "+1")),
        ({"primaryPhoneNumber": "+44 1481 960194"}, ("1481960194", "GG", "+44")),
        ({"primaryPhoneNumber": "+7 701 123 4567"}, ("7011234567", "KZ", "+7")),
        ({"primaryPhoneNumber": "+1 555 0100"}, ("5550100", "", "+1")),
        ({"primaryPhoneNumber": "4155550100", "primaryPhoneCallingCode": "+1"}, ("4155550100", "US", "+1")),
        ({}, ("", "", "")),
    ],
)
def test_phones_are_stored_nationally(crm: FakeCRM, sent: dict[str, str], kept: tuple[str, ...]) -> None:
    """Country and calling code are inferred from what is there, as libphonenumber-js does it."""
    phones = made(crm, "people", phones=sent)["phones"]
    parts = ("primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode")
    assert tuple(phones[part] for part in parts) == kept


def test_emails_become_lower_case(crm: FakeCRM) -> None:
    """The first and the further ones."""
    sent = {"primaryEmail": "Ada@Acme.Example", "additionalEmails": ["O'Brien@Acme.example"]}
    assert made(crm, "people", emails=sent)["emails"] == {
        "primaryEmail": "ada@acme.example",
        "additionalEmails": ["o'brien@acme.example"],
    }


def test_partial_composites_lose_data(crm: FakeCRM) -> None:
    """Emails lose the first address, phones the further numbers, links everything that was not sent again."""
    person = made(
        crm,
        "people",
        emails={"primaryEmail": "ada@acme.example"},
        phones={"primaryPhoneNumber": "+14155550100", "additionalPhones": [{"number": "+14155550101"}]},
        linkedinLink={"primaryLinkUrl": "https://linkedin.com/in/ada", "primaryLinkLabel": "Ada"},
    )
    after = patched(
        crm,
        "people",
        person["id"],
        emails={"additionalEmails": ["b@acme.example"]},
        phones={"primaryPhoneNumber": "+14155550199"},
        linkedinLink={"primaryLinkUrl": "https://linkedin.com/in/lovelace"},
    )
    assert after["emails"] == {"primaryEmail": "", "additionalEmails": ["b@acme.example"]}
    assert after["phones"]["additionalPhones"] is None
    assert after["linkedinLink"]["primaryLinkLabel"] == ""


def test_other_composites_are_merged(crm: FakeCRM) -> None:
    """Name, address and amount keep the parts that are not sent."""
    person = made(crm, "people", name={"firstName": "Ada", "lastName": "Lovelace"})
    assert patched(crm, "people", person["id"], name={"lastName": "King"})["name"] == {
        "firstName": "Ada",
        "lastName": "King",
    }
    deal = made(crm, "opportunities", amount={"amountMicros": 5_000_000, "currencyCode": "EUR"})
    assert patched(crm, "opportunities", deal["id"], amount={"amountMicros": 7_000_000})["amount"] == {
        "amountMicros": 7_000_000,
        "currencyCode": "EUR",
    }


def test_markdown_makes_blocks(crm: FakeCRM) -> None:
    """The server derives blocknote from markdown, at creation and at a change."""
    note = made(crm, "notes", title="Hi", bodyV2={"markdown": "**hello**"})
    assert note["bodyV2"]["markdown"] == "**hello**"
    assert isinstance(json.loads(note["bodyV2"]["blocknote"]), list)
    after = patched(crm, "notes", note["id"], bodyV2={"markdown": "bye"})
    assert "bye" in after["bodyV2"]["blocknote"]


def test_defaults_and_empty_text(crm: FakeCRM) -> None:
    """Stage and status have defaults; '' is kept as NULL and shown as ''."""
    assert made(crm, "opportunities")["stage"] == "NEW"
    assert made(crm, "tasks")["status"] == "TODO"
    assert made(crm, "companies", name="")["name"] == ""
    assert ask(crm, "GET", "/companies", filter="name[is]:NULL").body["totalCount"] == 1


def test_a_bare_date_is_midnight_utc(crm: FakeCRM) -> None:
    """Times come back in UTC with milliseconds."""
    assert made(crm, "tasks", dueAt="2026-04-01")["dueAt"] == "2026-04-01T00:00:00.000Z"
    assert made(crm, "tasks", dueAt="2026-04-01T10:00:00+02:00")["dueAt"] == "2026-04-01T08:00:00.000Z"


def test_a_named_creator_is_kept(crm: FakeCRM) -> None:
    """With a name the creator stays whole, without one it is the API key; who changed it is always the API key."""
    ana = crm.add("workspaceMembers", {"name": {"firstName": "Ana"}})
    creator = {"source": "API", "name": "Ana Lopez", "workspaceMemberId": ana["id"]}
    record = made(crm, "notes", createdBy=creator)
    assert record["createdBy"] == {**creator, "context": None}
    assert record["updatedBy"]["name"] == "Slack bot"
    nameless = made(crm, "notes", createdBy={"workspaceMemberId": ana["id"]})
    assert nameless["createdBy"] == {"source": "API", "name": "Slack bot", "workspaceMemberId": None, "context": None}


@pytest.mark.parametrize(
    ("plural", "body"),
    [
        ("companies", {"id": ID}),
        ("companies", {"domainName": {"primaryLinkUrl": "HTTPS://acme.example/"}}),
        ("people", {"emails": {"primaryEmail": "ADA@acme.example"}}),
    ],
)
@pytest.mark.parametrize("trashed", [False, True])
def test_unique_values(crm: FakeCRM, plural: str, body: dict[str, Any], trashed: bool) -> None:
    """An id, a domain and an email exist once, the trash included, and the error does not say which it was."""
    first = made(crm, plural, **body)
    if trashed:
        crm.remove(plural, first["id"], soft=True)
    answer = ask(crm, "POST", f"/{plural}", body)
    assert (answer.status, message(answer)) == (400, TAKEN)
    crm.remove(plural, first["id"])
    assert ask(crm, "POST", f"/{plural}", body).status == 201


def test_unique_values_of_a_change(crm: FakeCRM) -> None:
    """A change may keep its own value, not take another's, and sets its old one free."""
    first = made(crm, "people", emails={"primaryEmail": "a@acme.example"})
    second = made(crm, "people", emails={"primaryEmail": "b@acme.example"})
    patched(crm, "people", first["id"], emails={"primaryEmail": "a@acme.example"})
    answer = ask(crm, "PATCH", f"/people/{second['id']}", {"emails": {"primaryEmail": "a@acme.example"}})
    assert message(answer) == TAKEN
    patched(crm, "people", first["id"], emails={"primaryEmail": "c@acme.example"})
    patched(crm, "people", second["id"], emails={"primaryEmail": "a@acme.example"})


def test_a_batch_is_all_or_nothing(crm: FakeCRM) -> None:
    """Many are created at once, or none."""
    answer = ask(crm, "POST", "/batch/companies", [{"name": "A"}, {"name": "B"}])
    assert (answer.status, len(answer.body["data"]["createCompanies"])) == (201, 2)
    assert ask(crm, "POST", "/batch/companies", [{"name": "C"}, {"nope": 1}]).status == 400
    assert len(crm.all("companies")) == 2


def test_upsert(crm: FakeCRM) -> None:
    """It updates by id or unique value, takes rows out of the trash, and still says 201 and create."""
    first = made(crm, "people", emails={"primaryEmail": "a@acme.example"}, jobTitle="CEO")
    crm.remove("people", first["id"], soft=True)
    body = {"emails": {"primaryEmail": "a@acme.example"}, "city": "Rome"}
    answer = ask(crm, "POST", "/people", body, upsert="true")
    record = answer.body["data"]["createPerson"]
    assert answer.status == 201
    assert (record["id"], record["jobTitle"], record["city"], record["deletedAt"]) == (first["id"], "CEO", "Rome", None)
    second = made(crm, "people", emails={"primaryEmail": "b@acme.example"})
    both = {"id": second["id"], "emails": {"primaryEmail": "a@acme.example"}}
    assert "Cannot determine which record" in message(ask(crm, "POST", "/people", both, upsert="true"))
    assert message(ask(crm, "POST", "/people", both, upsert="True")) == TAKEN


def test_extra_and_hidden_fields() -> None:
    """A workspace can have fields of its own and lack standard ones."""
    extra = {"company": [Field("tier", Type.SELECT, options=("GOLD", "SILVER"))]}
    crm = FakeCRM(hidden_fields={("company", "domainName")}, extra_fields=extra)
    record = made(crm, "companies", tier="GOLD")
    assert record["tier"] == "GOLD"
    assert "domainName" not in record
    text = message(ask(crm, "POST", "/companies", {"domainName": {"primaryLinkUrl": "acme.example"}}))
    assert text == 'Object company doesn\'t have any "domainName" field.'
