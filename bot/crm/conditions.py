"""A query's words and conditions as one filter of this CRM's dialect. Pure: what must be looked up is given.

`Found` holds, for each (key, text) of a condition on a relation, the records that the text names.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from bot.crm import columns, filters, phones, shapes
from bot.crm.columns import Column
from bot.crm.dialect import Knowledge
from bot.crm.filters import Compared, Filter
from bot.crm.reading import lacking
from bot.errors import InvalidChoice, Misunderstood
from bot.fields import Holds, field
from bot.models import Choice, FullName, Kind, Money, Ref, Someone, Value, When
from bot.queries import Condition, Op, Query


class Named(Struct, frozen=True):
    """The ids of the records that a text names; not `complete` when there are more than were read."""

    ids: tuple[str, ...] = ()
    complete: bool = True


Found = Mapping[tuple[str, str], Named]


class _Wanted(Struct, frozen=True):
    """One condition with all that its filter is made of: `path` is the field's in this CRM."""

    kind: Kind
    condition: Condition
    path: str
    knowledge: Knowledge
    found: Found

    @property
    def key(self) -> str:
        return self.condition.key

    @property
    def values(self) -> tuple[Value, ...]:
        return self.condition.values

    @property
    def compared(self) -> Compared:
        """How the server compares; what names values compares them for being equal."""
        return _COMPARED.get(self.condition.op, "eq")


TEXTS = (Holds.TEXT, Holds.MARKDOWN, Holds.NAME, Holds.EMAILS, Holds.PHONES, Holds.LINKS)
RELATIONS = (Holds.COMPANY, Holds.PERSON, Holds.MEMBER)
TIMES = (Holds.DATE, Holds.DATE_TIME)
SEARCHED: dict[Kind, tuple[str, ...]] = {
    Kind.COMPANY: ("name", "domain"),
    Kind.PERSON: ("name", "email"),
    Kind.DEAL: ("name",),
    Kind.NOTE: ("title", "text"),
    Kind.TASK: ("title", "text"),
    Kind.MEMBER: ("name", "email"),
}
_COMPARED: dict[Op, Compared] = {
    Op.GT: "gt",
    Op.GTE: "gte",
    Op.LT: "lt",
    Op.LTE: "lte",
}
_DAY = timedelta(days=1)
ROOM_FOR_WORDS = 600
AROUND_A_WORD = 17
"""Bytes of a question's words, and for what stands around each; in three fields, encoded, they are nine times as long
and still fit a URL."""


def build(query: Query, knowledge: Knowledge, found: Found) -> Filter | None:
    """Everything the query asks for; None when it asks for everything. Refused where this CRM lacks a field."""
    parts = [words(query.kind, query.words, knowledge)] if query.words.strip() else []
    parts += [condition(query.kind, each, knowledge, found) for each in query.conditions]
    if query.where.strip():
        parts.append(filters.written(query.where))  # last, so that no quote in it can swallow another part
    if not parts:
        return None
    joined = filters.all_of(*parts)
    # A bare list or two conjunctions side by side are misread unless they are wrapped (twenty.md section 2).
    return filters.wrapped(joined) if query.where.strip() else joined


def words(kind: Kind, text: str, knowledge: Knowledge) -> Filter:
    """Each word stands literally in one of the kind's searched fields; no words match nothing.

    A text that is a phone number also means the people who have it, in the same request.
    """
    held = _each_word(text, [path for key in SEARCHED[kind] for path in text_paths(kind, key, knowledge)])
    having = _having(text, knowledge) if kind is Kind.PERSON else []
    return filters.any_of(held, *having) if having else held


def _having(number: str, knowledge: Knowledge) -> list[Filter]:
    """The ways in which a person can have the phone number; none when the text is no number, or this CRM keeps none."""
    sought = phones.sought(number)
    path = knowledge.path(Kind.PERSON, columns.column(Kind.PERSON, "phone")) if sought else None
    if path is None:
        return []
    paths = (path, path.replace("primaryPhoneNumber", "additionalPhones"))
    return [filters.digits_in(each, digits) for digits in sought for each in paths]


def _each_word(text: str, paths: Sequence[str]) -> Filter:
    """Each word in one of the fields. The server is asked for the longest; the others are looked for in its answer."""
    each = tuple(dict.fromkeys(text.split()))
    return filters.holding(paths, each, asked=_fitting(each))


def _fitting(words: Sequence[str]) -> Collection[str]:
    """The words that there is room for in a request, the longest at least."""
    if len("".join(words).encode()) + AROUND_A_WORD * len(words) <= ROOM_FOR_WORDS:
        return words  # nearly always
    room, asked = ROOM_FOR_WORDS, set[str]()
    for word in sorted(words, key=len, reverse=True):
        room -= len(word.encode()) + AROUND_A_WORD
        if not asked or room >= 0:
            asked.add(word)
    return asked


