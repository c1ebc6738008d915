"""Lists as people ask for them: every qualifier, the raw grammar, awkward names, and errors that say what is valid.

What each line must find is said a second time, as a test on the CRM's own records; the answer must count the same.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.blocks import ids
from bot.language.commands import TABLE
from bot.language.tokens import quote
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ANA, BEN
from bot.sandbox.twenty.grammar import COMPARATORS
from bot.sandbox.twenty.sample_words import AWKWARD
from tests.house import House

Raw = dict[str, Any]
Says = Callable[[Raw, "World"], Any]

M = 1_000_000
TODAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
OPEN_STAGES = ("CUSTOMER", "WON", "LOST")


class World:
    """The CRM's records by id, for conditions that lead from one to another."""

    def __init__(self, home: House) -> None:
        self.companies = {each["id"]: each["name"] for each in home.crm.all("companies")}
        self.people = {each["id"]: full(each) for each in home.crm.all("people")}
        self.members = {full(each): each["id"] for each in home.crm.all("workspaceMembers")}
        self.ana, self.ben = self.members["Ana Lopez"], self.members["Ben Okafor"]

    def company(self, raw: Raw) -> str:
        return self.companies.get(raw["companyId"], "")


def full(raw: Raw) -> str:
    return f"{raw['name']['firstName']} {raw['name']['lastName']}"


def money(raw: Raw, currency: str = "") -> float:
    """The amount, or not a number when there is none in this currency: it compares with nothing."""
    amount = raw["amount"]
    fits = amount["amountMicros"] is not None and currency in ("", amount["currencyCode"])
    return amount["amountMicros"] if fits else float("nan")


def city(raw: Raw) -> str:
    return (raw["address"]["addressCity"] or "").lower()


def day(raw: Raw, key: str = "createdAt") -> str:
    """The day as the CRM has it; the samples lie around noon, which is the same day for Ana."""
    return (raw[key] or "")[:10]


def due(raw: Raw) -> str:
    return day(raw, "dueAt") or "9999"


