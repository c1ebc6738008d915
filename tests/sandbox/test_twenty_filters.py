"""The filter grammar and its flaws, row by row (twenty.md section 2)."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twenty_fixtures import ask, company, message, names

from bot.sandbox.twenty import FakeCRM, samples
from bot.sandbox.twenty.grammar import Conjunction, Predicate, parse, split
from bot.sandbox.twenty.predicates import like
from bot.sandbox.twenty.refusals import Refusal

MISSING_OPEN = "'filter' invalid. 1 open bracket is missing in the query"


def leaves(text: str) -> list[tuple[str, str]]:
    """Every predicate of a parsed filter as (field, value)."""

    def walk(node: Conjunction | Predicate) -> list[tuple[str, str]]:
        if isinstance(node, Predicate):
            return [(".".join(node.path), str(node.value))]
        return [leaf for item in node.items for leaf in walk(item)]

    return walk(parse(text))


def either(term: str) -> str:
    return f'or(name.firstName[ilike]:"%{term}%",name.lastName[ilike]:"%{term}%")'


TAME = [
    *("acme", "Acme, Inc", "Acme (UK)", "[x]", "key:val", 'say "hi"', "Rock 'n' Roll", "or(x[eq]:1)"),
    *("\u05e9\u05dc\u05d5\u05dd", "\N{ROCKET}"),
]


@pytest.mark.parametrize("term", TAME)
def test_tame_terms_arrive_whole(term: str) -> None:
    """Terms with balanced marks reach the comparison unchanged, alone and inside `or`."""
    assert leaves(f'name[ilike]:"%{term}%"') == [("name", f"%{term}%")]
    assert leaves(either(term)) == [("name.firstName", f"%{term}%"), ("name.lastName", f"%{term}%")]


@pytest.mark.parametrize("term", ["O'Brien", "'", '5" disk', '"', "a]b", "a[b", "a,b]c"])
def test_an_odd_mark_swallows_the_second_predicate(term: str) -> None:
    """One odd quote or bracket makes the second predicate part of the first one's value, without an error."""
    assert leaves(f'name[ilike]:"%{term}%"') == [("name", f"%{term}%")]
    ((field, value),) = leaves(either(term))
    assert field == "name.firstName"
    assert "name.lastName[ilike]" in value


@pytest.mark.parametrize("term", ["smile :)", '%"))', "line\nbreak", 'a"b,c', "line\u2028break"])
def test_terms_that_cannot_be_asked_for(term: str) -> None:
    """A stray parenthesis, a line break and a quote before a comma are refused."""
    with pytest.raises(Refusal):
        parse(f'name[ilike]:"%{term}%"')


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('name[ilike]:"%smile :)%"', MISSING_OPEN),
        ('name[ilike]:"%))%"', "'filter' invalid. 2 open brackets are missing in the query"),
        ('name[ilike]:"%(((%"', "'filter' invalid. 3 close brackets are missing in the query"),
        ("xyz", "'filter' invalid for 'xyz'. eg: price[gte]:10"),
        ("x[eq]:", "'filter' invalid for 'x[eq]:'. eg: price[gte]:10"),
        (
            "x[contain]:y",
            "'filter' invalid for 'x[contain]:y', comparator contain not in eq, neq, in, containsAny, is, gt, gte, "
            "lt, lte, startsWith, endsWith, like, ilike",
        ),
        (
            "not(a[eq]:1,b[eq]:2)",
            "'filter' invalid. 'not' conjunction should contain only 1 condition. eg: not(field[eq]:1)",
        ),
        (
            "id[in]:1,2",
            "'filter' invalid for 'in' operator. Received '1' but array value expected eg: "
            "'field[in]:[value_1,value_2]'",
        ),
    ],
)
def test_exact_words_of_a_syntax_error(text: str, wanted: str) -> None:
    """A filter that does not parse is a 400 with the server's own words."""
    with pytest.raises(Refusal) as caught:
        parse(text)
    assert caught.value.message == wanted


