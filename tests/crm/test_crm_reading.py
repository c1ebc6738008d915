"""Looking up in every dialect: what is found, in which order, and for how many requests."""

from typing import Any

import pytest
from crm_desk import PROFILES, Desk, new_id

from bot.crm.ranking import best_first, holds_words
from bot.crm.search import are_alike
from bot.crm.twenty import Twenty
from bot.errors import InvalidChoice, Misunderstood, NotFound, NotRouted, UnknownField
from bot.models import WRITABLE, Choice, Emails, FullName, Kind, Link, Links, Record, Ref, Refs, Someone
from bot.queries import Condition, Op, Position, Query, Sort
from bot.sandbox.twenty import FakeCRM, samples

every_profile = pytest.mark.parametrize("profile", PROFILES)
OPEN = Condition("stage", Op.IN, (Choice("CUSTOMER"), Choice("WON"), Choice("LOST")), negated=True, assumed=True)


async def walk(desk: Desk, query: Query, *, size: int = 10) -> list[Record]:
    """Every record of a list, page by page, and back again to the first."""
    found: list[Record] = []
    position: Position | None = Position()
    last = None
    while position:
        page = await desk.twenty.page(query, position, size=size)
        found += page.records
        assert len(page.records) <= size
        last, position = page, page.next
    while last and last.previous:
        last = await desk.twenty.page(query, last.previous, size=size)
    assert last is not None
    assert list(last.records) == found[: len(last.records)]
    return found


@every_profile
@pytest.mark.parametrize(
    "name",
    ["O'Brien & Sons", '5" disk', "a]b", "smile :)", ")(", "100% Pure", "under_score", "back\\slash", "Acme, Inc"],
)
async def test_awkward_names_are_found_literally(desk: Desk, name: str) -> None:
    """The record itself, first, and nothing that does not hold every word."""
    with desk.at_most(4):
        found = await desk.twenty.find(name)

    companies = found.records[Kind.COMPANY]
    assert companies[0].name == name
    assert all(word in each.name.casefold() for each in companies for word in name.casefold().split())


@every_profile
async def test_a_wildcard_is_not_a_wildcard(desk: Desk) -> None:
    """A percent sign finds percent signs."""
    found = await desk.twenty.find("100%")
    assert {each.name for each in found.records[Kind.COMPANY]} == {"100% Pure"}
    assert found.totals[Kind.COMPANY] == 1


async def test_the_best_match_stands_first(desk: Desk) -> None:
    """Exact, then prefix, then start of a word, then part."""
    for name in ("The Zed", "Unzedded", "Zeddy", "Zed", "Zed Holdings"):
        desk.crm.add("companies", {"name": name})

    found = await desk.twenty.find("zed")

    assert [each.name for each in found.records[Kind.COMPANY]] == [
        "Zed",
        "Zeddy",
        "Zed Holdings",
        "The Zed",
        "Unzedded",
    ]


async def test_words_may_stand_in_different_fields(desk: Desk) -> None:
    """First name here, domain there."""
    person = desk.crm.add(
        "people", {"name": {"firstName": "Zoe", "lastName": "Q"}, "emails": {"primaryEmail": "z@zz.org"}}
    )
    found = await desk.twenty.find("zoe zz.org")
    assert [each.id for each in found.records[Kind.PERSON]] == [person["id"]]


@pytest.mark.parametrize(
    ("words", "email", "held"),
    [
        ("ana", "a@x.org", True),
        ("LOPEZ ana", "a@x.org", True),
        ("ana x.org", "a@x.org", True),
        ("ana ben", "a@x.org", False),
        ("none", None, False),
        ("ana none", None, False),
        (" ", None, True),
    ],
)
def test_a_member_is_found_by_name_and_email(words: str, email: str | None, held: bool) -> None:
    """Each word stands in the name or in the email; who has no email is not called None."""
    member = Record(kind=Kind.MEMBER, id="m", name="Ana Lopez", values={"email": email})

    assert holds_words(member, words) is held