def days(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


COMPANIES: dict[str, Says] = {
    "": lambda raw, w: True,
    "north": lambda raw, w: "north" in raw["name"].lower(),
    "name:northwind": lambda raw, w: "Northwind" in raw["name"],
    'name:"power & light"': lambda raw, w: "Power & Light" in raw["name"],
    "name:=contoso": lambda raw, w: raw["name"] == "Contoso",
    "name:contoso,litware": lambda raw, w: raw["name"] in ("Contoso", "Litware"),
    "-name:toys": lambda raw, w: "Toys" not in raw["name"],
    "domain:northwind.example": lambda raw, w: "northwind.example" in raw["domainName"]["primaryLinkUrl"],
    "website:toys": lambda raw, w: "toys" in raw["domainName"]["primaryLinkUrl"],
    "owner:me": lambda raw, w: raw["accountOwnerId"] == w.ana,
    "owner:@ben": lambda raw, w: raw["accountOwnerId"] == w.ben,
    "owner:me,@ben": lambda raw, w: raw["accountOwnerId"] in (w.ana, w.ben),
    "owner:ana": lambda raw, w: raw["accountOwnerId"] == w.ana,
    'owner:"Fay Lindqvist"': lambda raw, w: raw["accountOwnerId"] == w.members["Fay Lindqvist"],
    "owner:none": lambda raw, w: raw["accountOwnerId"] is None,
    "has:owner": lambda raw, w: raw["accountOwnerId"],
    "-owner:me": lambda raw, w: raw["accountOwnerId"] != w.ana,
    "city:paris": lambda raw, w: city(raw) == "paris",
    "city:paris,london": lambda raw, w: city(raw) in ("paris", "london"),
    "-city:springfield": lambda raw, w: city(raw) != "springfield",
    "no:city": lambda raw, w: not city(raw),
    "city:paris name:adatum": lambda raw, w: raw["name"] == "Adatum",
    "employees:>=100": lambda raw, w: raw["employees"] >= 100,
    "employees:<1k": lambda raw, w: raw["employees"] < 1000,
    "employees:100..1k": lambda raw, w: 100 <= raw["employees"] <= 1000,
    "-employees:>100": lambda raw, w: raw["employees"] <= 100,
    "no:employees": lambda raw, w: raw["employees"] is None,
    "revenue:>1m": lambda raw, w: raw["annualRevenue"]["amountMicros"] > M * M,
    "revenue:<=€50m": lambda raw, w: False,
    "revenue:<$50m": lambda raw, w: raw["annualRevenue"]["amountMicros"] < 50 * M * M,
    "ideal:yes": lambda raw, w: raw["idealCustomerProfile"] is True,
    "ideal:no": lambda raw, w: raw["idealCustomerProfile"] is False,
    "has:linkedin": lambda raw, w: raw["linkedinLink"]["primaryLinkUrl"],
    "linkedin:acme": lambda raw, w: "acme" in (raw["linkedinLink"]["primaryLinkUrl"] or ""),
    "created:>2026-01-01": lambda raw, w: day(raw) > "2026-01-01",
    "created:<=2026-01-01": lambda raw, w: day(raw) <= "2026-01-01",
    "created:last-365-days": lambda raw, w: day(raw) >= days(-365),
    "updated:<2026-01": lambda raw, w: day(raw, "updatedAt") < "2026-01-01",
}
PEOPLE: dict[str, Says] = {
    "ada": lambda raw, w: "ada" in full(raw).lower() + (raw["emails"]["primaryEmail"] or ""),
    "ada lovelace": lambda raw, w: full(raw) == "Ada Lovelace",
    'name:"ada lovelace"': lambda raw, w: full(raw) == "Ada Lovelace",
    "name:o'neill": lambda raw, w: "O'Neill" in full(raw),
    "email:hopper": lambda raw, w: "hopper" in (raw["emails"]["primaryEmail"] or ""),
    "has:email": lambda raw, w: raw["emails"]["primaryEmail"],
    "no:email": lambda raw, w: not raw["emails"]["primaryEmail"],
    "phone:0042": lambda raw, w: "0042" in (raw["phones"]["primaryPhoneNumber"] or ""),
    "no:phone": lambda raw, w: not raw["phones"]["primaryPhoneNumber"],
    "company:contoso": lambda raw, w: w.company(raw) == "Contoso",
    'company:"O\'Brien & Sons"': lambda raw, w: w.company(raw) == "O'Brien & Sons",
    "company:toys": lambda raw, w: "Toys" in w.company(raw),
    "-company:contoso": lambda raw, w: w.company(raw) != "Contoso",
    "no:company": lambda raw, w: raw["companyId"] is None,
    "title:cto": lambda raw, w: raw["jobTitle"] == "CTO",
    'job:"head of sales"': lambda raw, w: raw["jobTitle"] == "Head of Sales",
    "city:paris": lambda raw, w: raw["city"] == "Paris",
    "created:2026": lambda raw, w: day(raw)[:4] == "2026",
}
DEALS: dict[str, Says] = {
    "": lambda raw, w: raw["stage"] not in OPEN_STAGES,
    "pilot": lambda raw, w: "pilot" in raw["name"],
    "name:renewal": lambda raw, w: "renewal" in raw["name"] and raw["stage"] not in OPEN_STAGES,
    "stage:meeting,proposal": lambda raw, w: raw["stage"] in ("MEETING", "PROPOSAL"),
    "-stage:meeting": lambda raw, w: raw["stage"] != "MEETING",
    "stage:any": lambda raw, w: True,
    "stage:open": lambda raw, w: raw["stage"] not in OPEN_STAGES,
    "stage:closed": lambda raw, w: raw["stage"] in OPEN_STAGES,
    "owner:me stage:any": lambda raw, w: raw["ownerId"] == w.ana,
    "owner:me,@ben stage:any": lambda raw, w: raw["ownerId"] in (w.ana, w.ben),
    "-owner:@ben stage:any": lambda raw, w: raw["ownerId"] != w.ben,
    "amount:>10k stage:any": lambda raw, w: money(raw) > 10_000 * M,
    "amount:>10k€ stage:any": lambda raw, w: money(raw, "EUR") > 10_000 * M,
    "amount:>=€10k stage:any": lambda raw, w: money(raw, "EUR") >= 10_000 * M,
    'amount:<="0.05m USD" stage:any': lambda raw, w: money(raw, "USD") <= 50_000 * M,
    "amount:10k..50k€ stage:any": lambda raw, w: money(raw) >= 10_000 * M and money(raw, "EUR") <= 50_000 * M,
    "-amount:>10k€ stage:any": lambda raw, w: not money(raw, "EUR") > 10_000 * M,
    "no:amount stage:any": lambda raw, w: raw["amount"]["amountMicros"] is None,
    "close:overdue stage:any": lambda raw, w: "" < day(raw, "closeDate") < days(0),
    f"close:<{days(9)} stage:any": lambda raw, w: "" < day(raw, "closeDate") < days(9),
    f"closes:{days(5)} stage:any": lambda raw, w: day(raw, "closeDate") == days(5),
    "no:close stage:any": lambda raw, w: raw["closeDate"] is None,
    "company:contoso stage:any": lambda raw, w: w.company(raw) == "Contoso",
    "contact:ada stage:any": lambda raw, w: "ada" in w.people.get(raw["pointOfContactId"], "").lower(),
    "created:last-60-days stage:any": lambda raw, w: day(raw) >= days(-60),
}
NOTES: dict[str, Says] = {
    "lawyers": lambda raw, w: "lawyers" in text(raw),
    "title:intro": lambda raw, w: "Intro" in raw["title"],
    "text:budget": lambda raw, w: "Budget" in text(raw),
    "created:last-7-days": lambda raw, w: day(raw) >= days(-7),
}
TASKS: dict[str, Says] = {
    "": lambda raw, w: raw["status"] != "DONE" and raw["assigneeId"] == w.ana,
    "owner:anyone": lambda raw, w: raw["status"] != "DONE",
    "owner:anyone status:any": lambda raw, w: True,
    "owner:anyone status:todo": lambda raw, w: raw["status"] == "TODO",
    "owner:anyone status:in-progress": lambda raw, w: raw["status"] == "IN_PROGRESS",
    "owner:anyone -status:todo": lambda raw, w: raw["status"] != "TODO",
    "owner:@ben status:any": lambda raw, w: raw["assigneeId"] == w.ben,
    "assignee:none status:any": lambda raw, w: raw["assigneeId"] is None,
    "-assignee:me status:any": lambda raw, w: raw["assigneeId"] != w.ana,
    "owner:anyone status:any due:today": lambda raw, w: due(raw) == days(0),
    "owner:anyone due:overdue": lambda raw, w: due(raw) < days(0) and raw["status"] != "DONE",
    "owner:anyone status:any due:tomorrow": lambda raw, w: due(raw) == days(1),
    f"owner:anyone status:any due:<{days(2)}": lambda raw, w: due(raw) < days(2),
    f"owner:anyone status:any due:{days(-1)}..{days(1)}": lambda raw, w: days(-1) <= due(raw) <= days(1),
    "owner:anyone status:any no:due": lambda raw, w: raw["dueAt"] is None,
    "owner:anyone status:any title:proposal": lambda raw, w: "proposal" in raw["title"],
}
MEMBERS: dict[str, Says] = {
    "": lambda raw, w: True,
    "okafor": lambda raw, w: full(raw) == "Ben Okafor",
    "email:ben@acme.example": lambda raw, w: full(raw) == "Ben Okafor",
    "timezone:madrid": lambda raw, w: "Madrid" in raw["timeZone"],
}
LISTS = {
    "companies": ("companies", COMPANIES),
    "people": ("people", PEOPLE),
    "deals": ("opportunities", DEALS),
    "notes": ("notes", NOTES),
    "tasks": ("tasks", TASKS),
    "members": ("workspaceMembers", MEMBERS),
}


def text(raw: Raw) -> str:
    return str(raw["body"] if "body" in raw else raw["bodyV2"]["markdown"] or "")


def counted(answer: Message) -> int:
    """How many the list says there are."""
    found = re.search(r"^([\d,]+) in all", answer.text, re.MULTILINE)
    if found is None:
        assert ": none." in answer.text, answer.text
        return 0
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("command", LISTS)
async def test_every_qualifier_finds_exactly_what_it_says(home, command):
    """The count is that of the CRM's records; a field that this CRM lacks is said to be lacking, with what is valid."""
    plural, lines = LISTS[command]
    world = World(home)
    for line, says in lines.items():
        answer = await home.ask(f"/crm {command} {line}")
        try:
            wanted = sum(bool(says(raw, world)) for raw in home.crm.all(plural))
        except KeyError:
            assert "This CRM has no field “" in answer.text, (line, answer.text)
            assert "Valid here: " in answer.text, (line, answer.text)
        else:
            assert counted(answer) == wanted, (line, answer.text)


@pytest.mark.parametrize("line", ["companies employees:>=100", "people sort:city", "people no:city"])
async def test_a_lacking_field_is_said_at_the_first_question(one_home, line):
    """Also a CRM that has not been asked anything yet says in a sentence what it lacks."""
    answer = await one_home.ask(f"/crm {line}")

    assert re.match(r"This CRM has no field “(Employees|City)” for (companies|people)\.", answer.text)


SORTS: dict[str, tuple[str, Callable[[Raw], Any]]] = {
    "companies sort:name": ("companies", lambda raw: raw["name"].casefold()),
    "companies sort:name-desc": ("companies", lambda raw: raw["name"].casefold()),
    "companies sort:revenue-desc": ("companies", lambda raw: raw["annualRevenue"]["amountMicros"]),
    "deals stage:any sort:amount-desc": ("opportunities", money),
    "deals stage:any sort:created": ("opportunities", lambda raw: raw["createdAt"]),
    "notes sort:created": ("notes", lambda raw: raw["createdAt"]),
}


@pytest.mark.parametrize("line", SORTS)
async def test_a_list_comes_in_the_order_asked_for(home, line):
    """The first page's first record is the greatest or the least; times are the newest first."""
    plural, key = SORTS[line]
    rows = sorted(home.crm.all(plural), key=key, reverse=line.endswith(("-desc", "created")))
    name = rows[0].get("title") or rows[0]["name"]

    answer = await home.ask(f"/crm {line}")

    first = next(line for line in answer.text.split("\n")[2:] if not line.startswith(("Together", "By ")))
    assert first == (name if len(name) < 200 else f"{name[:199]}…")


@pytest.mark.parametrize("name", AWKWARD)
async def test_an_awkward_name_is_found_literally(one_home, name):
    """By its exact name and by each of its words, in a search, a list, a qualifier and as a card."""
    shown = " ".join(name.split())[:60]
    for line in (
        name,
        f"find {name}",
        f"companies {quote(name)}",
        f"companies name:{quote(name)}",
        f"companies {name}",
    ):
        answer = await one_home.ask(f"/crm {line}")
        assert shown in text_of(answer), line
        if "name:" in line:
            assert counted(answer) == 1, line
    for word in set(name.split()):
        answer = await one_home.ask(f"/crm companies name:{quote(word)}")
        wanted = [each for each in one_home.crm.all("companies") if word.casefold() in each["name"].casefold()]
        assert counted(answer) == len(wanted), word
    card = await one_home.ask(f"/crm show company {quote(name)}")
    assert buttons_of(card)[:3] == ["Add note", "Add task", "Edit"]
    assert shown in card.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("companies foo:bar", "Companies cannot be narrowed by foo:. Valid: name:, domain:, owner:"),
        ("companies emploees:5", "Did you mean employees:?"),
        ("companies sort:colour", "sort: does not take “colour”. Valid: name, city"),
        ("companies ideal:perhaps", "Valid: yes, no"),
        ("deals stage:", "stage: needs its value right behind the colon"),
        ("deals stage:nonsense", "This CRM has no stage “Nonsense”. It has: "),
        ("deals stage:screening,proposel", "This CRM has no stage “Proposel”. It has: "),
        ("deals -stage:proposel", "This CRM has no stage “Proposel”. It has: "),
        ("tasks due:2026-02-31", "due: does not take “2026-02-31”. Valid: "),
        ("deals amount:lots", "amount: does not take “lots”. Valid: 12500, >10k"),
        ("deals close:someday", "Did you mean close:today? Valid: today, tomorrow"),
        ("deals name:>x", "name: is a text and cannot be compared"),
        ("tasks status:never", "It has: Todo, In progress, Done."),
        ("companies owner:zoltan", "No member matches “zoltan”: "),
        ("companies owner:@gil", "Gil Guest is not a member of this CRM"),
        ('companies name:"open', "The quote after name: is not closed."),
        ("companies where name[sounds]:acme", "comparator sounds not in eq, neq, in"),
        ("companies where ((name[eq]:x)", "1 close bracket is missing"),
        ("companies where colour[eq]:red", "This CRM has no field “colour”."),
        ("deals where stage[eq]:PERHAPS", "This CRM has no stage “PERHAPS”. It has: NEW, "),
        ("deals order amount", "requires subfield ordering (e.g. amount.amountMicros)"),
        ("companies order colour.red", "This CRM cannot sort by “colour.red”."),
    ],
)
async def test_a_slip_is_answered_with_what_is_valid(home, line, says):
    """Every error is a sentence that names the valid values, or the next step."""
    assert says in text_of(await home.ask(f"/crm {line}"))


