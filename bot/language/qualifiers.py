"""The qualifier language of lists, product.md section 2: `deals stage:meeting owner:me amount:>10k sort:amount-desc`.

QUALIFIERS says what each kind of record takes. A quoted piece is always literal text.
"""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from msgspec import Struct

from bot.errors import Misunderstood
from bot.language import conditions
from bot.language.conditions import Qualifier, Takes
from bot.language.intents import List
from bot.language.periods import Clock
from bot.language.tokens import Qualified, Token, pieces, words_of
from bot.models import Choice, Kind
from bot.queries import Condition, Op, Query, Sort

_EVERY = (Qualifier("created", Takes.TIME), Qualifier("updated", Takes.TIME))
_OWNER = Qualifier("owner", Takes.MEMBER)

QUALIFIERS: dict[Kind, tuple[Qualifier, ...]] = {
    Kind.COMPANY: (
        Qualifier("name"),
        Qualifier("domain", also=("website",)),
        _OWNER,
        Qualifier("city"),
        Qualifier("employees", Takes.NUMBER),
        Qualifier("revenue", Takes.MONEY),
        Qualifier("ideal", Takes.YES_NO),
        Qualifier("linkedin"),
        *_EVERY,
    ),
    Kind.PERSON: (
        Qualifier("name"),
        Qualifier("email"),
        Qualifier("phone"),
        Qualifier("company", Takes.RELATION),
        Qualifier("title", key="job_title", also=("job-title", "job")),
        Qualifier("city"),
        Qualifier("linkedin"),
        *_EVERY,
    ),
    Kind.DEAL: (
        Qualifier("name", also=("title",)),
        Qualifier("amount", Takes.MONEY),
        Qualifier("stage", Takes.CHOICE, also=("status",)),
        Qualifier("close", Takes.TIME, key="close_date", also=("close-date", "closes", "closing", "due")),
        Qualifier("company", Takes.RELATION),
        Qualifier("contact", Takes.RELATION, also=("person",)),
        _OWNER,
        *_EVERY,
    ),
    Kind.NOTE: (Qualifier("title", also=("name",)), Qualifier("text"), *_EVERY),
    Kind.TASK: (
        Qualifier("title", also=("name",)),
        Qualifier("text"),
        Qualifier("due", Takes.TIME),
        Qualifier("assignee", Takes.MEMBER, also=("owner",)),
        Qualifier("status", Takes.CHOICE),
        *_EVERY,
    ),
    Kind.MEMBER: (Qualifier("name"), Qualifier("email"), Qualifier("timezone"), *_EVERY),
}
"""What can be asked of each kind, in the order in which errors and help list it."""

CLOSED: dict[str, tuple[Choice, ...]] = {
    "stage": (Choice("CUSTOMER"), Choice("WON"), Choice("LOST")),
    "status": (Choice("DONE"),),
}
"""What is no longer open, by key; a CRM need not have all of them."""

STATE = {Kind.DEAL: "stage", Kind.TASK: "status"}
"""The key that tells whether a record is still open."""

_SORTABLE = (Takes.NUMBER, Takes.MONEY, Takes.TIME, Takes.CHOICE)
_RAW_FIELD = r"[A-Za-z][\w.]*(?:\[\w+\])?"
_RAW_ORDER = rf"{_RAW_FIELD}(?:\s*,\s*{_RAW_FIELD})*"
_PLAIN_ORDERS = {"id", "name", "title", "city", "stage", "status", "employees", "position", "amount"}


class _Line(Struct, frozen=True):
    """A list's line cut into its three languages."""

    tokens: tuple[Token, ...]
    where: str = ""
    order: str = ""


def read_list(kind: Kind, line: str, clock: Clock) -> List:
    """What the line asks for, open records and the asker's own tasks unless it says otherwise.

    Misunderstood names an unknown qualifier or value, and the valid ones.
    """
    cut = _cut(line)
    asked = [each for each in cut.tokens if isinstance(each, Qualified)]
    for each in cut.tokens:
        _check_value_follows(kind, each, line)
    words = words_of(line, cut.tokens)
    found: list[Condition] = []
    for each in asked:
        found += _read(kind, each, clock)
    told = {each.key for each in found} | {_key(kind, each) for each in asked}
    if not words and not cut.where:
        found += _open_by_default(kind, told)
    query = Query(
        kind=kind, words=words, conditions=tuple(found), sort=_sort(kind, asked), where=cut.where, order=cut.order
    )
    return List(query=query, mine_if_member=kind is Kind.TASK and "assignee" not in told and not cut.where)


def qualifier(kind: Kind, word: str) -> Qualifier | None:
    """The qualifier of that name, an alias included."""
    word = word.lower().replace("_", "-")
    return next((each for each in QUALIFIERS[kind] if word in (each.word, *each.also)), None)


def qualifiers_help(kind: Kind, keys: Collection[str] | None = None) -> str:
    """All that the kind takes, in one line: `stage:, owner:, ..., has:, no:, sort:`; with `keys`, what these allow."""
    known = [each for each in QUALIFIERS[kind] if keys is None or each.key in keys or each in _EVERY]
    return ", ".join(f"{each.word}:" for each in known) + ", has:, no:, sort:"


def is_qualified(kind: Kind, line: str) -> bool:
    """Whether the line has a qualifier that this kind takes."""
    found = [each for each in pieces(line) if isinstance(each, Qualified)]
    return any(each.key in ("has", "no", "sort") or qualifier(kind, each.key) for each in found)


