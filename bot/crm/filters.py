"""Twenty filters that no text of a user can bend: built from typed parts, asked of the server, checked again here.

Twenty's filter grammar has no escape character (twenty.md section 2), so a term is sent as a pattern in which every
dangerous character is the one-character wildcard. What comes back may be too much: `matches` says what was meant.
"""

import math
import operator
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from bot.crm import phones

Raw = Mapping[str, Any]
Compared = Literal["eq", "neq", "gt", "gte", "lt", "lte"]

_COMPARE: dict[Compared, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*){0,2}")
_CONSTANT = re.compile(r"[A-Za-z0-9_]{1,100}")
_UNSAFE = frozenset("\"'()[],\u2028\u2029")
_LIVE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
_LONGEST_TERM = 120
"""A pattern asks for at most this many characters, so that the URL stays short; the rest is checked here."""


Meant = Callable[[Raw], bool | None]
"""Whether a filter means this record; None when only the server can tell."""


class Filter(Struct, frozen=True):
    """A condition on a record, opaque to its holder.

    `asked` is what can be put to the server ("" when it would match everything, so must not be sent); it finds every
    record that is meant, and only those when `exact`.
    """

    asked: str
    exact: bool
    _meant: Meant

    def matches(self, raw: Raw) -> bool:
        """Whether the record, as the server sent it, is really meant."""
        return self._meant(raw) is not False


def contains(path: str, text: str) -> Filter:
    """The text stands literally in the field, ignoring case. An empty text matches nothing."""
    return _pattern(path, text, "contains")


def holding(paths: Sequence[str], words: Sequence[str], *, asked: Collection[str]) -> Filter:
    """Each word stands literally in one of the fields; only those in `asked` are put to the server.

    The same as `all_of` the `any_of` of each word's `contains`, at a third of the cost: every search needs it.
    """
    patterns = [pattern(word) if word in asked else ("", False) for word in words]
    askable = [safe for safe, _ in patterns if safe.strip("_")]
    parts = [_group("or", [f'{path}[ilike]:"%{safe}%"' for path in paths]) for safe in askable]
    wanted, ways = [word.casefold() for word in words], [_steps(path) for path in paths]

    def meant(raw: Raw) -> bool:
        held = "\n".join([text for way in ways if isinstance(text := dig(raw, way), str)]).casefold()
        return all(map(held.__contains__, wanted))  # a word has no line break that could join two fields

    exact = len(askable) == len(wanted) and all(exact for _, exact in patterns)
    return Filter(_group("and", parts), exact, meant) if wanted and ways else nothing()


def equals(path: str, text: str) -> Filter:
    """The field holds exactly this text, ignoring case. An empty text matches nothing."""
    return _pattern(path, text, "equals")


def digits_in(path: str, digits: str) -> Filter:
    """A number holds these digits in a row, however it is written: one at the path, or any of a list's (`number`).

    The server is asked for the digits with anything between them, of which a plain number has nothing; by `like`, which
    texts and JSON both take (twenty.md section 2). ValueError when there is anything but digits, or nothing.
    """
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError("not digits")

    def holds(held: Any) -> bool:
        numbers = [each.get("number") for each in held if isinstance(each, dict)] if isinstance(held, list) else [held]
        return any(phones.holds(each, digits) for each in numbers if isinstance(each, str))

    return replace(_leaf(path, f'[like]:"%{"%".join(digits)}%"', holds), exact=False)


def joined(path: str, text: str) -> Filter:
    """A related record's field holds the text (one hop, twenty.md section 2); ValueError for a text that only we could
    tell from others, since the related record is not here to be looked at."""
    inner = contains(path, text)
    if not (inner.asked and inner.exact):
        raise ValueError("not a text that the server alone can find")
    return replace(inner, _meant=lambda _: None)


def is_id(path: str, record_id: str) -> Filter:
    """The field is this id; ValueError when it is not a UUID."""
    return one_of(path, (record_id,))