WHERE, ORDER, QUALIFIERS = "Behind where stands the CRM's own filter", "Behind order stand", "Valid here: "


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("companies where name:acme order foo", (WHERE, "where name[ilike]:%acme%", "domainName.primaryLinkUrl")),
        ("companies where name[eq]:Acme order foo", (ORDER, "cannot sort by “foo”", "address.addressCity", "sort:")),
        ("companies where name[eq]:Acme order name[Down]", (ORDER, "Allowed values are 'AscNullsFirst")),
        ("companies order name,foo.bar", (ORDER, "createdAt")),
        ("companies where foo[eq]:x order name", (WHERE, "no field “foo”")),
        ("deals where amount:>10k", (WHERE, "amount.amountMicros")),
        ("deals order amount", (ORDER, "amount.amountMicros")),
        ("tasks where dueAt[eq]:x order title", (WHERE, "dueAt")),
        ("members where name[eq]:x", (WHERE, "userEmail")),
    ],
)
async def test_a_slip_in_raw_words_is_answered_in_the_crms_own(home, line, says):
    """What is valid behind `where` and `order` are the CRM's names, not the qualifiers."""
    answer = text_of(await home.ask(f"/crm {line}"))

    assert [each for each in says if each not in answer] == [], answer
    assert sum(each in answer for each in (WHERE, ORDER, QUALIFIERS)) == 1, answer


