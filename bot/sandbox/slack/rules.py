"""The small language in which `blocks.py` writes down Slack's rules.

A rule takes a value and its JSON pointer and yields one sentence per problem, so rules combine without exceptions.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Rule = Callable[[Any, str], Iterator[str]]


def problem(sentence: str, at: str) -> str:
    """A problem as Slack words it in `response_metadata.messages`."""
    return f"[ERROR] {sentence} [json-pointer:{at or '/'}]"


def string(at_most: int, at_least: int = 1) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", at)
        elif len(value) < at_least:
            yield problem(f"must be more than {at_least - 1} characters", at)
        elif len(value) > at_most:
            yield problem(f"must be less than {at_most + 1} characters", at)

    return check


def pattern(regex: str, name: str) -> Rule:
    compiled = re.compile(regex)

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield problem(f"must be {name}", at)

    return check


def url(*schemes: str, at_most: int = 3000) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        yield from string(at_most)(value, at)
        if isinstance(value, str) and not _is_url(value, schemes):
            yield problem(f"must be a valid url of {', '.join(schemes)}", at)

    return check


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    parts = urlsplit(value)
    return parts.scheme in schemes and bool(parts.netloc or parts.path) and not re.search(r"\s", value)


def flag(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield problem("must be a boolean", at)


def number(at_least: int, at_most: int) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
            yield problem(f"must be a whole number from {at_least} to {at_most}", at)

    return check


def one_of(*values: str) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield problem(f"must be one of {', '.join(values)}", at)

    return check


def many(item: Rule, at_least: int, at_most: int) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", at)
            return
        if not at_least <= len(value) <= at_most:
            yield problem(f"must have from {at_least} to {at_most} items, has {len(value)}", at)
        for index, each in enumerate(value):
            yield from item(each, f"{at}/{index}")

    return check


def shape(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Rule) -> Rule:
    """An object with exactly these keys; `also` are rules over the object as a whole."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", at)
            return
        yield from (problem(f"missing required field: {key}", at) for key in required if value.get(key) is None)
        yield from (problem(f"unknown property: {key}", at) for key in value if key not in known)
        for key, rule in known.items():
            if value.get(key) is not None:
                yield from rule(value[key], f"{at}/{key}")
        for rule in also:
            yield from rule(value, at)

    return check


def by_type(table: Mapping[str, Rule], *, what: str) -> Rule:
    """Whatever `type` says it is, and nothing that is not in the table."""

    def check(value: Any, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in table:
            yield from table[kind](value, at)
        else:
            yield problem(f"unsupported type of {what}: {kind}", f"{at}/type")

    return check


def at_least_one(*keys: str) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if not any(value.get(key) for key in keys):
            yield problem(f"must have one of {', '.join(keys)}", at)

    return check


def exactly_one(*keys: str) -> Rule:
    def check(value: Any, at: str) -> Iterator[str]:
        if sum(value.get(key) is not None for key in keys) != 1:
            yield problem(f"must have exactly one of {', '.join(keys)}", at)

    return check