def test_parentheses_the_wrong_way_round_match_everything() -> None:
    """`)(` disappears between the counters, and `%%` is left."""
    assert leaves('name[ilike]:"%)(%"') == [("name", "%%")]


def test_a_quote_injects_predicates() -> None:
    """A term can close its own quotes and add predicates, alone and inside `or`."""
    term = 'x",id[is]:NOT_NULL,name[ilike]:"'
    assert leaves(f'name[ilike]:"%{term}%"') == [("name", "%x"), ("id", "NOT_NULL"), ("name", "%")]
    assert ("id", "NOT_NULL") in leaves(either(term))


def test_a_smuggled_conjunction_is_garbage_in_the_value() -> None:
    """`x%"),or(id[is]:NOT_NULL` opens no second conjunction."""
    assert all(field.startswith("name") for field, _ in leaves(either('x%"),or(id[is]:NOT_NULL')))


def test_two_conjunctions_side_by_side_misparse() -> None:
    """The root pattern is greedy: `or(a),or(b)` becomes one predicate with a strange value."""
    assert leaves("or(x[eq]:1),or(b[eq]:2)") == [("x", "1b[eq]:2")]
    assert leaves("and(or(x[eq]:1),or(b[eq]:2))") == [("x", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("and(a,b)", ["a", "b"]),
        ("and(a,or(b,c))", ["a", "or(b,c)"]),
        ("and(x[in]:[1,2],b)", ["x[in]:[1,2]", "b"]),
        ("and(a]x,b)", ["a]x,b"]),
        ('and("a,b",c)', ['"a,b"', "c"]),
        ("and('a,\"b',c)", ["'a,\"b',c"]),
    ],
)
def test_splitting_by_three_toggles(text: str, items: list[str]) -> None:
    """A comma splits at depth one when no quote and no bracket is open."""
    assert split(text) == items


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x[in]:[a,b]", ("a", "b")),
        ('x[in]:["a","b"]', ("a", "b")),
        ('x[in]:["a", "b"]', ("a", ' "b"')),
        ("x[in]:[]", ("",)),
        ("x[eq]:\"mixed'", "mixed"),
        ("x[is]:NULL", "NULL"),
        ('x[eq]:""', ""),
    ],
)
def test_values(text: str, value: object) -> None:
    """Lists split naively, and quotes go only when they stand at both ends."""
    node = parse(f"and({text})")
    assert isinstance(node, Conjunction)
    (item,) = node.items
    assert isinstance(item, Predicate)
    assert item.value == value


@pytest.mark.parametrize(
    ("pattern", "value", "wanted"),
    [
        ("%100\\%%", "100% Pure", True),
        ("%100\\%%", "1000 Pure", False),
        ("%100%%", "1000 Pure", True),
        ("under\\_score", "under_score", True),
        ("under\\_score", "underXscore", False),
        ("under_score", "underXscore", True),
        ("%back\\\\slash%", "back\\slash", True),
        ("%trail\\%", "trail", False),
        ("%trail\\%", "trail%", True),
        ("%ACME%", "the acme\ninc", True),
        ("a_b", "a\nb", True),
        ("a.b", "axb", False),
    ],
)
def test_like_patterns(pattern: str, value: str, wanted: bool) -> None:
    """`%` and `_` are live, and a backslash escapes the next character."""
    assert like(pattern, ignore_case=True)(value) is wanted


def test_a_pattern_that_ends_in_its_escape() -> None:
    """A pattern with nothing behind the last backslash is the database's error."""
    crm = FakeCRM()
    assert "must not end with escape" in message(ask(crm, "GET", "/companies", filter='name[ilike]:"x\\"'))