def text_paths(kind: Kind, key: str, knowledge: Knowledge) -> list[str]:
    """Where a text field is searched; nowhere when this CRM lacks it."""
    path = knowledge.path(kind, columns.column(kind, key))
    if path is None:
        return []
    return [path, path.replace("firstName", "lastName")] if path.endswith(".firstName") else [path]


def condition(kind: Kind, asked: Condition, knowledge: Knowledge, found: Found) -> Filter:
    """One condition; a negated one also holds where the field is empty."""
    column = _column(kind, asked.key)
    path = knowledge.path(kind, column)
    if path is None:
        raise lacking(kind, label(kind, asked.key), column.names[0])
    holds = Holds.DATE_TIME if column in (columns.CREATED, columns.UPDATED) else shapes.holds(kind, asked.key)
    negated = asked.negated ^ (asked.op is Op.NEQ)
    if asked.op in (Op.PRESENT, Op.ABSENT):
        return _presence(holds, path, present=(asked.op is Op.PRESENT) ^ asked.negated)
    wanted = _Wanted(kind, asked, path, knowledge, found)
    if holds is Holds.CHOICE:
        return _choice(wanted, negated=negated)
    positive = _POSITIVE[holds](wanted)
    if not negated:
        return positive
    return filters.any_of(_presence(holds, path, present=False), filters.negated(positive))


def label(kind: Kind, key: str) -> str:
    """The field's plain name."""
    return key.capitalize() if key in ("created", "updated") else field(kind, key).label


def excluded(query: Query) -> set[str]:
    """The options that the query's conditions exclude."""
    return {
        str(each.value)
        for one in query.conditions
        if one.negated ^ (one.op is Op.NEQ)
        for each in one.values
        if isinstance(each, Choice)
    }


def texts_to_find(query: Query) -> Iterable[tuple[str, Kind, str]]:
    """The (key, kind, text) of every relation that is named by words and has to be looked up first."""
    for one in query.conditions:
        if one.key in ("created", "updated", "records"):
            continue
        to = columns.column(query.kind, one.key).to
        for text in map(named_by, one.values):
            if to and text:
                yield one.key, to, text


def _column(kind: Kind, key: str) -> Column:
    try:
        return columns.column(kind, key)
    except KeyError:
        raise Misunderstood(f"{kind.plural.capitalize()} cannot be listed by \u201c{key}\u201d.") from None


def _presence(holds: Holds, path: str, *, present: bool) -> Filter:
    if holds in TEXTS:
        return filters.filled_text(path) if present else filters.empty_text(path)
    return filters.present(path) if present else filters.absent(path)


def _choice(wanted: _Wanted, *, negated: bool) -> Filter:
    kind, key, knowledge, assumed = wanted.kind, wanted.key, wanted.knowledge, wanted.condition.assumed
    options = [str(each.value if isinstance(each, Choice) else each) for each in wanted.values]
    possible = [each for each in options if each not in knowledge.forbidden(kind, key)]
    if len(possible) < len(options) and not assumed:
        absent = next(each for each in options if each not in possible)
        raise no_such_choice(kind, key, absent, knowledge)
    if negated:
        rejected = {each for each in options if assumed and knowledge.rejects(kind, key, each)}
        return filters.unlike(wanted.path, options, [each for each in options if each not in rejected])
    if not possible:
        raise no_such_choice(kind, key, options[0] if options else "", knowledge)
    return filters.chosen(wanted.path, possible)


def no_such_choice(kind: Kind, key: str, value: str, knowledge: Knowledge, *, raw: bool = False) -> InvalidChoice:
    """The refusal that names the options there are, as people see them; as the CRM writes them for a `raw` filter."""
    valid = knowledge.choices(kind, key)
    called, *others = (value, *valid) if raw else map(str, map(Choice, (value, *valid)))
    sentence = f"This CRM has no {label(kind, key).lower()} \u201c{called}\u201d."
    offered = f" It has: {', '.join(others)}." if others else ""
    return InvalidChoice(sentence + offered, field=key, valid=valid, value=value)


def _text(wanted: _Wanted) -> Filter:
    paths = text_paths(wanted.kind, wanted.key, wanted.knowledge)
    return filters.any_of(*(_one_text(paths, plain(each), wanted.condition.op) for each in wanted.values))


