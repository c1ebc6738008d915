"""The qualifier language of lists."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Misunderstood
from bot.fields import FIELDS
from bot.language.intents import List
from bot.language.periods import Clock
from bot.language.qualifiers import QUALIFIERS, read_list
from bot.language.tokens import Qualified, pieces, quote, unquote
from bot.models import Choice, Kind, Money, Someone, When
from bot.queries import Condition, Op, Query, Sort

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 3, 26, 10, 0, tzinfo=BERLIN), "Europe/Berlin")  # a Thursday
NOT_CLOSED = Condition("stage", Op.IN, (Choice("CUSTOMER"), Choice("WON"), Choice("LOST")), negated=True, assumed=True)
NOT_DONE = Condition("status", Op.IN, (Choice("DONE"),), negated=True, assumed=True)


def read(kind: Kind, line: str) -> List:
    return read_list(kind, line, CLOCK)


def conditions(kind: Kind, line: str) -> tuple[Condition, ...]:
    """Of a line with a word, which switches the defaults off."""
    return read(kind, f"x {line}").query.conditions


def day(year: int, month: int, number: int) -> When:
    return When(datetime(year, month, number, tzinfo=BERLIN), all_day=True)


def million(units: float, currency: str = "") -> Money:
    return Money(round(units * 1_000_000), currency)


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        (Kind.DEAL, "stage:meeting,proposal", Condition("stage", Op.IN, (Choice("MEETING"), Choice("PROPOSAL")))),
        (Kind.DEAL, "STAGE:Meeting", Condition("stage", Op.EQ, (Choice("MEETING"),))),
        (Kind.DEAL, "-stage:lost", Condition("stage", Op.EQ, (Choice("LOST"),), negated=True)),
        (Kind.DEAL, 'stage:"On hold"', Condition("stage", Op.EQ, (Choice("ON_HOLD"),))),
        (Kind.DEAL, "stage:open", NOT_CLOSED),
        (Kind.DEAL, "-stage:closed", NOT_CLOSED),
        (Kind.TASK, "status:in-progress", Condition("status", Op.EQ, (Choice("IN_PROGRESS"),))),
        (Kind.TASK, "status:none", Condition("status", Op.ABSENT)),
        (Kind.TASK, "-status:none", Condition("status", Op.PRESENT)),
        (Kind.DEAL, "owner:me", Condition("owner", Op.EQ, (Someone(me=True),))),
        (Kind.DEAL, "owner:<@U123>", Condition("owner", Op.EQ, (Someone(user_id="U123"),))),
        (Kind.DEAL, "-owner:<@U123>", Condition("owner", Op.EQ, (Someone(user_id="U123"),), negated=True)),
        (Kind.DEAL, "owner:@ana,me", Condition("owner", Op.IN, (Someone(words="ana"), Someone(me=True)))),
        (Kind.DEAL, 'owner:"Ana B"', Condition("owner", Op.EQ, (Someone(words="Ana B"),))),
        (Kind.DEAL, "owner:none", Condition("owner", Op.ABSENT)),
        (Kind.TASK, "owner:me", Condition("assignee", Op.EQ, (Someone(me=True),))),
        (Kind.TASK, "assignee:@ana", Condition("assignee", Op.EQ, (Someone(words="ana"),))),
        (Kind.DEAL, 'company:"Acme Inc"', Condition("company", Op.CONTAINS, ("Acme Inc",))),
        (Kind.DEAL, "company:\u201cAcme, Inc\u201d", Condition("company", Op.CONTAINS, ("Acme, Inc",))),
        (Kind.DEAL, "company:O'Brien", Condition("company", Op.CONTAINS, ("O'Brien",))),
        (Kind.PERSON, "title:cto,ceo", Condition("job_title", Op.CONTAINS, ("cto", "ceo"))),
        (Kind.PERSON, "-email:gmail.com", Condition("email", Op.CONTAINS, ("gmail.com",), negated=True)),
        (Kind.COMPANY, "city:=paris", Condition("city", Op.EQ, ("paris",))),
        (Kind.PERSON, "has:email", Condition("email", Op.PRESENT)),
        (Kind.PERSON, "no:email", Condition("email", Op.ABSENT)),
        (Kind.PERSON, "-has:email", Condition("email", Op.ABSENT)),
        (Kind.PERSON, "has:title", Condition("job_title", Op.PRESENT)),
        (Kind.TASK, "no:owner", Condition("assignee", Op.ABSENT)),
        (Kind.COMPANY, "employees:>=100", Condition("employees", Op.GTE, (100,))),
        (Kind.COMPANY, "employees:\u2265100", Condition("employees", Op.GTE, (100,))),
        (Kind.COMPANY, "-employees:>1k", Condition("employees", Op.GT, (1000,), negated=True)),
        (Kind.COMPANY, "employees:10,20", Condition("employees", Op.IN, (10, 20))),
        (Kind.COMPANY, "employees:=0", Condition("employees", Op.EQ, (0,))),
        (Kind.COMPANY, "ideal:yes", Condition("ideal", Op.EQ, (True,))),
        (Kind.DEAL, "amount:>10k", Condition("amount", Op.GT, (million(10_000),))),
        (Kind.DEAL, "amount:<=1.5m\u20ac", Condition("amount", Op.LTE, (million(1_500_000, "EUR"),))),
        (Kind.DEAL, 'amount:>="10k EUR"', Condition("amount", Op.GTE, (million(10_000, "EUR"),))),
        (Kind.DEAL, "amount:12500", Condition("amount", Op.EQ, (million(12_500),))),
        (Kind.TASK, "due:overdue", Condition("due", Op.LT, (day(2026, 3, 26),))),
        (Kind.TASK, "due:<2026-04-01", Condition("due", Op.LT, (day(2026, 4, 1),))),
        (Kind.TASK, "due:<=2026-04-01", Condition("due", Op.LT, (day(2026, 4, 2),))),
        (Kind.TASK, "due:>2026-04-01", Condition("due", Op.GTE, (day(2026, 4, 2),))),
        (Kind.TASK, "due:>=this-week", Condition("due", Op.GTE, (day(2026, 3, 23),))),
        (Kind.TASK, "-due:>tomorrow", Condition("due", Op.GTE, (day(2026, 3, 28),), negated=True)),
        (Kind.TASK, "-due:today", Condition("due", Op.EQ, (day(2026, 3, 26), day(2026, 3, 27)), negated=True)),
        (Kind.DEAL, "created:>2026-01-01", Condition("created", Op.GTE, (day(2026, 1, 2),))),
        (Kind.DEAL, "close:none", Condition("close_date", Op.ABSENT)),
    ],
)  # fmt: skip
def test_a_qualifier_is_a_condition(kind: Kind, line: str, expected: Condition) -> None:
    """Each qualifier narrows by its field, with the values that its field holds."""
    assert conditions(kind, line) == (expected,)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("today", (2026, 3, 26), (2026, 3, 27)),
        ("tomorrow", (2026, 3, 27), (2026, 3, 28)),
        ("yesterday", (2026, 3, 25), (2026, 3, 26)),
        ("this-week", (2026, 3, 23), (2026, 3, 30)),
        ("next-week", (2026, 3, 30), (2026, 4, 6)),
        ("this-month", (2026, 3, 1), (2026, 4, 1)),
        ("last-month", (2026, 2, 1), (2026, 3, 1)),
        ("this-quarter", (2026, 1, 1), (2026, 4, 1)),
        ("next-year", (2027, 1, 1), (2028, 1, 1)),
        ("last-7-days", (2026, 3, 19), (2026, 3, 27)),
        ("next-7-days", (2026, 3, 26), (2026, 4, 3)),
        ("2026-04-01", (2026, 4, 1), (2026, 4, 2)),
        ("2026-04", (2026, 4, 1), (2026, 5, 1)),
        ("2026-Q4", (2026, 10, 1), (2027, 1, 1)),
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("friday", (2026, 3, 27), (2026, 3, 28)),
        ("next-monday", (2026, 3, 30), (2026, 3, 31)),
        ('"next monday"', (2026, 3, 30), (2026, 3, 31)),
        ("2026-04-01..2026-04-30", (2026, 4, 1), (2026, 5, 1)),
        ("today..friday", (2026, 3, 26), (2026, 3, 28)),
    ],
)
def test_a_period_is_the_askers_days(value: str, start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    """A day or a stretch of days lies between two midnights of the asker's timezone."""
    found = conditions(Kind.TASK, f"due:{value}")
    assert found == (Condition("due", Op.EQ, (day(*start), day(*end))),)