def one_of(path: str, ids: Iterable[str]) -> Filter:
    """The field is one of these ids; ValueError when one is not a UUID, or when there are none or above 100."""
    known = list(dict.fromkeys(str(UUID(each)) for each in ids))
    if not 1 <= len(known) <= 100:
        raise ValueError("one_of takes 1 to 100 ids")
    return _among(path, known)


def chosen(path: str, constants: Iterable[str]) -> Filter:
    """The select holds one of these constants; ValueError when one does not look like a constant."""
    known = list(dict.fromkeys(constants))
    if not known or not all(_CONSTANT.fullmatch(each) for each in known):
        raise ValueError("not a select's constants")
    return _among(path, known)


def unlike(path: str, constants: Iterable[str], known: Iterable[str]) -> Filter:
    """The select holds none of these constants, nothing at all included; only the `known` ones are put to the server.

    The server refuses a constant that it does not have, and one that nothing can hold excludes nothing.
    """
    meant = chosen(path, constants)
    askable = [each for each in known if _CONSTANT.fullmatch(each)]
    asked = any_of(absent(path), negated(chosen(path, askable))).asked if askable else ""
    return Filter(asked, exact=True, _meant=lambda raw: meant._meant(raw) is not True)


def number(path: str, compared: Compared, value: int | float) -> Filter:
    """The number compares so; ValueError for infinities."""
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    whole = int(value) if float(value).is_integer() else value
    return _leaf(path, f"[{compared}]:{whole}", lambda held: _compare(compared, _as_number(held), value))


def moment(path: str, compared: Compared, at: datetime) -> Filter:
    """The time compares so; `at` is aware."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _leaf(path, f"[{compared}]:{stamp}", lambda held: _compare(compared, _as_time(held), at))


def flag(path: str, *, value: bool) -> Filter:
    """The yes/no field holds this."""
    return _leaf(path, f"[eq]:{str(value).lower()}", lambda held: held is value)


def present(path: str) -> Filter:
    """The field has a value."""
    return _leaf(path, "[is]:NOT_NULL", lambda held: held is not None)


def absent(path: str) -> Filter:
    """The field has no value."""
    return _leaf(path, "[is]:NULL", lambda held: held is None)


def empty_text(path: str) -> Filter:
    """The text is missing or empty."""
    return _replaced(any_of(absent(path), _leaf(path, '[eq]:""', _is_empty)), path, _is_empty)


def filled_text(path: str) -> Filter:
    """The text is there and not empty."""
    filled = all_of(present(path), _leaf(path, '[neq]:""', lambda held: bool(held)))
    return _replaced(filled, path, lambda held: bool(held))


def nothing() -> Filter:
    """No record at all."""
    return Filter("and(id[is]:NULL,id[is]:NOT_NULL)", exact=True, _meant=lambda _: False)


def trashed_or_not() -> Filter:
    """Everything, the trash included."""
    return any_of(absent("deletedAt"), present("deletedAt"))


def written(where: str) -> Filter:
    """The asker's own filter as written, for reads only; line breaks, which the grammar cannot carry, become spaces."""
    return Filter(re.sub(r"[\r\n\u2028\u2029]+", " ", where).strip(), exact=True, _meant=lambda _: None)


def all_of(*filters: Filter) -> Filter:
    """Every one of them; what cannot be asked is left to `matches`."""
    asked = _group("and", [each.asked for each in filters if each.asked])
    exact = all(each.exact for each in filters)
    return Filter(asked, exact, lambda raw: _every(each._meant(raw) for each in filters))


def wrapped(inner: Filter) -> Filter:
    """The same inside `and(...)`, for a filter that holds what an asker wrote."""
    return replace(inner, asked=f"and({inner.asked})") if inner.asked else inner