def _phone(wanted: _Wanted) -> Filter:
    """A number however it is written, and part of one as it is."""
    numbers = [way for each in wanted.values for way in _having(plain(each), wanted.knowledge)]
    return filters.any_of(_text(wanted), *numbers)


def _one_text(paths: list[str], text: str, op: Op) -> Filter:
    if len(paths) > 1:  # a name in two parts: each of its words in either
        return _each_word(text, paths)
    return filters.contains(paths[0], text) if op is Op.CONTAINS else filters.equals(paths[0], text)


def _number(wanted: _Wanted) -> Filter:
    return filters.any_of(*(filters.number(wanted.path, wanted.compared, _figure(each)) for each in wanted.values))


def _money(wanted: _Wanted) -> Filter:
    """The amount compares so, and its currency is the one that was named, if any was."""
    return filters.any_of(*(_amount(wanted.path, wanted.compared, each) for each in wanted.values))


def _amount(path: str, compared: Compared, value: Value) -> Filter:
    if not isinstance(value, Money):
        return filters.number(path, compared, _figure(value) * 1_000_000)
    amount = filters.number(path, compared, value.micros)
    if not value.currency:
        return amount
    return filters.all_of(amount, filters.equals(path.replace("amountMicros", "currencyCode"), value.currency))


def _time(wanted: _Wanted) -> Filter:
    """A comparison with the boundary given, or *on* a day: from its start to the next boundary, else for 24 hours."""
    moments = [each.at for each in wanted.values if isinstance(each, When)]
    if not moments:
        raise Misunderstood(f"{label(wanted.kind, wanted.key)} needs a date.")
    path = wanted.path
    if wanted.condition.op in (Op.GT, Op.GTE, Op.LT, Op.LTE):
        return filters.moment(path, wanted.compared, moments[0])
    until = moments[1] if len(moments) > 1 else moments[0] + _DAY
    return filters.all_of(filters.moment(path, "gte", moments[0]), filters.moment(path, "lt", until))


def _yes_no(wanted: _Wanted) -> Filter:
    if any(each is True for each in wanted.values):
        return filters.flag(wanted.path, value=True)
    return filters.any_of(filters.absent(wanted.path), filters.flag(wanted.path, value=False))


def _relation(wanted: _Wanted) -> Filter:
    """By id where all that are meant are known, else by the related record's name, which takes the server a join."""
    key, path = wanted.key, wanted.path
    named = {text: wanted.found.get((key, text), Named()) for value in wanted.values if (text := named_by(value))}
    ids = [each.id for each in wanted.values if isinstance(each, Ref) and each.id]
    ids += [each for one in named.values() if one.complete for each in one.ids]
    known = list(dict.fromkeys(ids))
    parts = [filters.one_of(path, known[at : at + 100]) for at in range(0, len(known), 100)]
    parts += [_joined(wanted.kind, key, path, text) for text, one in named.items() if not one.complete]
    return filters.any_of(*parts)


def _joined(kind: Kind, key: str, path: str, text: str) -> Filter:
    to, relation = columns.column(kind, key).to, path.removesuffix("Id")
    names = [f"{relation}.name"] if to is Kind.COMPANY else [f"{relation}.name.firstName", f"{relation}.name.lastName"]
    texts = [text] if to is Kind.COMPANY else text.split()
    try:
        return filters.all_of(*(filters.any_of(*(filters.joined(name, each) for name in names)) for each in texts))
    except ValueError:
        raise too_many(kind, key, text) from None


def too_many(kind: Kind, key: str, text: str) -> Misunderstood:
    """The refusal for a name that too many related records have, where the server cannot be asked for them all."""
    to = columns.column(kind, key).to or kind
    return Misunderstood(f"Too many {to.plural} are called \u201c{text}\u201d.", hint="Name it more exactly.")


def named_by(value: Value) -> str:
    """The words by which a condition names a related record, "" when it does not."""
    return value.words if isinstance(value, Someone) else value if isinstance(value, str) else ""


def plain(value: Value) -> str:
    """The text that a condition's value stands for."""
    if isinstance(value, str | FullName):
        return str(value)
    for inner in ("primary", "number", "url"):
        value = getattr(value, inner, value)
    return "" if value is None else str(value)


def _figure(value: Value) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misunderstood("That needs a number.")
    return value


_POSITIVE: dict[Holds, Callable[[_Wanted], Filter]] = {
    **dict.fromkeys(TEXTS, _text),
    Holds.PHONES: _phone,
    **dict.fromkeys(RELATIONS, _relation),
    **dict.fromkeys(TIMES, _time),
    Holds.NUMBER: _number,
    Holds.MONEY: _money,
    Holds.YES_NO: _yes_no,
}