@pytest.mark.parametrize("line", ["companies order foo", "companies where foo", "deals acme order amount-desc"])
async def test_a_keyword_that_was_taken_for_a_word_is_told_so(home, line):
    """`order desk` may be somebody's name; when it is nobody's, the two ways to sort and to filter are named."""
    answer = text_of(await home.ask(f"/crm {line}"))

    assert "taken for a word to look for" in answer
    assert "sort:created-desc" in answer
    assert "where createdAt[gt]:2026-01-01" in answer


RAW: dict[str, Says] = {
    "companies where name[eq]:Contoso": lambda raw, w: raw["name"] == "Contoso",
    "companies where name[neq]:Contoso": lambda raw, w: raw["name"] != "Contoso",
    "companies where name[in]:[Contoso,Litware]": lambda raw, w: raw["name"] in ("Contoso", "Litware"),
    "companies where name[is]:NOT_NULL": lambda raw, w: raw["name"],
    "companies where accountOwnerId[is]:NULL": lambda raw, w: raw["accountOwnerId"] is None,
    "companies where annualRevenue.amountMicros[gt]:1000000000000": lambda raw, w: revenue(raw) > M * M,
    "companies where annualRevenue.amountMicros[gte]:5100000000000": lambda raw, w: revenue(raw) >= 5.1 * M * M,
    "companies where annualRevenue.amountMicros[lt]:5100000000000": lambda raw, w: revenue(raw) < 5.1 * M * M,
    "companies where annualRevenue.amountMicros[lte]:5100000000000": lambda raw, w: revenue(raw) <= 5.1 * M * M,
    "companies where name[startsWith]:C": lambda raw, w: raw["name"].startswith("C"),
    "companies where name[endsWith]:Toys": lambda raw, w: raw["name"].endswith("Toys"),
    'companies where name[like]:"%Toy%"': lambda raw, w: "Toy" in raw["name"],
    'companies where name[ilike]:"%toy%"': lambda raw, w: "toy" in raw["name"].lower(),
    "companies where not(name[eq]:Contoso)": lambda raw, w: raw["name"] != "Contoso",
    "companies where or(name[eq]:Contoso,name[eq]:Litware) order name": lambda raw, w: (
        raw["name"] in ("Contoso", "Litware")
    ),
    "companies where and(name[startsWith]:C,not(name[eq]:Contoso))": lambda raw, w: (
        raw["name"].startswith("C") and raw["name"] != "Contoso"
    ),
    "companies where or(name[eq]:Contoso),or(name[eq]:Litware)": lambda raw, w: False,
    "deals where stage[containsAny]:[MEETING,PROPOSAL]": lambda raw, w: raw["stage"] in ("MEETING", "PROPOSAL"),
    'deals where company.name[ilike]:"%contoso%"': lambda raw, w: w.company(raw) == "Contoso",
    "companies where name[contain]:toy": lambda raw, w: "toy" in raw["name"].lower(),
    "companies where name[notContain]:toy": lambda raw, w: "toy" not in raw["name"].lower(),
}


