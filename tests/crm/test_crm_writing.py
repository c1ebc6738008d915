"""Writes in every dialect: under our ids, whole, and honest about what became of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from crm_desk import PROFILES, Desk, new_id

from bot.changes import Change, FieldChange, LinkChange, Verb, differences
from bot.crm import Pacer, Urgency, settled
from bot.errors import (
    Duplicate,
    InvalidChoice,
    NotFound,
    NotRouted,
    OutcomeUnknown,
    PermissionDenied,
    Refused,
    UnknownField,
)
from bot.models import (
    WRITABLE,
    Choice,
    Emails,
    FullName,
    Kind,
    Link,
    Links,
    Money,
    Phone,
    Phones,
    Ref,
    Value,
    When,
)
from bot.proposals.applying import Application
from bot.sandbox.twenty import FakeCRM, samples

every_profile = pytest.mark.parametrize("profile", PROFILES)
PLURALS = {"company": "companies", "person": "people", "deal": "opportunities", "note": "notes", "task": "tasks"}
NOON = When(datetime(2026, 4, 1, 15, tzinfo=UTC))
DAY = When(datetime(2026, 4, 1, tzinfo=timezone(timedelta(hours=-5))), all_day=True)


def everything(desk: Desk, kind: Kind) -> dict[str, Value]:
    """A value for each field that every CRM has, as people write it."""
    member = Ref(Kind.MEMBER, desk.crm.all("workspaceMembers")[0]["id"])
    company = Ref(Kind.COMPANY, desk.crm.all("companies")[0]["id"])
    person = Ref(Kind.PERSON, desk.crm.all("people")[0]["id"])
    values: dict[Kind, dict[str, Value]] = {
        Kind.COMPANY: {"name": "Zed & Söhne", "domain": Links(Link("Zed.example/")), "owner": member, "city": "Paris"},
        Kind.PERSON: {
            "name": FullName("Zoe", "O'Hara"),
            "email": Emails("Zoe@Zed.example", ("z@zed.example",)),
            "phone": Phones(Phone("+1 416 555 0123"), (Phone("+49 30 1234567"),)),
            "company": company,
            "job_title": "CTO",
            "linkedin": Links(Link("https://linkedin.com/in/zoe", "Zoe")),
        },
        Kind.DEAL: {
            "name": "Big one",
            "amount": Money(12_500_000_000, "EUR"),
            "stage": Choice("MEETING"),
            "close_date": DAY,
            "company": company,
            "contact": person,
        },
        Kind.NOTE: {"title": "Call", "text": "**Bold** move\n\n- one"},
        Kind.TASK: {"title": "Send it", "text": "soon", "due": NOON, "assignee": member, "status": Choice("TODO")},
    }
    return values[kind]


@every_profile
@pytest.mark.parametrize("kind", WRITABLE)
async def test_what_is_created_is_what_was_shown(desk: Desk, kind: Kind) -> None:
    """Every field, in whatever dialect, under our own id; read back nothing differs from the settled proposal."""
    record_id, wanted = new_id(), settled(kind, everything(desk, kind))

    made = await desk.twenty.create(kind, record_id, wanted)
    back = await desk.twenty.read(kind, record_id)

    assert made.id == record_id
    assert not differences(back, wanted)
    assert not differences(made, wanted)


@every_profile
@pytest.mark.parametrize("kind", WRITABLE)
async def test_every_field_can_be_emptied_and_set_again(desk: Desk, kind: Kind) -> None:
    """An update takes whole values, None included, and its inverse restores them all."""
    record_id, wanted = new_id(), settled(kind, everything(desk, kind))
    await desk.twenty.create(kind, record_id, wanted)
    empty: dict[str, Value] = {key: None for key in wanted if key not in ("stage", "name", "title")}

    emptied = await desk.twenty.update(kind, record_id, empty)
    assert {key: emptied.values[key] for key in empty} == empty
    filled = await desk.twenty.update(kind, record_id, {key: wanted[key] for key in empty})
    assert not differences(filled, wanted)


@pytest.mark.parametrize("profile", ["documented"])
async def test_the_other_dialect_is_spoken_once_and_remembered(desk: Desk) -> None:
    """A 400 for an unknown field wrote nothing: the same id goes out again, and the next note knows."""
    first, second = new_id(), new_id()
    await desk.twenty.create(Kind.NOTE, first, {"title": "A", "text": "one"})
    assert desk.sent("POST") == 2
    await desk.twenty.create(Kind.NOTE, second, {"title": "B", "text": "two"})
    assert desk.sent("POST") == 3
    assert {desk.crm.get("notes", each)["body"] for each in (first, second)} == {"one", "two"}


@every_profile
async def test_the_creator_is_the_member_who_proposed(desk: Desk) -> None:
    """By name and id, where the CRM keeps it; the source stays the API."""
    ana = await desk.twenty.member_by_email("ana@acme.example")
    assert ana is not None
    made = await desk.twenty.create(Kind.NOTE, record_id := new_id(), {"title": "A"}, creator=ana.ref)

    kept = desk.crm.get("notes", record_id)["createdBy"]
    assert made.created_by == "Ana Lopez"
    assert (kept["source"], kept["workspaceMemberId"]) == ("API", ana.id)


@pytest.fixture
def urgencies(monkeypatch: pytest.MonkeyPatch) -> set[Urgency]:
    """How urgent the requests were that took their turn."""
    seen: set[Urgency] = set()
    turn = Pacer.turn

    async def noted(pacer: Pacer, connection_id: str, *, urgency: Urgency, patience: float) -> float:
        seen.add(urgency)
        return await turn(pacer, connection_id, urgency=urgency, patience=patience)

    monkeypatch.setattr(Pacer, "turn", noted)
    return seen


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.RESTORE])
async def test_all_that_a_write_reads_is_as_urgent_as_the_write(
    desk: Desk, urgencies: set[Urgency], verb: Verb
) -> None:
    """A confirmed change is read back and taken again before anybody's look-up."""
    company = desk.crm.all("companies")[0]["id"]
    record_id = new_id() if verb is Verb.CREATE else company
    fields = (
        (FieldChange("name", desk.crm.get("companies", company)["name"], "Zed"),) if verb is not Verb.DELETE else ()
    )
    change = Change(verb=verb, kind=Kind.COMPANY, record_id=record_id, name="Zed", fields=fields)

    await Application(change, desk.twenty, again=True).run()

    assert urgencies == {Urgency.WRITE}