@pytest.fixture
def crm() -> FakeCRM:
    """Four companies, one of them without a name, and one in the trash."""
    crm = FakeCRM("base")
    ana = crm.add("workspaceMembers", {"name": {"firstName": "Ana"}, "userEmail": "ana@acme.example"})
    company(crm, "Acme", employees=10, accountOwnerId=ana["id"], createdAt="2026-01-01T10:00:00.500Z")
    company(crm, "acme two", employees=20, idealCustomerProfile=True)
    company(crm, "Beta")
    company(crm, "")
    gone = company(crm, "Acme gone")
    crm.remove("companies", gone["id"], soft=True)
    return crm


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('name[ilike]:"acme%"', {"Acme", "acme two"}),
        ('name[like]:"Acme%"', {"Acme"}),
        ("name[startsWith]:acme", {"acme two"}),
        ("name[endsWith]:two", {"acme two"}),
        ("name[eq]:Acme", {"Acme"}),
        ('name[eq]:""', {""}),
        ("name[is]:NULL", {""}),
        ("name[is]:NOT_NULL", {"Acme", "acme two", "Beta"}),
        ("name[neq]:Acme", {"acme two", "Beta"}),
        ("not(name[eq]:Acme)", {"acme two", "Beta"}),
        ("employees[gte]:10", {"Acme", "acme two"}),
        ("employees[in]:[10,30]", {"Acme"}),
        ("employees[is]:NULL", {"Beta", ""}),
        ("idealCustomerProfile[eq]:true", {"acme two"}),
        ("and(employees[gt]:5,name[eq]:Beta)", set()),
        ("or(employees[gt]:15,name[eq]:Beta)", {"acme two", "Beta"}),
        ("accountOwner.name.firstName[ilike]:%ana%", {"Acme"}),
        ('createdAt[eq]:"2026-01-01T10:00:00.500Z"', {"Acme"}),
        ('createdAt[eq]:"2026-01-01T11:00:00.500+01:00"', {"Acme"}),
        ('createdAt[eq]:"2026-01-01T10:00:00Z"', set()),
        ("createdAt[lt]:2026-01-02", {"Acme"}),
        ("createdBy.source[eq]:API", {"Acme", "acme two", "Beta", ""}),
        ("deletedAt[is]:NOT_NULL", {"Acme gone"}),
        ('or(name[ilike]:"acme%",deletedAt[is]:NULL)', {"Acme", "acme two", "Beta", "", "Acme gone"}),
        ('and(name[ilike]:"acme%",deletedAt[is]:NOT_NULL)', {"Acme gone"}),
    ],
)
def test_what_a_filter_finds(crm: FakeCRM, text: str, wanted: set[str]) -> None:
    """Comparisons answer as the database does, and trash stays out until `deletedAt` is mentioned."""
    answer = ask(crm, "GET", "/companies", filter=text)
    assert set(names(answer)) == wanted
    assert answer.body["totalCount"] == len(wanted)


@pytest.mark.parametrize(
    ("plural", "text", "wanted"),
    [
        ("companies", "nope[eq]:1", 'Object company doesn\'t have any "nope" field.'),
        ("companies", " name[eq]:1", 'Object company doesn\'t have any " name" field.'),
        (
            "companies",
            "employees[ilike]:%1%",
            'Operator "ilike" is not valid for field "employees" of type NUMBER - '
            "Allowed operators: eq, neq, gt, gte, lt, lte, in, is",
        ),
        ("companies", "name[is]:maybe", 'Invalid filter value for "is" operator. Expected "NULL" or "NOT_NULL"'),
        ("companies", "employees[eq]:many", "Invalid number value 'many' for field \"employees\""),
        ("people", "name[ilike]:%x%", 'Sub field "name" not found for composite type: FULL_NAME'),
        ("people", "name.x[eq]:1", 'Sub field "x" not found for composite type: FULL_NAME'),
        ("people", "company[eq]:x", 'Cannot filter by relation field "company"'),
        ("companies", "people[eq]:x", 'Cannot filter by relation field "people"'),
    ],
)
def test_what_a_filter_must_not_ask(crm: FakeCRM, plural: str, text: str, wanted: str) -> None:
    """Unknown fields, wrong operators and wrong values are refused in the server's words."""
    answer = ask(crm, "GET", f"/{plural}", filter=text)
    assert (answer.status, message(answer)) == (400, wanted)