def _cut(line: str) -> _Line:
    """Cut off `where` and `order`, whose rest is verbatim; pieces behind them are never looked at."""
    tokens: list[Token] = []
    for piece in pieces(line):
        rest = line[piece.end :].strip()
        bare = line[piece.start : piece.end].lower()
        if bare == "where" and re.search(r"[\[(:]", rest):
            return _Line(tuple(tokens), *_where_and_order(rest))
        if bare == "order" and _is_order(rest):
            return _Line(tuple(tokens), order=rest)
        tokens.append(piece)
    return _Line(tuple(tokens))


def _where_and_order(rest: str) -> tuple[str, str]:
    match = re.fullmatch(rf"(?s)(?P<where>.*\S)\s+order\s+(?P<order>{_RAW_ORDER})", rest, re.IGNORECASE)
    return (match["where"], match["order"]) if match else (rest, "")


def _is_order(rest: str) -> bool:
    """Twenty's own order, told from words such as `order desk` by brackets, dots, camelCase or a field's name."""
    if not re.fullmatch(_RAW_ORDER, rest):
        return False
    return bool(re.search(r"[\[.]|[a-z][A-Z]", rest)) or {each.strip() for each in rest.split(",")} <= _PLAIN_ORDERS


def _read(kind: Kind, piece: Qualified, clock: Clock) -> tuple[Condition, ...]:
    if piece.key == "sort":
        return ()
    if piece.key in ("has", "no"):
        return (_presence(kind, piece),)
    known = qualifier(kind, piece.key)
    if known is None:
        raise _unknown(kind, piece)
    if known.key in CLOSED and (state := _open_or_closed(known, piece)) is not None:
        return state
    return conditions.read(known, piece, clock)


def _open_or_closed(known: Qualifier, piece: Qualified) -> tuple[Condition, ...] | None:
    """`stage:open`, `status:closed`, `stage:any`; None when it is one of the CRM's own values."""
    word = piece.parts[0].text.lower() if len(piece.parts) == 1 and not piece.parts[0].quoted else ""
    if word in ("any", "all") and not piece.negated:
        return ()
    if word in ("open", "closed"):
        return (closed(known.key, negated=(word == "open") != piece.negated),)
    return None


def closed(key: str, *, negated: bool) -> Condition:
    """What is no longer open, by "stage" or "status"; `negated`: what still is."""
    return Condition(key, Op.IN, CLOSED[key], negated=negated, assumed=True)


def _open_by_default(kind: Kind, told: set[str]) -> Iterable[Condition]:
    """Deals and tasks without words and without a word about their state: the open ones."""
    key = STATE.get(kind)
    return [] if key is None or key in told else [closed(key, negated=True)]


def _key(kind: Kind, piece: Qualified) -> str:
    """The field that a piece speaks of, so that `owner:anyone` counts although it is no condition."""
    known = qualifier(kind, piece.key)
    return known.key if known else ""


def _check_value_follows(kind: Kind, piece: Token, line: str) -> None:
    """`owner: me` is a slip, not words to look for."""
    name = line[piece.start : piece.end].removeprefix("-")
    if isinstance(piece, Qualified) or not name.endswith(":"):
        return
    word = name[:-1].lower()
    if word in ("has", "no", "sort") or qualifier(kind, word):
        raise Misunderstood(
            f"{word}: needs its value right behind the colon, without a space.",
            hint=f'To look for the text itself, quote it: "{name}".',
        )


def _presence(kind: Kind, piece: Qualified) -> Condition:
    """`has:email` and `no:email`."""
    if len(piece.parts) > 1:
        again = " ".join(f"{piece.key}:{part.text}" for part in piece.parts)
        raise Misunderstood(f"{piece.key}: takes one field.", hint=f"Write {again}.")
    known = qualifier(kind, piece.parts[0].text)
    if known is None or known.key in ("created", "updated"):
        names = [each.word for each in QUALIFIERS[kind] if each not in _EVERY]
        raise conditions.not_valid(piece, piece.parts[0].text, names)
    present = (piece.key == "has") != piece.negated
    return Condition(known.key, Op.PRESENT if present else Op.ABSENT)


def _sort(kind: Kind, asked: list[Qualified]) -> Sort | None:
    """The last `sort:` counts. Newest first for times of creation and change, else ascending, unless `-desc` says."""
    pieces_ = [each for each in asked if each.key == "sort"]
    if not pieces_:
        return None
    piece = pieces_[-1]
    match = re.fullmatch(r"(-?)(.*?)(?:-(asc|desc))?", piece.parts[0].text.lower())
    known = qualifier(kind, match[2]) if match else None
    names = [each.word for each in QUALIFIERS[kind] if _is_sortable(each)]
    if match is None or known is None or not _is_sortable(known) or len(piece.parts) > 1 or piece.negated:
        raise conditions.not_valid(piece, piece.raw.partition(":")[2], [*names, f"{names[0]}-desc"])
    newest = known.key in ("created", "updated")
    return Sort(known.key, descending=match[3] == "desc" or bool(match[1]) or (newest and not match[3]))


def _is_sortable(known: Qualifier) -> bool:
    return known.takes in _SORTABLE or known.key in ("name", "title", "city", "job_title")


def _unknown(kind: Kind, piece: Qualified) -> Misunderstood:
    names = [name for each in QUALIFIERS[kind] for name in (each.word, *each.also)]
    near = get_close_matches(piece.key, [*names, "has", "no", "sort"], n=1, cutoff=0.6)
    nearest = f" Did you mean {near[0]}:?" if near else ""
    return Misunderstood(
        f"{kind.plural.capitalize()} cannot be narrowed by {piece.key}:.{nearest} Valid: {qualifiers_help(kind)}.",
        hint=f'To look for the text itself, quote it: "{piece.raw}".',
    )
