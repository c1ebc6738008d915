"""What people ask for, as the filter that a server of the real grammar is given: it finds exactly what was meant."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.crm.conditions import build
from bot.crm.dialect import Knowledge
from bot.crm.filters import Filter
from bot.models import Kind, Money
from bot.queries import Condition, Op, Query
from bot.sandbox.twenty import FakeCRM

marks = st.text(alphabet=st.sampled_from(list("abAB%_\\\"'()[],:;.-\n\r\u2028 \t")), min_size=1, max_size=12)
words = st.one_of(marks, st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20))


def answered(crm: FakeCRM, wanted: Filter | None, plural: str = "companies") -> list[dict[str, Any]]:
    """What is meant of what the server answers; it may refuse nothing that we ask."""
    query = {"limit": ["200"], **({"filter": [wanted.asked]} if wanted and wanted.asked else {})}
    answer = crm.answer("GET", f"/{plural}", query)
    assert answer.status == 200, answer.body
    return [raw for raw in answer.body["data"][plural] if wanted is None or wanted.matches(raw)]


def is_plain(text: str) -> bool:
    """Whether its small letters are what they are to a database, too: `ß` is `ss` to Python alone."""
    return text.casefold() == text.lower()


@given(term=words, before=st.text("ab'\"% ", max_size=4), other=words)
@settings(max_examples=200, deadline=None)
def test_words_find_what_literally_holds_them_and_nothing_else(term: str, before: str, other: str) -> None:
    """Whatever is typed, the list has the records whose name or domain holds every word: never all, never fewer."""
    assume(is_plain(term) and is_plain(other))
    names = [f"{before}{term}x", other, "Acme", "a%b_c", "O'Brien (UK)"]
    crm = FakeCRM("current", {"companies": [{"name": name} for name in names]})

    found = answered(crm, build(Query(kind=Kind.COMPANY, words=term), Knowledge(), {}))

    kept = [raw["name"] for raw in crm.all("companies")]
    wanted = [name for name in kept if all(word in name.casefold() for word in term.casefold().split())]
    if term.split():
        assert sorted(raw["name"] for raw in found) == sorted(wanted)


@given(term=words, other=words)
@settings(max_examples=100, deadline=None)
def test_a_negated_text_leaves_out_exactly_what_holds_it(term: str, other: str) -> None:
    """`-name:` of any text is the other half of `name:`."""
    assume(is_plain(term) and is_plain(other))
    crm = FakeCRM("current", {"companies": [{"name": name} for name in (f"x{term}", other, "Acme", "")]})
    conditions = [Condition("name", Op.CONTAINS, (term,), negated=negated) for negated in (False, True)]

    halves = [answered(crm, build(Query(kind=Kind.COMPANY, conditions=(one,)), Knowledge(), {})) for one in conditions]

    assert sum(map(len, halves)) == 4
    assert {raw["name"] for raw in halves[0]} == {
        raw["name"] for raw in crm.all("companies") if term.casefold() in raw["name"].casefold()
    }


def test_many_words_are_asked_in_a_request_of_bounded_length() -> None:
    """The longest words are asked, the others are looked for in the answer."""
    many = [f"w{number:03}" for number in range(300)]
    crm = FakeCRM("current", {"companies": [{"name": " ".join(many)}, {"name": " ".join(many[:-1])}]})

    wanted = build(Query(kind=Kind.COMPANY, words=" ".join(many)), Knowledge(), {})

    assert wanted
    assert len(wanted.asked) < 8_000
    assert [raw["name"] for raw in answered(crm, wanted)] == [" ".join(many)]


def test_an_amount_with_a_currency_is_of_that_currency() -> None:
    """More than 10,000 euros is not more than 10,000 dollars, and its negation has all the rest."""
    amounts = [(20_000, "EUR"), (20_000, "USD"), (5_000, "EUR"), (None, "")]
    rows = [{"name": "x", "amount": {"amountMicros": n and n * 10**6, "currencyCode": code}} for n, code in amounts]
    crm = FakeCRM("current", {"opportunities": rows})

    def found(*, negated: bool) -> int:
        one = Condition("amount", Op.GT, (Money(10_000 * 10**6, "EUR"),), negated=negated)
        return len(answered(crm, build(Query(kind=Kind.DEAL, conditions=(one,)), Knowledge(), {}), "opportunities"))

    assert (found(negated=False), found(negated=True)) == (1, 3)