def revenue(raw: Raw) -> int:
    return int(raw["annualRevenue"]["amountMicros"] or 0)


@pytest.mark.parametrize("line", RAW)
async def test_the_whole_raw_grammar_is_within_reach(home, line):
    """Each comparator, `and`, `or` and `not`; those of the document alone are refused in words elsewhere."""
    answer = await home.ask(f"/crm {line}")

    if "ontain]" in line and home.crm.profile != "documented":
        assert "not in eq, neq, in" in answer.text
    else:
        plural = "opportunities" if line.startswith("deals") else "companies"
        world = World(home)
        assert counted(answer) == sum(bool(RAW[line](raw, world)) for raw in home.crm.all(plural))


def test_every_comparator_is_in_the_table():
    """Nothing that the server takes is left untried."""
    tried = {each for line in RAW for each in re.findall(r"\[(\w+)\]:", line)}

    assert {*COMPARATORS, "contain", "notContain"} <= tried


async def test_deals_add_up_by_currency_stage_and_owner(home):
    """The totals are those of the whole list, however many pages it has, and are for no other request."""
    await home.ask("/crm deals")
    home.maton.forget_log()

    answer = await home.ask("/crm deals")

    rows = [each for each in home.crm.all("opportunities") if each["stage"] not in OPEN_STAGES]
    euros = sum(each["amount"]["amountMicros"] for each in rows if each["amount"]["currencyCode"] == "EUR")
    assert f"Together: EUR {euros // M:,}, USD " in answer.text
    meetings = [each for each in rows if each["stage"] == "MEETING"]
    assert f"Meeting ({len(meetings)}) EUR " in answer.text
    assert ("By owner: Ana Lopez (" in answer.text) == (home.crm.profile != "documented")
    assert len(home.crm_requests()) <= 3