def test_a_stage_that_does_not_exist(crm: FakeCRM) -> None:
    """An unknown option in a filter is raw database text."""
    text = message(ask(crm, "GET", "/opportunities", filter="stage[eq]:WON"))
    assert text.startswith("invalid input value for enum ")
    assert text.endswith(': "WON"')


def test_a_filter_given_twice_is_no_filter(crm: FakeCRM) -> None:
    """The server reads two filters as a list, and a list as nothing."""
    assert len(names(ask(crm, "GET", "/companies", filter=["name[eq]:Acme", "name[eq]:Beta"]))) == 4


def test_unknown_parameters_are_ignored(crm: FakeCRM) -> None:
    """`search=` and the like change nothing."""
    assert len(names(ask(crm, "GET", "/companies", search="Acme", after="x", orderBy="y"))) == 4


def test_contain_is_understood_where_it_is_documented() -> None:
    """The documented dialect has `contain` and `notContain`."""
    crm = FakeCRM("documented")
    company(crm, "Acme")
    company(crm, "Beta")
    assert names(ask(crm, "GET", "/companies", filter="name[contain]:cm")) == ["Acme"]
    assert names(ask(crm, "GET", "/companies", filter="name[notContain]:cm")) == ["Beta"]


def safe(term: str) -> str:
    """A term as the client should send it (twenty.md section 2.2)."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "".join("_" if c in "\"'()[],\u2028\u2029" or unicodedata.category(c) == "Cc" else c for c in escaped)


@given(st.text(st.sampled_from("ab \"'()[],%_\\\n:.\u2028\u00e9"), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_the_safe_pattern_is_safe(term: str) -> None:
    """Any term, made safe, stays one value in `or`, and matches a name that contains it."""
    first, last = leaves(either(safe(term)))
    assert (first, last) == (("name.firstName", f"%{safe(term)}%"), ("name.lastName", f"%{safe(term)}%"))
    assert like(first[1], ignore_case=True)(f"x{term}y")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("companyId[eq]:{acme}", {"Ada", "Grace"}),
        ("companyId[in]:[{acme},{other}]", {"Ada", "Grace", "Alan"}),
        ("and(companyId[eq]:{acme},name.firstName[eq]:Ada)", {"Ada"}),
        ("or(companyId[eq]:{other},name.firstName[eq]:Ada)", {"Alan", "Ada"}),
        ("not(companyId[eq]:{acme})", {"Alan"}),
        ("id[in]:[{ada},{gone}]", {"Ada"}),
        ("and(id[in]:[{ada},{gone}],deletedAt[is]:NOT_NULL)", {"Gone"}),
    ],
)
def test_looking_up_by_ids(text: str, wanted: set[str]) -> None:
    """Ids and keys find the same rows alone and inside conjunctions."""
    crm = FakeCRM()
    acme, other = company(crm, "Acme")["id"], company(crm, "Other")["id"]
    people = {
        name: crm.add("people", {"name": {"firstName": name}, "companyId": key})["id"]
        for name, key in (("Ada", acme), ("Grace", acme), ("Alan", other), ("Nobody", None), ("Gone", acme))
    }
    crm.remove("people", people["Gone"], soft=True)
    query = text.format(acme=acme, other=other, ada=people["Ada"], gone=people["Gone"])
    found = names(ask(crm, "GET", "/people", filter=query), "people")
    assert {each["firstName"] for each in found} == wanted


@pytest.mark.parametrize("name", samples.AWKWARD)
def test_awkward_names_are_found_by_the_safe_pattern(name: str) -> None:
    """A term whose special characters become `_` finds its record (twenty.md section 2.2)."""
    crm = FakeCRM(records=samples.acme())
    assert name in names(ask(crm, "GET", "/companies", filter=f'name[ilike]:"{safe(name)}"'))
