"""No user text can bend a filter, match everything, or be missed where it literally stands."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.crm import filters
from bot.crm.filters import Filter
from bot.sandbox.twenty.grammar import Conjunction, Node, Predicate, parse
from bot.sandbox.twenty.predicates import like

NASTY = [
    "O'Brien", "'", '5" disk', '"', "a]b", "a[b", "a,b]c", 'a"b,c', "smile :)", "(((", '%"))', ")(", "line\nbreak",
    "100%", "under_score", "trail\\", "back\\slash", 'x",id[is]:NOT_NULL,name[ilike]:"', 'x%"),or(id[is]:NOT_NULL',
    "Acme, Inc", "or(x[eq]:1)", "\u2028", "\x00", "<!channel>", "🚀", "مرحبا", "a" * 300,
]  # fmt: skip
hostile = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet=st.sampled_from(list("ab%_\\\"'()[],:;.\n\r\u2028 \t")), min_size=1, max_size=12),
    st.text(min_size=1, max_size=20),
)


def predicates(node: Node) -> list[Predicate]:
    """Every predicate in the tree as the real parser would see it."""
    if isinstance(node, Conjunction):
        return [each for item in node.items for each in predicates(item)]
    return [node]


def search(term: str) -> Filter:
    """What a search for one word among people sends."""
    return filters.any_of(filters.contains("name.firstName", term), filters.contains("emails.primaryEmail", term))


@given(hostile)
@settings(max_examples=400, deadline=None)
def test_no_text_adds_or_swallows_a_predicate(term: str) -> None:
    """Whatever the term, the server sees exactly our two patterns, or is not asked at all."""
    asked = filters.all_of(filters.present("id"), search(term)).asked
    seen = [(".".join(each.path), each.comparator) for each in predicates(parse(asked))]

    assert seen in (
        [("id", "is"), ("name.firstName", "ilike"), ("emails.primaryEmail", "ilike")],
        [("id", "is")],
    )


@given(hostile, st.text(max_size=8), st.text(max_size=8))
@settings(max_examples=400, deadline=None)
def test_text_is_found_where_it_literally_stands(term: str, before: str, after: str) -> None:
    """A record that holds the term matches, on the server as far as it is asked, and here."""
    held = f"{before}{term}{after}"
    one = filters.contains("name", term)

    assert one.matches({"name": held})
    if one.asked:
        (predicate,) = predicates(parse(one.asked))
        assert isinstance(predicate.value, str)
        assert like(predicate.value, ignore_case=True)(held)


@given(hostile, st.text(max_size=10))
@settings(max_examples=300, deadline=None)
def test_text_is_found_nowhere_else(term: str, held: str) -> None:
    """A record that does not hold the term is not meant, whatever the server says."""
    assert filters.contains("name", term).matches({"name": held}) == (term.casefold() in held.casefold())


@given(st.lists(hostile.filter(lambda each: each.split() == [each]), max_size=3), st.text(max_size=8), st.text())
@settings(max_examples=300, deadline=None)
def test_words_are_held_as_each_of_them_would_be(words: list[str], first: str, last: str) -> None:
    """What searches ask for many words in many fields is what `contains` asks for each, joined."""
    paths, raw = ("name.firstName", "name.lastName"), {"name": {"firstName": first, "lastName": last}}
    one = filters.holding(paths, words, asked=words)
    each = filters.all_of(*(filters.any_of(*(filters.contains(path, word) for path in paths)) for word in words))

    if words:
        assert (one.asked, one.exact, one.matches(raw)) == (each.asked, each.exact, each.matches(raw))
    else:
        assert not one.matches(raw)


@pytest.mark.parametrize("term", [")(", "'", "()[]", "\n", '"', ","])
def test_a_term_of_nothing_but_wildcards_is_never_sent(term: str) -> None:
    """It would match everything, so only we look for it."""
    one = filters.contains("name", term)

    assert (one.asked, one.exact) == ("", False)
    assert one.matches({"name": f"x{term}y"})
    assert not one.matches({"name": "acme"})


@given(
    st.text("0123456789", min_size=1, max_size=12),
    st.lists(st.sampled_from(["", " ", "-", ".", "(", ")", "/", "x"]), min_size=13, max_size=13),
    st.text("0123456789 -", max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_digits_are_found_however_the_number_is_written(digits: str, between: list[str], before: str) -> None:
    """On the server and here, at the end of a longer number, too, and among further numbers."""
    held = before + "".join(map("".join, zip(between, digits, strict=False)))
    one = filters.digits_in("phones.primaryPhoneNumber", digits)

    (predicate,) = predicates(parse(one.asked))
    assert isinstance(predicate.value, str)
    assert like(predicate.value, ignore_case=False)(held)
    for stored in (held, [{"number": "1"}, {"number": held}, {}]):
        assert one.matches({"phones": {"primaryPhoneNumber": stored}})


def test_digits_that_another_stands_between_are_others() -> None:
    """The server's pattern finds them; we do not, nor any in two numbers of a list."""
    one = filters.digits_in("phones", "4155550100")

    assert not one.exact
    for other in ("41555501900", None, 4155550100, [{"number": "415555"}, {"number": "0100"}], [None, "4155550100"]):
        assert not one.matches({"phones": other})