def test_a_day_with_a_clock_change_is_an_hour_shorter() -> None:
    """The day on which summer time begins has 23 hours."""
    start, end = conditions(Kind.TASK, "due:2026-03-29")[0].values
    assert isinstance(start, When)
    assert isinstance(end, When)
    assert (end.at.astimezone(UTC) - start.at.astimezone(UTC)).total_seconds() == 23 * 3600


def test_ranges_take_both_ends_in() -> None:
    """`10..50` is from 10 to 50, and either end may be open."""
    assert conditions(Kind.COMPANY, "employees:10..50") == (
        Condition("employees", Op.GTE, (10,)),
        Condition("employees", Op.LTE, (50,)),
    )
    assert conditions(Kind.DEAL, "amount:10k..*") == (Condition("amount", Op.GTE, (million(10_000),)),)
    assert conditions(Kind.TASK, "-due:..today") == (Condition("due", Op.LT, (day(2026, 3, 27),), negated=True),)


@pytest.mark.parametrize(
    ("kind", "line", "expected", "mine"),
    [
        (Kind.DEAL, "", (NOT_CLOSED,), False),
        (Kind.DEAL, "acme", (), False),
        (Kind.DEAL, "stage:lost", (Condition("stage", Op.EQ, (Choice("LOST"),)),), False),
        (Kind.DEAL, "stage:any", (), False),
        (Kind.TASK, "", (NOT_DONE,), True),
        (Kind.TASK, "owner:anyone", (NOT_DONE,), False),
        (Kind.TASK, "no:assignee", (Condition("assignee", Op.ABSENT), NOT_DONE), False),
        (Kind.TASK, "call", (), True),
        (Kind.TASK, "status:done", (Condition("status", Op.EQ, (Choice("DONE"),)),), True),
        (Kind.TASK, 'where status[eq]:"DONE"', (), False),
        (Kind.COMPANY, "", (), False),
    ],
)
def test_lists_begin_with_what_is_open_and_mine(
    kind: Kind, line: str, expected: tuple[Condition, ...], mine: bool
) -> None:
    """Deals and tasks without words are the open ones, tasks without an owner the asker's."""
    asked = read(kind, line)
    assert (asked.query.conditions, asked.mine_if_member) == (expected, mine)


