"""The `filter` parameter, parsed with the flaws of the real parser: nothing escapes anything (twenty.md section 2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.twenty.refusals import bad, invalid

COMPARATORS = (
    *("eq", "neq", "in", "containsAny", "is", "gt", "gte", "lt", "lte"),
    *("startsWith", "endsWith", "like", "ilike"),
)
DOCUMENTED_COMPARATORS = (*COMPARATORS, "contain", "notContain")

# JavaScript's dot stops at four line terminators, and its $ is the very end.
DOT = "[^\n\r\u2028\u2029]"
ROOT = re.compile(rf"(or|and|not)\(({DOT}+)\)")
PREDICATE = re.compile(rf"{DOT}+\[{DOT}+\]:{DOT}+")
QUOTES = ('"', "'")


@dataclass(frozen=True, slots=True)
class Conjunction:
    """`and`, `or`, or `not` over its items."""

    word: str
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Predicate:
    """One comparison; the value is a list for `in` and `containsAny`."""

    path: tuple[str, ...]
    comparator: str
    value: str | tuple[str, ...]


Node = Conjunction | Predicate


def parse(query: str, *, comparators: Sequence[str] = COMPARATORS) -> Node:
    """The tree the server would build, wrong trees included; a `Refusal` where it answers 400."""
    _count_parentheses(query)
    return _parse(query if ROOT.fullmatch(query) else f"and({query})", comparators)


def _count_parentheses(query: str) -> None:
    surplus = query.count("(") - query.count(")")
    if surplus:
        kind = "close" if surplus > 0 else "open"
        hint = f"{abs(surplus)} {kind} bracket{'s are' if abs(surplus) > 1 else ' is'}"
        raise invalid(f"'filter' invalid. {hint} missing in the query", "INVALID_FILTER_QUERY_PARAM")


def _parse(query: str, comparators: Sequence[str]) -> Node:
    root = ROOT.fullmatch(query)
    if not root:
        return _predicate(query, comparators)
    word = root[1]
    items = tuple(_parse(item, comparators) for item in split(query))
    if word == "not" and len(items) > 1:
        text = "'filter' invalid. 'not' conjunction should contain only 1 condition. eg: not(field[eq]:1)"
        raise invalid(text, "INVALID_FILTER_QUERY_PARAM")
    return Conjunction(word, items)


def split(query: str) -> list[str]:
    """The items between the outer parentheses; three independent toggles decide which commas count."""
    brackets = double = single = False
    depth = 0
    items, current = [], ""
    for c in query:
        keep = depth >= 1
        if c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
            keep = depth >= 1
        brackets ^= c in "[]"
        double ^= c == '"'
        single ^= c == "'"
        if c == "," and depth == 1 and not (brackets or double or single):
            items.append(current)
            current, keep = "", False
        if keep:
            current += c
    return [*items, current]


def _predicate(text: str, comparators: Sequence[str]) -> Predicate:
    if not PREDICATE.fullmatch(text):
        raise bad(f"'filter' invalid for '{text}'. eg: price[gte]:10")
    fields, comparator, value = _pieces(text)
    if comparator not in comparators:
        raise bad(f"'filter' invalid for '{text}', comparator {comparator} not in {', '.join(comparators)}")
    return Predicate(tuple(fields.split(".")), comparator, _value(value, comparator))


def _pieces(text: str) -> tuple[str, str, str]:
    """Field, comparator and value by the server's own character walk."""
    fields = comparator = value = ""
    in_fields, in_comparator, in_value = True, False, False
    for c in text:
        if in_value:
            value += c
        if c == "]" and not in_value:
            in_comparator = False
        if c == ":" and not in_comparator:
            in_value = True
        if in_comparator:
            comparator += c
        if c == "[" and in_fields:
            in_fields, in_comparator = False, True
        if in_fields:
            fields += c
    return fields, comparator, value


def _value(value: str, comparator: str) -> str | tuple[str, ...]:
    if comparator in ("in", "containsAny"):
        if value[:1] != "[" or value[-1:] != "]":
            wanted = f"array value expected eg: 'field[{comparator}]:[value_1,value_2]'"
            raise bad(f"'filter' invalid for '{comparator}' operator. Received '{value}' but {wanted}")
        return tuple(unquoted(each) for each in value[1:-1].split(","))
    return value if comparator == "is" else unquoted(value)


def unquoted(value: str) -> str:
    """Without its quotes, if the first and the last character are quotes of any kind."""
    return value[1:-1] if value[:1] in QUOTES and value[-1:] in QUOTES else value