async def test_my_tasks_are_grouped_by_when_they_are_due(home):
    """Overdue, today, later; each open task with Done, which asks before it writes."""
    world = World(home)
    for title, at in (("Due now", 0), ("Due long ago", -9), ("Due some day", 9)):
        noon = f"{days(at)}T22:30:00.000Z" if at == 0 else f"{days(at)}T12:00:00.000Z"
        home.crm.add("tasks", {"title": title, "status": "TODO", "dueAt": noon, "assigneeId": world.ana})

    answer = await home.ask("/crm tasks")

    said = answer.text
    assert "Open tasks of Ana Lopez" in said
    groups = [said.index(each) for each in ("Overdue", "Due long ago", "Today", "Due now", "Later", "Due some day")]
    assert groups == sorted(groups)
    assert set(buttons_of(answer)) == {"Done"}


async def test_a_row_of_tasks_or_notes_names_what_it_hangs_on(one_home):
    """All of it but what lies in the trash; where the CRM refuses to tell, the rest of the row stands."""
    crm = one_home.crm
    kept, binned = (crm.add("companies", {"name": name}) for name in ("Kept Ltd", "Binned Ltd"))
    ada = crm.add("people", {"name": {"firstName": "Ada", "lastName": "Zuse"}})
    tied = ({"targetCompanyId": kept["id"]}, {"targetCompanyId": binned["id"]}, {"targetPersonId": ada["id"]})
    for kind, body in (("task", {"title": "Water them", "status": "TODO"}), ("note", {"title": "Plants they have"})):
        owner = crm.add(f"{kind}s", body)
        for to in tied:
            crm.add(f"{kind}Targets", {f"{kind}Id": owner["id"], **to})
    crm.remove("companies", binned["id"], soft=True)

    for line, hangs in (("tasks water owner:anyone", "Todo · For "), ("notes plants", "About ")):
        row = text_of(await one_home.ask(f"/crm {line}"))
        assert f"{hangs}Kept Ltd, Ada Zuse" in row or f"{hangs}Ada Zuse, Kept Ltd" in row, row
        assert "Binned" not in row

    one_home.maton.fault("status", path="/rest/taskTargets", status=400, message="Not for you.")
    assert text_of(await one_home.ask("/crm tasks water owner:anyone")).split("\n")[-2:] == ["Water them", "Todo"]


async def test_an_empty_list_of_tasks_says_whose_were_looked_for(one_home):
    """Without a word on the owner they were the asker's own, and the answer says how to see everybody's."""
    mine = text_of(await one_home.ask("/crm tasks due:<2000-01-01"))
    everybodys = text_of(await one_home.ask("/crm tasks due:<2000-01-01 owner:anyone"))

    assert "Only your own tasks were looked for; owner:anyone has everybody's." in mine
    assert "status:any" in mine
    assert "your own" not in everybodys


async def test_an_open_tasks_card_can_be_shown_from_a_list_and_from_home(home):
    """Done stands beside each open task; a menu below them leads to the card of any."""
    task = {"title": "Water the plants", "status": "TODO", "assigneeId": World(home).ana}
    home.crm.add("tasks", {**task, "dueAt": "2026-01-01T12:00:00.000Z"})
    answer = await home.ask("/crm tasks")

    await home.slack.click(answer, user=ANA, action_id=ids.RECORD_SHOW, choose="Water the plants")
    card = await home.told(ANA, "Task · by ")
    assert card.only_for == ANA
    assert buttons_of(card)[:2] == ["Done", "Edit"]

    await home.slack.open_home(ANA)
    await home.quiet()
    shown = home.slack.home(ANA)
    await home.slack.click(shown, user=ANA, action_id=ids.RECORD_SHOW, choose="Water the plants")
    await home.slack.wait_for(lambda: any("Task · by " in text_of(each) for each in home.slack.dm(ANA)))


