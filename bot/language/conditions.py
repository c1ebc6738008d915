"""One qualifier's values turned into conditions, by what its field holds."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import force_setattr

from bot.errors import Misunderstood
from bot.language.money import parse_money, unknown_currency
from bot.language.periods import KNOWN, Clock, Period, read_period
from bot.language.targets import read_someone
from bot.language.tokens import Part, Qualified
from bot.models import Choice, Money, Value, When
from bot.queries import Condition, Op


class Takes(StrEnum):
    """What may stand behind a qualifier's colon."""

    TEXT = "text"
    RELATION = "a name"
    CHOICE = "one of the CRM's values"
    NUMBER = "a number"
    MONEY = "an amount"
    TIME = "a day"
    MEMBER = "a member"
    YES_NO = "yes or no"


class Qualifier(Struct, frozen=True):
    """A word in front of a colon, what it takes, and the field's key in `bot.fields`."""

    word: str
    takes: Takes = Takes.TEXT
    key: str = ""
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "key", self.key or self.word)


_OPS = {">": Op.GT, ">=": Op.GTE, "<": Op.LT, "<=": Op.LTE}
_FACTORS = {"": 1, "k": 10**3, "m": 10**6}


def read(known: Qualifier, piece: Qualified, clock: Clock) -> tuple[Condition, ...]:
    """The conditions, joined by *and*, that the piece means; Misunderstood names what would be valid."""
    if known.takes is not Takes.TEXT and _word(piece) == "none":
        return (Condition(known.key, Op.PRESENT if piece.negated else Op.ABSENT),)
    match known.takes:
        case Takes.TEXT | Takes.RELATION:
            return (_text(known, piece),)
        case Takes.CHOICE:
            return (_any_of(known, piece, [_choice(part, piece) for part in _plain(piece)]),)
        case Takes.YES_NO:
            return (_any_of(known, piece, [_yes_no(part, piece) for part in _plain(piece)]),)
        case Takes.MEMBER:
            return _members(known, piece)
        case Takes.TIME:
            return _time(known, piece, clock)
        case Takes.NUMBER:
            return _measured(known, piece, _number)
        case Takes.MONEY:
            return _measured(known, piece, _money)


def not_valid(piece: Qualified, value: str, valid: Sequence[str]) -> Misunderstood:
    """The sentence for a value that a qualifier does not take, with all that it takes and the nearest."""
    is_word = not any(each.isdigit() for each in value)  # the dates among the valid ones are examples, no corrections
    near = get_close_matches(value.lower(), list(valid), n=1, cutoff=0.6) if is_word else ()
    nearest = f" Did you mean {piece.key}:{near[0]}?" if near else ""
    return Misunderstood(f"{piece.key}: does not take \u201c{value}\u201d.{nearest} Valid: {', '.join(valid)}.")


def constant(text: str) -> str:
    """A select's value as Twenty writes it: `in-progress` is IN_PROGRESS."""
    return re.sub(r"\W+", "_", text.strip()).strip("_").upper()


def _word(piece: Qualified) -> str:
    """The single unquoted value without a comparator, in lower case; else ""."""
    single = len(piece.parts) == 1 and not piece.parts[0].quoted and not piece.comparator
    return piece.parts[0].text.lower() if single else ""


def _text(known: Qualifier, piece: Qualified) -> Condition:
    if piece.comparator not in ("", "="):
        raise Misunderstood(f"{known.word}: is a text and cannot be compared with {piece.comparator}.")
    texts = tuple(part.text for part in piece.parts if part.text)
    if not texts:
        raise Misunderstood(f"What should {known.word}: be?", hint=f"For empty ones, write no:{known.word}.")
    return Condition(known.key, Op.EQ if piece.comparator == "=" else Op.CONTAINS, texts, negated=piece.negated)


def _plain(piece: Qualified) -> tuple[Part, ...]:
    """The values of a field without an order."""
    if piece.comparator not in ("", "="):
        raise Misunderstood(f"{piece.key}: has no order, so {piece.comparator} makes no sense there.")
    return piece.parts


def _any_of(known: Qualifier, piece: Qualified, values: Sequence[Value]) -> Condition:
    return Condition(known.key, Op.EQ if len(values) == 1 else Op.IN, tuple(values), negated=piece.negated)


def _choice(part: Part, piece: Qualified) -> Choice:
    if not (value := constant(part.text)):
        raise Misunderstood(f"{piece.key}: needs a value, such as {piece.key}:open.")
    return Choice(value)


def _yes_no(part: Part, piece: Qualified) -> bool:
    known = {"yes": True, "true": True, "no": False, "false": False}
    if part.text.lower() not in known:
        raise not_valid(piece, part.text, ["yes", "no"])
    return known[part.text.lower()]