def test_an_alternative_that_cannot_be_asked_takes_the_others_along() -> None:
    """Half an `or` would miss what the other half means."""
    either = filters.any_of(filters.contains("name", ")("), filters.is_id("id", str(uuid4())))

    assert (either.asked, either.exact) == ("", False)
    assert either.matches({"name": ")(", "id": "x"})
    assert not either.matches({"name": "acme", "id": "x"})


def test_a_negated_pattern_that_finds_too_much_is_left_to_us() -> None:
    """The server would leave out O-Brien for not being O'Brien."""
    no = filters.negated(filters.contains("name", "O'Brien"))

    assert no.asked == ""
    assert no.matches({"name": "O-Brien"})
    assert not no.matches({"name": "o'brien"})


def test_a_negated_plain_pattern_is_asked() -> None:
    """Nothing in it is a wildcard, so the server's no is ours."""
    assert filters.negated(filters.contains("name", "acme")).asked == 'not(name[ilike]:"%acme%")'


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_matches_nothing(text: str) -> None:
    """An empty pattern would match every record."""
    assert not filters.contains("name", text).matches({"name": "acme"})


@pytest.mark.parametrize(
    "make",
    [
        lambda: filters.is_id("id", ""),
        lambda: filters.is_id("id", "x),or(id[is]:NOT_NULL"),
        lambda: filters.one_of("id", []),
        lambda: filters.one_of("id", ["1"]),
        lambda: filters.chosen("stage", ["A,B"]),
        lambda: filters.chosen("stage", []),
        lambda: filters.contains("name[is]:NULL,x", "a"),
        lambda: filters.digits_in("phone", '1"'),
        lambda: filters.digits_in("phone", "\u0661"),
        lambda: filters.digits_in("phone", ""),
        lambda: filters.number("employees", "eq", float("inf")),
    ],
)
def test_what_is_not_an_id_a_constant_a_path_or_a_number_cannot_be_built(make: object) -> None:
    """There is no way to a filter but through a checked part."""
    with pytest.raises(ValueError, match=r"\w"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (filters.number("employees", "gte", 100.0), "employees[gte]:100"),
        (filters.moment("dueAt", "lt", datetime(2026, 4, 1, tzinfo=UTC)), "dueAt[lt]:2026-04-01T00:00:00.000Z"),
        (filters.chosen("stage", ["NEW", "WON"]), "stage[in]:[NEW,WON]"),
        (filters.flag("ideal", value=True), "ideal[eq]:true"),
        (filters.equals("name", "100%"), 'name[ilike]:"100\\%"'),
        (filters.absent("dueAt"), "dueAt[is]:NULL"),
    ],
)
def test_typed_parts_are_written_as_the_grammar_wants_them(one: Filter, asked: str) -> None:
    """No spaces, no quotes but around patterns."""
    assert (one.asked, one.exact) == (asked, True)


@pytest.mark.parametrize(
    ("one", "yes", "no"),
    [
        (filters.number("employees", "gte", 100), {"employees": "120"}, {"employees": None}),
        (filters.moment("dueAt", "lt", datetime(2026, 4, 1, tzinfo=UTC)), {"dueAt": "2026-03-31T23:00:00Z"}, {}),
        (filters.unlike("stage", ["WON", "NEW"], ["NEW"]), {"stage": None}, {"stage": "WON"}),
        (filters.filled_text("name"), {"name": "x"}, {"name": ""}),
        (filters.empty_text("name"), {"name": ""}, {"name": "x"}),
        (filters.nothing(), None, {"id": "x"}),
    ],
)
def test_every_part_also_decides_here(one: Filter, yes: dict[str, object] | None, no: dict[str, object]) -> None:
    """What the server cannot be asked is decided with the very same meaning."""
    assert yes is None or one.matches(yes)
    assert not one.matches(no)
