"""Which rows a filter can match at all, by id or foreign key, so that exact look-ups need not walk every row."""

from collections.abc import Iterable

from bot.sandbox.twenty.grammar import Conjunction, Node, Predicate
from bot.sandbox.twenty.rows import Row, Rows
from bot.sandbox.twenty.schema import Kind


def candidates(node: Node | None, kind: Kind, rows: Rows) -> Iterable[Row]:
    """A superset of the matching rows, by ascending id."""
    for predicate in _required(node):
        wanted = _wanted(predicate)
        if wanted is None:
            continue
        if predicate.path == ("id",):
            return [row for each in sorted(wanted) if (row := rows.get(kind.plural, each))]
        field = kind.fields.get(predicate.path[0])
        if len(predicate.path) == 1 and field and field.target:
            found = [row for each in wanted for row in rows.pointing_at(each, kind.plural, field.name)]
            return sorted(found, key=lambda row: str(row["id"]))
    return rows.walk(kind.plural)


def _required(node: Node | None) -> list[Predicate]:
    """The predicates that every match fulfils."""
    if isinstance(node, Predicate):
        return [node]
    if isinstance(node, Conjunction) and node.word == "and":
        return [predicate for item in node.items for predicate in _required(item)]
    return []


def _wanted(predicate: Predicate) -> set[str] | None:
    if predicate.comparator == "eq":
        return {str(predicate.value).lower()}
    return {each.lower() for each in predicate.value} if predicate.comparator == "in" else None