@every_profile
async def test_a_list_by_the_owners_name_knows_no_member_called_none(desk: Desk) -> None:
    """A member without an email is found by name alone."""
    owner = next(each["accountOwnerId"] for each in desk.crm.all("companies") if each["accountOwnerId"])
    desk.crm.edit("workspaceMembers", owner, {"userEmail": None})
    last_name = desk.crm.get("workspaceMembers", owner)["name"]["lastName"]

    async def owned_by(words: str) -> int | None:
        return (await desk.twenty.page(Query(kind=Kind.COMPANY, conditions=(_owner(words),)))).total

    assert await owned_by("none") == 0
    assert await owned_by(last_name) == sum(each["accountOwnerId"] == owner for each in desk.crm.all("companies"))


def _owner(words: str) -> Condition:
    return Condition("owner", Op.CONTAINS, (Someone(words=words),))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("ada", "adam"),
        ("Adam", "my ada"),
        ("x-ada", "canada"),
        ("canada ada", "canada"),
        ("4_ada", "somebody"),
        ("xada", "xadas"),
    ],
)
def test_a_name_that_is_nearer_stands_first(better: str, worse: str) -> None:
    """Exact, then prefix, then the start of some word in it, then part; among equals the shorter."""
    named = [Record(kind=Kind.COMPANY, id=each, name=each, values={}) for each in (worse, better)]
    assert [each.name for each in best_first(named, " ADA ")] == [better, worse]


@every_profile
async def test_no_words_find_nothing(desk: Desk) -> None:
    """An empty search is not a list of everything."""
    found = await desk.twenty.find("  ")
    assert not any(found.records.values())


@every_profile
async def test_open_deals_leave_out_every_closed_stage_this_crm_has(desk: Desk) -> None:
    """CUSTOMER in one CRM, WON and LOST in another; an option it lacks is no reason to fail. Three requests at most."""
    with desk.at_most(3):
        page = await desk.twenty.page(Query(kind=Kind.DEAL, conditions=(OPEN,)))

    closed = {"CUSTOMER", "WON", "LOST"}
    wanted = [each for each in desk.crm.all("opportunities") if each["stage"] not in closed]
    assert page.total == len(wanted)
    assert {each.id for each in await walk(desk, Query(kind=Kind.DEAL, conditions=(OPEN,)))} == {
        e["id"] for e in wanted
    }
    assert all(isinstance(ref := each.values.get("company"), Ref) and ref.name for each in page.records)


class TestCustomStages:
    """A CRM whose stages are on nobody's list."""

    @pytest.fixture
    def crm(self) -> FakeCRM:
        """Its stages are its own."""
        return FakeCRM("current", samples.acme(), stages=["NEW", "MEETING", "WON"])

    async def test_open_deals(self, desk: Desk) -> None:
        """What is closed there is left out, whatever had to be assumed first."""
        desk.crm.add("opportunities", {"name": "Done deal", "stage": "WON"})
        found = await walk(desk, Query(kind=Kind.DEAL, conditions=(OPEN,)))
        assert {each.id for each in found} == {
            each["id"] for each in desk.crm.all("opportunities") if each["stage"] != "WON"
        }

    async def test_an_unknown_stage_names_the_valid_ones(self, desk: Desk) -> None:
        """As far as they are known."""
        await desk.twenty.schema(Kind.DEAL)
        with pytest.raises(InvalidChoice, match="It has: New, Meeting, Won"):
            await desk.twenty.page(Query(kind=Kind.DEAL, conditions=(Condition("stage", Op.EQ, (Choice("LATER"),)),)))


@every_profile
@pytest.mark.parametrize("sort", [Sort("amount", descending=True), Sort("close_date"), Sort("name"), Sort("created")])
async def test_every_record_appears_once_however_it_is_sorted(desk: Desk, sort: Sort) -> None:
    """Also those without a value, which the server forgets on later pages (twenty.md section 3)."""
    for n in range(13):
        desk.crm.add("opportunities", {"name": f"No amount {n}"})
    found = [each.id for each in await walk(desk, Query(kind=Kind.DEAL, sort=sort))]

    assert len(found) == len(set(found))
    assert set(found) == {each["id"] for each in desk.crm.all("opportunities")}


async def test_sorted_by_amount_descending_with_empty_ones_last(desk: Desk) -> None:
    """The order holds over all pages."""
    for n in range(3):
        desk.crm.add("opportunities", {"name": f"No amount {n}"})
    found = await walk(desk, Query(kind=Kind.DEAL, sort=Sort("amount", descending=True)))
    amounts = [getattr(each.values["amount"], "micros", -1) for each in found]

    assert amounts == sorted(amounts, reverse=True)