@pytest.mark.parametrize(("kind", "plural"), [(Kind.COMPANY, "companies"), (Kind.NOTE, "notes")])
async def test_a_lookup_goes_behind_confirmed_writes(
    desk: Desk, urgencies: set[Urgency], kind: Kind, plural: str
) -> None:
    """A card and a record to be edited are looked up, however they are read."""
    record_id = desk.crm.all(plural)[0]["id"]

    await desk.twenty.card(kind, record_id)
    await desk.twenty.read(kind, record_id)

    assert urgencies == {Urgency.LOOKUP}


class TestNoCreator:
    """A CRM without the field."""

    @pytest.fixture
    def crm(self) -> FakeCRM:
        """It lacks createdBy."""
        return FakeCRM("base", samples.acme(), hidden_fields={("note", "createdBy"), ("company", "domainName")})

    async def test_attribution_is_no_reason_to_fail(self, desk: Desk) -> None:
        """The note is written without it."""
        await desk.twenty.create(Kind.NOTE, record_id := new_id(), {"title": "A"}, creator=Ref(Kind.MEMBER, new_id()))
        assert desk.crm.get("notes", record_id)["title"] == "A"

    async def test_a_field_of_ours_is_never_dropped_silently(self, desk: Desk) -> None:
        """The refusal names it and nothing is written; the next time nothing is even sent."""
        values: dict[str, Value] = {"name": "Zed", "domain": Links(Link("zed.example"))}
        for posts in (1, 1):
            with pytest.raises(UnknownField):
                await desk.twenty.create(Kind.COMPANY, new_id(), values)
            assert desk.sent("POST") == posts
        assert not [each for each in desk.crm.all("companies") if each["name"] == "Zed"]