@pytest.mark.parametrize(
    ("kind", "line", "sort"),
    [
        (Kind.DEAL, "sort:amount-desc", Sort("amount", descending=True)),
        (Kind.DEAL, "sort:amount", Sort("amount")),
        (Kind.DEAL, "sort:-amount", Sort("amount", descending=True)),
        (Kind.DEAL, "sort:close-asc", Sort("close_date")),
        (Kind.DEAL, "sort:created", Sort("created", descending=True)),
        (Kind.DEAL, "sort:created-asc", Sort("created")),
        (Kind.TASK, "sort:due sort:title", Sort("title")),
        (Kind.TASK, "", None),
    ],
)
def test_sort_names_a_field(kind: Kind, line: str, sort: Sort | None) -> None:
    """`sort:` orders by a field, newest first for times of creation."""
    assert read(kind, line).query.sort == sort


@pytest.mark.parametrize(
    ("line", "words", "where", "order"),
    [
        ('acme where name[ilike]:"%a  b%"', "acme", 'name[ilike]:"%a  b%"', ""),
        ("where or(a[eq]:1,b[eq]:2) order name[DescNullsLast],createdAt", "", "or(a[eq]:1,b[eq]:2)",
         "name[DescNullsLast],createdAt"),
        ("WHERE name[eq]:\"in order\" order createdAt", "", 'name[eq]:"in order"', "createdAt"),
        ('where x[eq]:"half ord:"y', "", 'x[eq]:"half ord:"y', ""),
        ("order name.firstName", "", "", "name.firstName"),
        ("where inc", "where inc", "", ""),
        ("order desk", "order desk", "", ""),
        ('acme "where" a[b', "acme where a[b", "", ""),
    ],
)  # fmt: skip
def test_raw_grammar_is_taken_verbatim(line: str, words: str, where: str, order: str) -> None:
    """`where` and `order` take the rest of the line as it stands; the same words in a name stay words."""
    query = read(Kind.COMPANY, line).query
    assert (query.words, query.where, query.order) == (words, where, order)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("acme  corp", "acme  corp"),
        ("acme city:paris corp", "acme corp"),
        ('"city:paris"', "city:paris"),
        ("https://acme.com", "https://acme.com"),
        ("smile :)", "smile :)"),
        ("10:30", "10:30"),
        ("note: x", "note: x"),
        ('5" disk', '5" disk'),
        ("-5", "-5"),
        ('"a\\"b"', 'a"b'),
        ("back\\slash", "back\\slash"),
    ],
)
def test_words_stay_as_they_were_typed(line: str, words: str) -> None:
    """What is no qualifier is looked for literally."""
    assert read(Kind.COMPANY, line).query.words == words