async def test_a_list_of_records_that_all_lack_the_value_is_whole(desk: Desk) -> None:
    """The first segment is empty."""
    query = Query(kind=Kind.DEAL, words="No", sort=Sort("amount"))
    for n in range(25):
        desk.crm.add("opportunities", {"name": f"No amount {n}"})
    expected = [each for each in desk.crm.all("opportunities") if "no" in each["name"].casefold()]
    assert len(await walk(desk, query)) == len(expected)


@every_profile
@pytest.mark.parametrize("words", [")", "'", "( )", "o'b"])
async def test_a_list_by_dangerous_words_is_paged_here(desk: Desk, words: str) -> None:
    """Sorted, cut into pages, and exactly what literally matches."""
    for n in range(12):
        desk.crm.add("companies", {"name": f"({n}) O'Bar"})
    found = await walk(desk, Query(kind=Kind.COMPANY, words=words), size=5)
    texts = {each["id"]: f"{each['name']} {each['domainName']['primaryLinkUrl'] if each['domainName'] else ''}"
             for each in desk.crm.all("companies")}  # fmt: skip
    wanted = {each for each, text in texts.items() if all(word in text.casefold() for word in words.split())}

    assert {each.id for each in found} == wanted
    assert [each.name.casefold() for each in found] == sorted(each.name.casefold() for each in found)


@every_profile
async def test_a_negated_condition_includes_what_has_no_value(desk: Desk) -> None:
    """A task without a status is not done."""
    loose = desk.crm.add("tasks", {"title": "Loose", "status": None})
    found = await walk(
        desk, Query(kind=Kind.TASK, conditions=(Condition("status", Op.EQ, (Choice("DONE"),), negated=True),))
    )

    assert loose["id"] in {each.id for each in found}
    assert not any(each.values["status"] == Choice("DONE") for each in found)


@every_profile
async def test_a_company_is_named_by_words(desk: Desk) -> None:
    """The literal text in the related record's name; one request more."""
    deal = desk.crm.all("opportunities")[0]
    company = next(each for each in desk.crm.all("companies") if each["id"] == deal["companyId"])
    with desk.at_most(4):
        page = await desk.twenty.page(
            Query(kind=Kind.DEAL, conditions=(Condition("company", Op.CONTAINS, (company["name"],)),))
        )
    assert deal["id"] in {each.id for each in page.records}
    assert {ref.name for each in page.records if isinstance(ref := each.values["company"], Ref)} == {company["name"]}


@every_profile
async def test_a_raw_filter_reaches_the_server_as_written(desk: Desk) -> None:
    """Two conjunctions side by side too, which the server would misread unless they are wrapped."""
    where = 'or(name[ilike]:"%acme%",name[ilike]:"%pure%"),or(name[ilike]:"%a%")'
    page = await desk.twenty.page(Query(kind=Kind.COMPANY, where=where, order="name[DescNullsLast]"))
    names = [each.name for each in page.records]

    assert names == sorted(names, key=str.casefold, reverse=True)
    assert names
    assert all("acme" in each.casefold() or "pure" in each.casefold() for each in names)


async def test_a_field_that_the_crm_lacks_is_named(desk: Desk) -> None:
    """By its plain name, in a condition and in an order."""
    await desk.twenty.find("acme")
    with pytest.raises(UnknownField, match="Employees"):
        await desk.twenty.page(Query(kind=Kind.COMPANY, conditions=(Condition("employees", Op.GT, (10,)),)))
    with pytest.raises(UnknownField, match="Employees"):
        await desk.twenty.page(Query(kind=Kind.COMPANY, sort=Sort("employees")))
    with pytest.raises(Misunderstood):
        await desk.twenty.page(Query(kind=Kind.DEAL, sort=Sort("company")))