@every_profile
async def test_a_taken_id_or_address_is_a_duplicate(desk: Desk) -> None:
    """The caller tells them apart by reading its id."""
    record_id = new_id()
    await desk.twenty.create(Kind.COMPANY, record_id, {"name": "Z", "domain": Links(Link("zed.example"))})
    with pytest.raises(Duplicate):
        await desk.twenty.create(Kind.COMPANY, record_id, {"name": "Z"})
    with pytest.raises(Duplicate):
        await desk.twenty.create(Kind.COMPANY, new_id(), {"name": "Z", "domain": Links(Link("HTTPS://ZED.example/"))})


async def test_an_option_that_does_not_exist_names_those_that_do(desk: Desk) -> None:
    """And they are known from then on."""
    with pytest.raises(InvalidChoice) as raised:
        await desk.twenty.create(Kind.DEAL, new_id(), {"name": "D", "stage": Choice("NOPE")})
    assert raised.value.valid == ("NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER")
    assert (await desk.twenty.schema(Kind.DEAL)).choices["stage"] == raised.value.valid


@pytest.mark.parametrize("profile", ["current", "base"])
async def test_a_missing_right_is_told(desk: Desk) -> None:
    """403 in one generation, 400 in the other."""
    desk.crm.denied.add(("POST", "note"))
    with pytest.raises(PermissionDenied):
        await desk.twenty.create(Kind.NOTE, new_id(), {"title": "A"})


@every_profile
@pytest.mark.parametrize("kind", WRITABLE)
async def test_a_delete_says_where_the_record_went(desk: Desk, kind: Kind) -> None:
    """The trash, or gone for good where the CRM ignores the wish; a restore brings back what can be brought back."""
    record_id = desk.crm.all(PLURALS[kind])[0]["id"]
    documented = desk.crm.profile == "documented"

    assert await desk.twenty.delete(kind, record_id) == ("gone" if documented else "trash")
    assert await desk.twenty.whereabouts(kind, record_id) == ("gone" if documented else "trash")
    if documented:
        with pytest.raises(NotRouted):
            await desk.twenty.restore(kind, record_id)
    else:
        assert (await desk.twenty.restore(kind, record_id)).id == record_id
        assert await desk.twenty.whereabouts(kind, record_id) == "there"


async def test_a_delete_whose_end_cannot_be_seen_is_not_known(desk: Desk) -> None:
    """It was accepted, but where the record went could not be read."""
    note = desk.crm.all("notes")[0]["id"]
    desk.maton.fault("status", status=400, message="no", method="GET", times=None)
    with pytest.raises(OutcomeUnknown):
        await desk.twenty.delete(Kind.NOTE, note)


@every_profile
async def test_writing_to_what_is_gone_is_not_found(desk: Desk) -> None:
    """Each verb."""
    with pytest.raises(NotFound):
        await desk.twenty.update(Kind.NOTE, new_id(), {"title": "A"})
    with pytest.raises(NotFound):
        await desk.twenty.delete(Kind.NOTE, new_id())


@pytest.mark.parametrize("profile", ["current", "base"])
async def test_a_note_is_tied_to_records_and_untied(desk: Desk) -> None:
    """Under the tie's own id, so that it can be looked for and made again."""
    note = desk.crm.all("notes")[0]["id"]
    company = desk.crm.all("companies")[0]
    link = LinkChange(new_id(), Ref(Kind.COMPANY, company["id"], company["name"]))

    for _ in range(2):
        assert not await desk.twenty.found_link(Kind.NOTE, link.id)
        await desk.twenty.link(Kind.NOTE, note, link)
        assert await desk.twenty.found_link(Kind.NOTE, link.id)
        assert link in await desk.twenty.links(Kind.NOTE, note)
        await desk.twenty.unlink(Kind.NOTE, link)
        await desk.twenty.unlink(Kind.NOTE, link)