@pytest.mark.parametrize(
    ("kind", "line", "says"),
    [
        (Kind.PERSON, "foo:bar", "name:, email:, phone:, company:, title:, city:"),
        (Kind.DEAL, "stag:won", "Did you mean stage:"),
        (Kind.DEAL, "amount:lots", "amount: does not take"),
        (Kind.DEAL, 'amount:>"10k XYZ"', "\u201cXYZ\u201d is no currency"),
        (Kind.DEAL, "amount:>12,500", "takes one value"),
        (Kind.COMPANY, "employees:many", ">=100"),
        (Kind.TASK, "due:tomorow", "Did you mean due:tomorrow"),
        (Kind.TASK, "due:2026-02-30", "does not take"),
        (Kind.TASK, "due:today,friday", "one day or one period"),
        (Kind.COMPANY, "-employees:10..50", "employees:<10 or employees:>50"),
        (Kind.TASK, "sort:nobody", "due, status"),
        (Kind.PERSON, "has:emial", "Did you mean has:email"),
        (Kind.PERSON, "has:email,phone", "takes one field"),
        (Kind.PERSON, "city:>paris", "cannot be compared"),
        (Kind.DEAL, "stage:>meeting", "has no order"),
        (Kind.COMPANY, 'city:"paris', "not closed"),
        (Kind.COMPANY, 'city:""', "no:city"),
        (Kind.COMPANY, "ideal:maybe", "yes, no"),
        (Kind.DEAL, "owner: me", "right behind the colon"),
        (Kind.DEAL, "owner:@", "me, @somebody"),
    ],
)
def test_an_error_names_what_is_valid(kind: Kind, line: str, says: str) -> None:
    """An unknown qualifier or value is answered with the valid ones and the nearest."""
    with pytest.raises(Misunderstood) as caught:
        read(kind, line)
    assert says in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_qualifier_has_a_field(kind: Kind) -> None:
    """No qualifier asks for a field that no CRM has, and no name stands for two."""
    keys = {each.key for each in FIELDS[kind]} | {"created", "updated"}
    assert {each.key for each in QUALIFIERS[kind]} <= keys
    names = [name for each in QUALIFIERS[kind] for name in (each.word, *each.also)]
    assert len(names) == len(set(names))


def test_a_query_survives_storing() -> None:
    """What was asked comes back from JSON the same, so that a page can be opened again later."""
    query = read(Kind.DEAL, "owner:me close:this-week amount:>10k sort:amount").query
    assert msgspec.json.decode(msgspec.json.encode(query), type=Query) == query


@given(st.text(min_size=1, max_size=40))
def test_quoting_keeps_any_value(value: str) -> None:
    """Any value in quotes is read back as itself, as a value, as a word and as a whole line."""
    (piece,) = pieces(f"city:{quote(value)}")
    assert isinstance(piece, Qualified)
    assert [part.text for part in piece.parts] == [value]
    (word,) = pieces(quote(value))
    assert not isinstance(word, Qualified)
    assert word.text == value
    assert unquote(quote(value)) == value


@given(st.lists(st.text(alphabet=st.characters(exclude_characters='"\\'), min_size=1, max_size=10), min_size=1))
def test_any_of_keeps_every_value(values: list[Any]) -> None:
    """Several quoted values stay apart whatever they contain."""
    found = read(Kind.COMPANY, "x city:" + ",".join(quote(each) for each in values)).query.conditions
    assert found == (Condition("city", Op.CONTAINS, tuple(values)),)
