"""A parsed filter becomes a test on stored rows; like SQL it answers yes, no, or nothing (NULL)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.twenty.grammar import Conjunction, Node, Predicate
from bot.sandbox.twenty.moments import moment
from bot.sandbox.twenty.refusals import invalid, postgres
from bot.sandbox.twenty.schema import PARTS, SOURCES, Field, Kind, Schema, Type

Row = Mapping[str, Any]
Test = Callable[[Row], bool | None]
Get = Callable[[Row], Any]
Find = Callable[[str, str], Row | None]

ORDERED = ("eq", "neq", "gt", "gte", "lt", "lte", "in", "is")
OPERATORS: Mapping[Type, tuple[str, ...]] = {
    Type.TEXT: (*ORDERED, "startsWith", "endsWith", "like", "ilike", "contain", "notContain"),
    Type.NUMBER: ORDERED,
    Type.POSITION: ORDERED,
    Type.DATE_TIME: ORDERED,
    Type.UUID: ORDERED,
    Type.BOOLEAN: ("eq", "is"),
    Type.SELECT: ("eq", "neq", "gt", "gte", "lt", "lte", "in", "containsAny", "is"),
    Type.MULTI_SELECT: ("containsAny", "is"),
    Type.RAW_JSON: ("is", "like"),
    Type.TS_VECTOR: ("is",),
}
UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
HIDDEN = ("contain", "notContain")


def compile_filter(node: Node | None, kind: Kind, schema: Schema, find: Find) -> Callable[[Row], bool]:
    """A row test; trash is left out unless the filter mentions `deletedAt` anywhere (twenty.md section 2)."""
    if node is None:
        return lambda row: row["deletedAt"] is None
    test = _Compiler(schema, find).test(node, kind)
    if mentions(node, "deletedAt"):
        return lambda row: test(row) is True
    return lambda row: row["deletedAt"] is None and test(row) is True


def mentions(node: Node, name: str) -> bool:
    """Whether a field stands anywhere in the filter."""
    if isinstance(node, Conjunction):
        return any(mentions(item, name) for item in node.items)
    return name in node.path


class _Compiler:
    def __init__(self, schema: Schema, find: Find) -> None:
        self._schema = schema
        self._find = find

    def test(self, node: Node, kind: Kind) -> Test:
        if isinstance(node, Predicate):
            return self._predicate(node, kind)
        tests = [self.test(item, kind) for item in node.items]
        if len(tests) == 1 and node.word != "not":
            return tests[0]
        return {"and": _all, "or": _any, "not": _not}[node.word](tests)

    def _predicate(self, node: Predicate, kind: Kind) -> Test:
        get, type_, options = self._reach(node.path, kind)
        name = ".".join(node.path)
        allowed = OPERATORS[type_]
        if node.comparator not in allowed:
            shown = ", ".join(each for each in allowed if each not in HIDDEN)
            text = f'Operator "{node.comparator}" is not valid for field "{name}" of type {type_}'
            raise invalid(f"{text} - Allowed operators: {shown}", "INVALID_ARGS_FILTER")
        return comparison(node, get, type_, options)

    def _reach(self, path: tuple[str, ...], kind: Kind) -> tuple[Get, Type, tuple[str, ...]]:
        """How to read the compared value, its type, and a select's options."""
        name, rest = path[0], path[1:]
        field = kind.fields.get(name)
        if field is None:
            return self._hop(name, rest, kind)
        if field.type not in PARTS:
            if rest:
                raise invalid(f'Sub field "{rest[0]}" not found for composite type: {field.type}')
            return (lambda row: row[name]), field.type, field.options
        return _part(field, rest)

    def _hop(self, name: str, rest: tuple[str, ...], kind: Kind) -> tuple[Get, Type, tuple[str, ...]]:
        """One many-to-one step, as `company.name` (twenty.md section 2)."""
        key = kind.relation(name)
        if (key is None and name in kind.many) or (key and not rest):
            raise invalid(f'Cannot filter by relation field "{name}"', "INVALID_ARGS_FILTER")
        if key is None:
            raise invalid(f'Object {kind.singular} doesn\'t have any "{name}" field.')
        target = key.target or ""
        other = self._schema.kinds[target]
        if rest[0] not in other.fields and other.relation(rest[0]):
            raise invalid(f'Cannot filter by relation field "{rest[0]}"', "INVALID_ARGS_FILTER")
        inner, type_, options = self._reach(rest, other)
        key_name, find = key.name, self._find

        def get(row: Row) -> Any:
            related = find(target, row[key_name]) if row[key_name] else None
            return inner(related) if related else None

        return get, type_, options


def _part(field: Field, rest: tuple[str, ...]) -> tuple[Get, Type, tuple[str, ...]]:
    name = field.name
    if not rest or rest[0] not in PARTS[field.type] or len(rest) > 1:
        wrong = rest[-1] if rest else name
        raise invalid(f'Sub field "{wrong}" not found for composite type: {field.type}')
    part = rest[0]
    return (lambda row: (row[name] or {}).get(part)), PARTS[field.type][part], SOURCES