@pytest.mark.parametrize("profile", ["documented"])
async def test_where_ties_are_not_routed_nothing_is_sent_twice(desk: Desk) -> None:
    """Once is enough to know."""
    link = LinkChange(new_id(), Ref(Kind.COMPANY, new_id()))
    for _ in range(2):
        with pytest.raises(NotRouted):
            await desk.twenty.link(Kind.NOTE, new_id(), link)
    assert len(desk.maton.log) == 1


@pytest.mark.parametrize("profile", ["documented"])
@pytest.mark.parametrize("text", ["after", None])
async def test_a_text_that_an_earlier_try_named_its_records_in_is_nobody_elses_change(
    desk: Desk, text: str | None
) -> None:
    """The CRM turned out to take no ties, and the answer was lost once the text named them: that is read back."""
    note, company = new_id(), desk.crm.all("companies")[0]
    await desk.twenty.create(Kind.NOTE, note, {"title": "A", "text": "before"})
    link = LinkChange(new_id(), Ref(Kind.COMPANY, company["id"], company["name"]))
    fields = (FieldChange("text", "before", text),)
    change = Change(verb=Verb.UPDATE, kind=Kind.NOTE, record_id=note, name="A", fields=fields, links=(link,))
    lost = desk.maton.fault("lost_after", method="PATCH", times=2)
    for again in (False, True):
        with pytest.raises(OutcomeUnknown):
            await Application(change, desk.twenty, again=again).run()
    assert lost.hits == 2

    applied = await Application(change, desk.twenty, again=True).run()

    names = f"Belongs to:\n- Company: {company['name']} ({company['id']})"
    assert desk.crm.get("notes", note)["body"] == (f"{text}\n\n{names}" if text else names)
    assert applied.after(change) == {"text": desk.crm.get("notes", note)["body"]}
    assert applied.missed == (link.id,)


class TestFormerTargets:
    """A CRM from before 1.17."""

    @pytest.fixture
    def crm(self) -> FakeCRM:
        """Its ties say companyId."""
        return FakeCRM("base", samples.acme(), old_targets=True)

    async def test_ties_are_made_by_the_former_column(self, desk: Desk) -> None:
        """The refusal of the present one wrote nothing."""
        note, company = desk.crm.all("notes")[0]["id"], desk.crm.all("companies")[0]["id"]
        await desk.twenty.link(Kind.NOTE, note, link := LinkChange(new_id(), Ref(Kind.COMPANY, company)))
        assert desk.crm.get("noteTargets", link.id)["companyId"] == company


@pytest.mark.parametrize("fault", ["empty", "badjson"])
async def test_a_create_with_an_unreadable_answer_is_settled_by_reading(desk: Desk, fault: str) -> None:
    """Empty: read back at once. Not JSON: not known, and then found under our id."""
    desk.maton.fault(fault, method="POST", times=1)
    record_id = new_id()
    try:
        made: Any = await desk.twenty.create(Kind.NOTE, record_id, {"title": "A"})
    except OutcomeUnknown:
        made = await desk.twenty.read(Kind.NOTE, record_id)
    assert made.name == "A"
    assert desk.sent("POST") == 1


async def test_a_reference_to_nothing_is_refused_without_database_text(desk: Desk) -> None:
    """A sentence for people, no table names."""
    with pytest.raises(Refused) as raised:
        await desk.twenty.create(Kind.DEAL, new_id(), {"name": "D", "company": Ref(Kind.COMPANY, new_id())})
    assert "violates" not in str(raised.value)
    assert "refers to" in str(raised.value)