@every_profile
@pytest.mark.parametrize(
    ("kind", "plural"), [(Kind.COMPANY, "companies"), (Kind.PERSON, "people"), (Kind.DEAL, "opportunities")]
)
async def test_a_card_costs_at_most_six_requests(desk: Desk, kind: Kind, plural: str) -> None:
    """Cold, with names, notes and tasks; what this CRM does not offer is said, and the rest is shown."""
    tied = (
        {each.get(f"target{kind.value.capitalize()}Id") for each in desk.crm.all("noteTargets")}
        if desk.crm.profile != "documented"
        else set()
    )
    record = next((each for each in desk.crm.all(plural) if each["id"] in tied), desk.crm.all(plural)[0])
    with desk.at_most(6):
        card = await desk.twenty.card(kind, record["id"])

    assert card.record.id == record["id"]
    assert all(each.name for each in card.record.values.values() if isinstance(each, Ref))
    assert bool(card.missing) == (desk.crm.profile == "documented")
    assert bool(card.notes) == bool(record["id"] in tied)


async def test_a_notes_card_names_what_it_hangs_on(desk: Desk) -> None:
    """The ties with names, in few requests."""
    tie = desk.crm.all("noteTargets")[0]
    with desk.at_most(6):
        card = await desk.twenty.card(Kind.NOTE, tie["noteId"])
    refs = card.record.values["records"]
    assert isinstance(refs, Refs)
    assert all(each.name for each in refs.to)


@pytest.mark.parametrize("profile", ["documented"])
async def test_a_notes_card_without_ties_says_so(desk: Desk) -> None:
    """The documented dialect routes no targets."""
    card = await desk.twenty.card(Kind.NOTE, desk.crm.all("notes")[0]["id"])
    assert card.missing


@every_profile
@pytest.mark.parametrize("kind", WRITABLE)
async def test_a_schema_is_learned_in_two_requests_and_then_known(desk: Desk, kind: Kind) -> None:
    """Fields that exist, options, and whether ties are taken."""
    with desk.at_most(2):
        schema = await desk.twenty.schema(kind)
    with desk.at_most(0):
        assert await desk.twenty.schema(kind) == schema

    upgraded = desk.crm.profile != "current"
    keys = {each.key for each in schema.fields}
    assert ("employees" in keys) == (upgraded and kind is Kind.COMPANY)
    assert schema.takes_links == (desk.crm.profile != "documented" and kind in (Kind.NOTE, Kind.TASK))
    if kind is Kind.DEAL:
        assert schema.choices["stage"] == desk.crm.schema.kinds["opportunities"].fields["stage"].options


async def test_trashed_and_absent_records_are_not_found(desk: Desk) -> None:
    """Both the same."""
    note = desk.crm.all("notes")[0]["id"]
    desk.crm.remove("notes", note, soft=True)
    for each in (note, new_id()):
        with pytest.raises(NotFound):
            await desk.twenty.read(Kind.NOTE, each)


async def test_a_member_of_many_deals_is_told_so(desk: Desk) -> None:
    """The card has as many open deals as one request names, and says how many there are."""
    member = desk.crm.add("workspaceMembers", {"name": {"firstName": "Zoe", "lastName": "Quill"}})
    for number in range(62):
        stage = "CUSTOMER" if number == 0 else "NEW"
        desk.crm.add("opportunities", {"name": f"Deal {number}", "stage": stage, "ownerId": member["id"]})

    card = await desk.twenty.card(Kind.MEMBER, member["id"])

    assert len(card.deals) == 60
    assert card.missing == ("Only 60 of 61 open deals were read.",)
    with pytest.raises(NotFound):
        await desk.twenty.card(Kind.MEMBER, new_id())


@every_profile
async def test_people_and_members_are_found_by_address(desk: Desk) -> None:
    """Exactly, ignoring case, in one request for several."""
    person = next(each for each in desk.crm.all("people") if each["emails"]["primaryEmail"])
    email = person["emails"]["primaryEmail"]
    with desk.at_most(1):
        assert [each.id for each in await desk.twenty.people_by_email([email.upper(), "no@body.example"])] == [
            person["id"]
        ]
    with desk.at_most(1):
        member = await desk.twenty.member_by_email("Ana@Acme.example")
        assert await desk.twenty.member_by_email("nobody@acme.example") is None
    assert member is not None
    assert member.name == "Ana Lopez"