async def test_a_name_that_hundreds_have_leaves_nobody_out(home):
    """`company:hydra` means all of 130 companies; what cannot be asked whole is refused, never cut off silently."""
    for number in range(130):
        company = home.crm.add("companies", {"name": f"Hydra {number} (it's)"})
        home.crm.add("people", {"name": {"firstName": "Head", "lastName": str(number)}, "companyId": company["id"]})
    everybody = len(home.crm.all("people"))

    assert counted(await home.ask("/crm people company:hydra")) == 130
    assert counted(await home.ask("/crm people -company:hydra")) == everybody - 130
    assert counted(await home.ask("/crm people company:hydra,contoso")) > 130
    assert counted(await home.ask('/crm people company:"Hydra 77"')) == 1
    refused = text_of(await home.ask("/crm people company:it's"))
    assert "Too many companies are called “it's”.\nName it more exactly." in refused


async def test_a_search_that_saw_only_part_says_so(one_home):
    """When more records had to be looked through than one request gives, "nothing" is not the whole truth."""
    for number in range(220):
        one_home.crm.add("companies", {"name": f"Filler {number}"})

    answer = await one_home.ask("/crm )))((")

    assert "Nothing found" in text_of(answer)
    assert "Only the first 200 of a kind were looked at" in text_of(answer)


async def test_a_long_question_is_answered_or_refused_in_words(one_home):
    """Thousands of characters of words are looked for; as many values are too much, and that is said."""
    words = " ".join(f"word{number}" for number in range(300))

    assert "Nothing found" in text_of(await one_home.ask(f"/crm {words}"))
    values = ",".join(f"value{number:03}" for number in range(300))
    assert "more than the CRM can be asked in one go" in text_of(await one_home.ask(f"/crm companies city:{values}"))


async def test_a_word_that_is_nearly_a_command_is_told_as_it_must_be_typed(one_home):
    """Under the name that the operator gave the command."""
    answer = text_of(await one_home.ask("/crm histry"))
    with_words = text_of(await one_home.ask("/crm shwo acme deal"))

    assert "Did you mean “/crm history [team or a record]”?" in answer
    assert "Did you mean “/crm show acme deal”?" in with_words


@pytest.mark.parametrize(
    ("typed", "next_step"),
    [
        ("/kunden find", "For example: /kunden find acme"),
        ("/kunden new", "For example: /kunden new task Call Ada tomorrow 3pm"),
        ("/kunden edit", "Words, a Twenty link or an id: /kunden edit acme"),
        ("/kunden done", "Words, a Twenty link or an id: /kunden done call ada"),
        ("/kunden deals owner:@gil", "Who is one: /kunden members"),
        ("/kunden history team", "/crm history has yours"),
    ],
)
async def test_what_is_to_be_typed_next_is_told_whole(one_home, typed, next_step):
    """With the command's name in front, whatever it is, and an example that this very command takes."""
    assert next_step in text_of(await one_home.ask(typed))


@pytest.mark.parametrize("command", ["", "companies ", "show ", "delete ", "shwo "])
async def test_an_answer_without_a_find_repeats_the_words_only_in_part(one_home, command):
    """A pasted page is not said back; the next step stays in sight."""
    answer = text_of(await one_home.ask(f"/crm {command}{'pasted ' * 300}"))

    assert "pasted" in answer
    assert "find more" in answer
    assert len(answer) < 700


@pytest.mark.parametrize(
    ("line", "qualifier"),
    [("tasks overdue", "due:overdue"), ("deals mine", "owner:me"), ("deals won", "stage:won"), ("tasks zzz", "")],
)
async def test_a_value_that_was_taken_for_a_word_is_told_so(one_home, line, qualifier):
    """`tasks overdue` looks for a task of that name; when there is none, the qualifier is named."""
    answer = text_of(await one_home.ask(f"/crm {line}"))

    assert ("was taken for a word to look for" in answer) == bool(qualifier)
    assert f"write {qualifier}." in answer or not qualifier