def any_of(*filters: Filter) -> Filter:
    """At least one of them; when one of them cannot be asked, nothing can."""
    if not filters:
        return nothing()
    askable = all(each.asked for each in filters)
    asked = _group("or", [each.asked for each in filters]) if askable else ""
    exact = askable and all(each.exact for each in filters)
    return Filter(asked, exact, lambda raw: _either(each._meant(raw) for each in filters))


def negated(inner: Filter) -> Filter:
    """Not that. Of a pattern that finds too much, the server's negation would find too little: then it is not asked."""

    def meant(raw: Raw) -> bool | None:
        held = inner._meant(raw)
        return None if held is None else not held

    exact = inner.exact and bool(inner.asked)
    return Filter(f"not({inner.asked})" if exact else "", exact, meant)


def dig(raw: Any, path: Iterable[str]) -> Any:
    """The value at the path, or None when the way is not there."""
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None  # JSON has no other mapping
    return raw


@lru_cache(maxsize=1024)  # one search asks for the same word in five fields
def pattern(text: str) -> tuple[str, bool]:
    """The text as an ilike pattern without its outer percent signs, and whether it stands for nothing but the text."""
    kept = text[:_LONGEST_TERM]
    if kept.isascii() and kept.isalnum():  # nearly every word that is searched
        return kept, len(kept) == len(text)
    safe = "".join("_" if _is_unsafe(each) else each.translate(_LIVE) for each in kept)
    return safe, len(kept) == len(text) and not any(map(_is_unsafe, kept))


def _pattern(path: str, text: str, how: Literal["contains", "equals"]) -> Filter:
    if not text:
        return nothing()
    safe, exact = pattern(text)
    wanted, steps = text.casefold(), _steps(path)

    def meant(raw: Raw) -> bool:
        text = dig(raw, steps)
        held = text.casefold() if isinstance(text, str) else ""
        return wanted in held if how == "contains" else wanted == held

    if not safe.strip("_"):
        return Filter("", exact=False, _meant=meant)
    left = "%" if how == "contains" else ""
    right = "%" if how == "contains" or len(text) > _LONGEST_TERM else ""
    return Filter(f'{path}[ilike]:"{left}{safe}{right}"', exact=exact, _meant=meant)


def _among(path: str, known: list[str]) -> Filter:
    asked = f"[eq]:{known[0]}" if len(known) == 1 else f"[in]:[{','.join(known)}]"
    return _leaf(path, asked, lambda held: isinstance(held, str) and (held in known or held.lower() in known))


def _leaf(path: str, asked: str, test: Callable[[Any], bool]) -> Filter:
    steps = _steps(path)
    return Filter(f"{path}{asked}", exact=True, _meant=lambda raw: test(dig(raw, steps)))


def _replaced(filtered: Filter, path: str, test: Callable[[Any], bool]) -> Filter:
    """The same question with one plain meaning, where the server's two predicates only work together."""
    return replace(filtered, _meant=_leaf(path, "", test)._meant)


def _group(word: str, asked: list[str]) -> str:
    return asked[0] if len(asked) == 1 else f"{word}({','.join(asked)})" if asked else ""


def _every(held: Iterable[bool | None]) -> bool | None:
    answer: bool | None = True
    for each in held:
        if each is False:
            return False
        answer = answer if each else None
    return answer


def _either(held: Iterable[bool | None]) -> bool | None:
    answer: bool | None = False
    for each in held:
        if each:
            return True
        answer = None if each is None else answer
    return answer


def _compare(compared: Compared, held: Any, value: Any) -> bool:
    return held is not None and bool(_COMPARE[compared](held, value))


def _as_number(held: Any) -> float | None:
    try:
        return None if held is None or isinstance(held, bool) else float(held)
    except (TypeError, ValueError):
        return None


def _as_time(held: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(held)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _is_empty(held: Any) -> bool:
    return not held


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"not a field path: {path!r}")
    return path


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_checked(path).split("."))


def _is_unsafe(character: str) -> bool:
    return character in _UNSAFE or unicodedata.category(character) in ("Cc", "Cs")