@every_profile
async def test_lookalikes_have_the_same_address_or_nearly_the_same_name(desk: Desk) -> None:
    """And one in the trash, whose email blocks a new record, says that it is there."""
    person = next(each for each in desk.crm.all("people") if each["emails"]["primaryEmail"])
    email = Emails(person["emails"]["primaryEmail"].upper())
    found = await desk.twenty.lookalikes(Kind.PERSON, {"name": FullName("Someone", "Else"), "email": email})
    assert [each.id for each in found] == [person["id"]]

    desk.crm.remove("people", person["id"], soft=True)
    found = await desk.twenty.lookalikes(Kind.PERSON, {"name": FullName("Someone", "Else"), "email": email})
    assert [each.name.endswith("(in the trash)") for each in found] == [True]

    found = await desk.twenty.lookalikes(Kind.COMPANY, {"name": "OBrien and Sons Ltd"})
    assert "O'Brien & Sons" in {
        each.name for each in await desk.twenty.lookalikes(Kind.COMPANY, {"name": "o'brien & sons, inc."})
    }
    found = await desk.twenty.lookalikes(Kind.COMPANY, {"name": "New", "domain": Links(Link("www.Awkward0.example/x"))})
    assert [each.name for each in found] == ["O'Brien & Sons"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Acme Inc.", "ACME", True),
        ("Acme GmbH", "Acme, Inc", True),
        ("Jon Smith", "John Smith", True),
        ("Acme", "Apex", False),
        ("Ada Lovelace", "Ada Byron", False),
        (")(", ")(", True),
        ("", "Acme", False),
    ],
)
def test_names_are_alike_but_for_form(one: str, other: str, alike: bool) -> None:
    """Case, marks, legal forms and a slip of the finger do not count."""
    assert are_alike(one, other) is alike


@pytest.mark.parametrize("profile", ["documented"])
async def test_workflows_are_said_to_be_missing_where_they_are(desk: Desk) -> None:
    """A sentence, not a fault."""
    with pytest.raises(NotRouted):
        await desk.twenty.workflows()


async def test_workflows_are_listed_by_words(desk: Desk) -> None:
    """Where the route exists."""
    everything = await desk.twenty.workflows()
    assert everything
    assert await desk.twenty.workflows(everything[0].name) == (everything[0],)


async def test_an_id_alone_is_enough(desk: Desk) -> None:
    """Looked for in all five kinds."""
    task = desk.crm.all("tasks")[0]
    found = await desk.twenty.locate(task["id"])
    assert found is not None
    assert (found.kind, found.id) == (Kind.TASK, task["id"])
    assert await desk.twenty.locate(new_id()) is None


class TestOldTargets:
    """A CRM from before 1.17."""

    @pytest.fixture
    def crm(self) -> FakeCRM:
        """Its ties say companyId."""
        return FakeCRM("base", samples.acme(), old_targets=True)

    async def test_a_list_names_what_its_notes_hang_on(self, desk: Desk) -> None:
        """By whichever column the ties have."""
        tie = next(each for each in desk.crm.all("noteTargets") if each["companyId"])
        with desk.at_most(2):
            page = await desk.twenty.page(Query(kind=Kind.NOTE), size=200)
        note = next(each for each in page.records if each.id == tie["noteId"])
        assert Ref(Kind.COMPANY, tie["companyId"]) in note.values["records"].to

    async def test_notes_are_found_by_the_former_column(self, desk: Desk) -> None:
        """Asked by the present name first, then by the former one, and from then on by that."""
        tie = next(each for each in desk.crm.all("noteTargets") if each["companyId"])
        found = await desk.twenty.attached(Ref(Kind.COMPANY, tie["companyId"]), Kind.NOTE)
        assert tie["noteId"] in {each.id for each in found}
        with desk.at_most(1):
            await desk.twenty.attached(Ref(Kind.PERSON, tie["companyId"]), Kind.NOTE)


class Odd:
    """A gateway to a CRM in which a person's company has no id that a record can have."""

    connection_id = "odd"

    async def get(self, plural: str, *_: Any, **__: Any) -> Any:
        person = {"id": new_id(), "name": {"firstName": "Zoe", "lastName": "Q"}, "companyId": "n/a"}
        return {"data": {plural: [person] if plural == "people" else []}}


async def test_what_points_nowhere_is_shown_without_a_name() -> None:
    """A look-up does not fail for a relation that no record can be meant by."""
    found = await Twenty(Odd()).find("zoe")
    assert [each.name for each in found.records[Kind.PERSON]] == ["Zoe Q"]