def _all(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        answer: bool | None = True
        for each in tests:
            one = each(row)
            if one is False:
                return False
            answer = None if one is None else answer
        return answer

    return test


def _any(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        answer: bool | None = False
        for each in tests:
            one = each(row)
            if one:
                return True
            answer = None if one is None else answer
        return answer

    return test


def _not(tests: list[Test]) -> Test:
    (inner,) = tests

    def test(row: Row) -> bool | None:
        answer = inner(row)
        return None if answer is None else not answer

    return test


def comparison(node: Predicate, get: Get, type_: Type, options: tuple[str, ...]) -> Test:
    """One comparison on the value that `get` reads; a NULL value answers NULL but for `is` and an empty text."""
    op, raw = node.comparator, node.value
    if op == "is":
        return _is(str(raw), get)
    if op in ("in", "containsAny"):
        return _membership(op, tuple(coerced(each, node, type_, options) for each in raw), get)
    assert isinstance(raw, str)  # noqa: S101 -- only `in` and `containsAny` carry lists
    if op in ("like", "ilike"):
        return _like(like(raw, ignore_case=op == "ilike"), get)
    if raw == "" and type_ is Type.TEXT and op in ("eq", "neq"):
        wanted = op == "eq"  # '' is stored as NULL, and matches both
        return lambda row: (get(row) in (None, "")) is wanted
    return _compare(op, coerced(raw, node, type_, options), get)


def _is(raw: str, get: Get) -> Test:
    if raw not in ("NULL", "NOT_NULL"):
        raise invalid('Invalid filter value for "is" operator. Expected "NULL" or "NOT_NULL"', "INVALID_ARGS_FILTER")
    wanted = raw == "NULL"
    return lambda row: (get(row) is None) is wanted


def _membership(op: str, wanted: tuple[Any, ...], get: Get) -> Test:
    values = set(wanted)

    def test(row: Row) -> bool | None:
        value = get(row)
        if value is None:
            return True if "" in values else None
        if op == "containsAny" and isinstance(value, list):
            return not values.isdisjoint(value)
        return value in values

    return test


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "startsWith": lambda a, b: a.startswith(b),
    "endsWith": lambda a, b: a.endswith(b),
    "contain": lambda a, b: b.lower() in a.lower(),
    "notContain": lambda a, b: b.lower() not in a.lower(),
}


def _compare(op: str, wanted: Any, get: Get) -> Test:
    compare = COMPARE[op]

    def test(row: Row) -> bool | None:
        value = get(row)
        return None if value is None else compare(value, wanted)

    return test


def _like(matches: Callable[[str], bool], get: Get) -> Test:
    def test(row: Row) -> bool | None:
        value = get(row)
        return None if value is None else matches(value if isinstance(value, str) else str(value))

    return test


def like(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """A LIKE pattern with the database's default backslash escape."""
    plain = re.fullmatch(r"%([^%_\\]*)%", pattern)
    if plain and ignore_case:
        needle = plain[1].lower()
        return lambda value: needle in value.lower()
    expression = "".join(_tokens(pattern))
    # Open ends are cheaper as a search than as leading and trailing ".*".
    expression = "^" + expression if not expression.startswith(".*") else expression.removeprefix(".*")
    expression = expression + r"\Z" if not pattern.endswith("%") or pattern.endswith("\\%") else expression
    compiled = re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))
    return lambda value: compiled.search(value) is not None


def _tokens(pattern: str) -> list[str]:
    tokens, rest = [], iter(pattern)
    for c in rest:
        if c == "\\":
            escaped = next(rest, None)
            if escaped is None:
                raise postgres("LIKE pattern must not end with escape character")
            tokens.append(re.escape(escaped))
        else:
            tokens.append({"%": ".*", "_": "."}.get(c) or re.escape(c))
    return tokens


def coerced(raw: str, node: Predicate, type_: Type, options: tuple[str, ...]) -> Any:
    """The filter's text as a value of the field's type, or the 400 that the server answers."""
    name = ".".join(node.path)
    match type_:
        case Type.NUMBER | Type.POSITION:
            return _number(raw, name)
        case Type.BOOLEAN:
            return _boolean(raw, name)
        case Type.DATE_TIME:
            return moment(raw, name)
        case Type.UUID if not UUID.fullmatch(raw):
            raise invalid(f"Invalid UUID value '{raw}' for field \"{name}\"")
        case Type.UUID:
            return raw.lower()
        case Type.SELECT | Type.MULTI_SELECT if raw not in options:
            raise postgres(
                f'invalid input value for enum workspace_1wgvd1injqtife6y4rvfbu3h5."{node.path[-1]}_enum": "{raw}"'
            )
        case _:
            return raw


def _number(raw: str, name: str) -> float:
    try:
        return float(raw)
    except ValueError:
        raise invalid(f"Invalid number value '{raw}' for field \"{name}\"") from None


def _boolean(raw: str, name: str) -> bool:
    if raw.lower() not in ("true", "false"):
        raise invalid(f"Invalid boolean value '{raw}' for field \"{name}\"")
    return raw.lower() == "true"