@pytest.mark.parametrize(
    ("said", "typed", "title"),
    [
        ("my deals", "deals owner:me", "Open deals of Ana Lopez"),
        ("all deals", "deals stage:any", "Deals"),
        ("all tasks", "tasks owner:anyone status:any", "Tasks"),
        ("list companies", "companies", "Companies"),
    ],
)
async def test_a_list_is_asked_for_as_one_says_it(one_home, said, typed, title):
    """The answer is that of the command with its qualifiers."""
    asked, meant = text_of(await one_home.ask(f"/crm {said}")), text_of(await one_home.ask(f"/crm {typed}"))

    assert asked == meant
    assert asked.startswith(f"{title}\n")


@pytest.mark.parametrize(
    "typed",
    [
        "+49 30 1234567",
        "0049 (0)30 12345-67",
        "(030) 123 45 67",
        "find 301234567",
        "people +49 30 1234567",
        "people phone:+49-30-1234567",
        "show +49/30/1234567",
        "+1 (415) 555-9999",
        "find 1-415-555-9999",
    ],
)
async def test_a_phone_number_finds_who_has_it(home, typed):
    """However it is written, a further number, too; that of nobody finds nobody."""
    phones = {"primaryPhoneNumber": "+49301234567", "additionalPhones": [{"number": "+14155559999"}]}
    home.crm.add("people", {"name": {"firstName": "Zoe", "lastName": "Quill"}, "phones": phones})

    assert "Zoe Quill" in text_of(await home.ask(f"/crm {typed}"))
    assert "Zoe Quill" not in text_of(await home.ask(f"/crm {typed.replace('5', '6')}"))


@pytest.mark.parametrize(
    ("typed", "button", "values"),
    [
        ("zoe.quill@x.example", "New person", {"name": "Zoe Quill", "email": "zoe.quill@x.example"}),
        ("find zoe@x.example", "New person", {"email": "zoe@x.example"}),
        ("zephyr.example", "New company", {"name": "Zephyr", "domain": "zephyr.example"}),
        ("https://www.zephyr.example/jobs", "New company", {"domain": "zephyr.example"}),
    ],
)
async def test_an_address_that_nobody_has_leads_to_the_form(one_home, typed, button, values):
    """The record that it can be the first of is one press away, with the address filled in."""
    answer = await one_home.ask(f"/crm {typed}")
    assert buttons_of(answer) == [button]

    await one_home.slack.click(answer, button, user=ANA)
    form = await one_home.slack.wait_for(lambda: one_home._ready(ANA))

    assert form.title == button
    inputs = {each["block_id"]: each["element"].get("initial_value") for each in form.blocks if "element" in each}
    assert inputs | values == inputs


@pytest.mark.parametrize("typed", ["zoe@x.example", f"who <@{BEN}>"])
async def test_a_role_that_reads_no_members_leaves_the_way_to_a_new_person(one_home, typed):
    """Whether an address is a colleague's is only asked when no person has it, and does not spoil that answer."""
    one_home.crm.denied.add(("GET", "workspaceMember"))

    answer = await one_home.ask(f"/crm {typed}")

    assert buttons_of(answer) == ["New person"]


async def test_an_address_of_a_colleague_finds_the_member(one_home):
    """Who works with the CRM need not be made a person in it."""
    answer = await one_home.ask("/crm Ben@acme.example")

    assert "Members (1)\nBen Okafor\n" in text_of(answer)
    assert buttons_of(answer) == ["Show"]


@pytest.mark.parametrize("typed", ["zzz", "zoe@x.example zephyr", "minutes.pdf", "contoso.example"])
async def test_what_is_no_address_or_is_known_leads_to_no_form(one_home, typed):
    """A name, a file, an address among other words, and one that a record has."""
    assert not [each for each in buttons_of(await one_home.ask(f"/crm {typed}")) if each.startswith("New ")]


@pytest.mark.parametrize("row", [each for each in TABLE if each.section == "Look up"], ids=lambda row: row.name)
async def test_every_look_up_that_help_gives_as_an_example_finds_something(home, row):
    """Whoever tries the bot by its own examples, as in the sandbox, is shown what it can do."""
    answer = text_of(await home.ask(f"/crm {row.example}"))

    assert not re.search(r": none\.|^Nothing|^No |^This CRM has no field", answer), answer


async def test_what_matches_nothing_is_named_by_its_type(one_home):
    """Only tasks can be done: that no task matches does not say that nothing does."""
    assert "No task matches “contoso”." in text_of(await one_home.ask("/crm done contoso"))
    assert "No deal matches “zzz”." in text_of(await one_home.ask("/crm show deal zzz"))
    assert "Nothing in the CRM matches “zzz”." in text_of(await one_home.ask("/crm show zzz"))