def _members(known: Qualifier, piece: Qualified) -> tuple[Condition, ...]:
    if _word(piece) in ("anyone", "any", "all", "everyone"):
        return (Condition(known.key, Op.ABSENT),) if piece.negated else ()
    people = [read_someone(part.text) for part in _plain(piece) if part.text.strip("@ ")]
    if len(people) < len(piece.parts):
        raise not_valid(piece, "", ["me", "@somebody", "a name", "none", "anyone"])
    return (_any_of(known, piece, people),)


def _measured(known: Qualifier, piece: Qualified, measure: Callable[[Part, Qualified], Value]) -> tuple[Condition, ...]:
    """Numbers and amounts: one, several, a comparison, or a range `10..20` that includes both ends."""
    if ends := _range(piece):
        return _between(known, piece, [measure(Part(end), piece) if end else None for end in ends])
    values = tuple(measure(part, piece) for part in piece.parts)
    if op := _OPS.get(piece.comparator):
        if len(values) > 1:
            raise Misunderstood(f"{piece.key}:{piece.comparator} takes one value; write 12500 without a comma.")
        return (Condition(known.key, op, values, negated=piece.negated),)
    return (_any_of(known, piece, values),)


def _range(piece: Qualified) -> tuple[str, str] | None:
    """Both ends of `a..b`; "" for an open end (`*`)."""
    low, dots, high = _word(piece).partition("..")
    if not dots:
        return None
    return low.replace("*", ""), high.replace("*", "")


def _between(known: Qualifier, piece: Qualified, ends: Sequence[Value]) -> tuple[Condition, ...]:
    found = tuple(
        Condition(known.key, op, (end,)) for op, end in zip((Op.GTE, Op.LTE), ends, strict=True) if end is not None
    )
    return _not_twice(piece, found)


def _not_twice(piece: Qualified, found: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Two ends joined by *and* cannot be negated as one condition; a single one can."""
    if not piece.negated or not found:
        return found
    if len(found) == 1:
        return (Condition(found[0].key, found[0].op, found[0].values, negated=True),)
    low, _, high = piece.parts[0].text.partition("..")
    raise Misunderstood(
        f"{piece.raw} cannot be asked in one go.",
        hint=f"Ask for one side: {piece.key}:<{low} or {piece.key}:>{high}.",
    )


def _number(part: Part, piece: Qualified) -> int | float:
    match = re.fullmatch(r"(-?\d{1,15}(?:\.\d{1,6})?)([km]?)", part.text.strip().lower())
    if match is None:
        raise not_valid(piece, part.text, ["100", ">=100", "<1k", "10..50", "none"])
    value = float(match[1]) * _FACTORS[match[2]]
    return int(value) if value.is_integer() else value


def _money(part: Part, piece: Qualified) -> Money:
    money = parse_money(part.text, "")
    if money is None and (sentence := unknown_currency(part.text)):
        raise Misunderstood(f"{piece.key}: {sentence}")
    if money is None:
        raise not_valid(piece, part.text, ["12500", ">10k", "<=1.5m", "10k..50k", '>="10k EUR"', "none"])
    return money


def _time(known: Qualifier, piece: Qualified, clock: Clock) -> tuple[Condition, ...]:
    """A day or a stretch of days (EQ, from one midnight up to another); comparisons exclude or include all of it."""
    if len(piece.parts) > 1:
        raise Misunderstood(
            f"{piece.key}: takes one day or one period.", hint=f"For a range: {piece.key}:today..friday."
        )
    start, end = _edges(piece, clock)
    bounds = {"<": (None, start), "<=": (None, end), ">": (end, None), ">=": (start, None)}
    since, until = bounds.get(piece.comparator, (start, end))
    if since and until:
        return (Condition(known.key, Op.EQ, (since, until), negated=piece.negated),)
    found = [(Op.GTE, since), (Op.LT, until)]
    return tuple(Condition(known.key, op, (each,), negated=piece.negated) for op, each in found if each)


def _edges(piece: Qualified, clock: Clock) -> tuple[When | None, When | None]:
    """First moment and the moment after the last; None where a range is open. `overdue` is all before today."""
    if _word(piece) == "overdue":
        return None, _period("today", piece, clock).start
    low, high = _range(piece) or (piece.parts[0].text,) * 2
    return (
        _period(low, piece, clock).start if low else None,
        _period(high, piece, clock).end if high else None,
    )


def _period(text: str, piece: Qualified, clock: Clock) -> Period:
    period = read_period(text, clock)
    if period is None:
        raise not_valid(piece, text, [*KNOWN, "none"])
    return period
