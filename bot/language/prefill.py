"""What follows `/crm new <kind>`, as first values of the form: names, amounts, dates find their fields."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import Misunderstood
from bot.fields import FIELDS, Field, Holds
from bot.language.conditions import constant
from bot.language.dates import find_date, midnight, read_date
from bot.language.money import find_money, parse_money, unknown_currency
from bot.language.periods import Clock
from bot.language.qualifiers import qualifier
from bot.language.targets import read_someone
from bot.language.tokens import Qualified, Token, Word, pieces, unquote, words_of
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Phone, Phones, Value, When

EMAIL = re.compile(r"(?<![\w.+-])\w[\w.+'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63})+(?![\w@])")
DOMAIN = re.compile(
    r"(?<![\w@./-])(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?(?![\w@])",
    re.IGNORECASE,
)
_LINKEDIN = re.compile(r"(?<![\w@./-])(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/\S+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w+])(?:\+\d|\(?0\d|\(\d)[\d\s()./-]{5,18}\d(?!\w)")
_MENTION = re.compile(r"<@[UW][A-Z0-9]+>|(?<!\S)@[\w.-]+")
_AFTER_A_NAME = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d|mba|esq)\.?", re.IGNORECASE)
_AT = re.compile(r"(?:^|\s)(?:at|@)\s+(?P<company>\S.*)$", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class _Reading:
    """The words not understood yet, and the values found so far."""

    words: str
    clock: Clock
    found: dict[str, Value] = field(default_factory=dict)

    def take(self, key: str, pattern: re.Pattern[str], make: Callable[[str], Value]) -> None:
        """Move the first thing of this shape from the words to the field, unless the field is filled."""
        match = pattern.search(self.words)
        if match and key not in self.found:
            self.found[key] = make(match["company"] if "company" in match.groupdict() else match[0])
            self.words = _joined(self.words[: match.start()], self.words[match.end() :])


def prefill(kind: Kind, words: str, clock: Clock) -> Mapping[str, Value]:
    """Values by the keys of `bot.fields`; what finds no field of its own is the name or the title, as written.

    `key:value` fills a field, too; a text that is quoted as a whole is the name as it is. Misunderstood when a value
    does not fit its field. Money without a currency has currency "".
    """
    if (whole := unquote(words.strip())) != words.strip():
        return {"name": full_name(whole)} if kind is Kind.PERSON else {_titles(kind): whole}
    rest, named = _named(kind, words.strip())
    reading = _Reading(rest, clock, {key: _value(holds, piece, clock) for key, (holds, piece) in named.items()})
    _READERS[kind](reading)
    return {key: value for key, value in reading.found.items() if value not in (None, "")}


def _titles(kind: Kind) -> str:
    return "title" if kind in (Kind.NOTE, Kind.TASK) else "name"


def _named(kind: Kind, line: str) -> tuple[str, dict[str, tuple[Holds, Qualified]]]:
    """Every `key:value` that names a field of this kind, and the line without them, its other quotes untouched."""
    try:
        tokens = list(pieces(line))
    except Misunderstood:  # a lone quote in free text is no mistake
        return line, {}
    named: dict[str, tuple[Holds, Qualified]] = {}
    words: list[Token] = []
    for each in tokens:
        known = _field(kind, each.key) if isinstance(each, Qualified) and not each.negated else None
        if known and isinstance(each, Qualified):
            named[known.key] = (known.holds, each)
            words.append(each)
        else:
            words.append(Word(line[each.start : each.end], each.start, each.end))
    return words_of(line, words), named


def _field(kind: Kind, word: str) -> Field | None:
    """The field that `word:` names: by its qualifier, its key or its label."""
    known = qualifier(kind, word)
    key = known.key if known else word.replace("-", "_")
    return next((each for each in FIELDS[kind] if key in (each.key, each.label.lower().replace(" ", "_"))), None)


def _value(holds: Holds, piece: Qualified, clock: Clock) -> Value:
    """The value of a `key:value`, as its field holds it."""
    text = piece.comparator + ",".join(part.text for part in piece.parts)
    match holds:
        case Holds.NAME:
            return full_name(text)
        case Holds.EMAILS:
            return Emails(text.lower())
        case Holds.PHONES:
            return Phones(Phone(text))
        case Holds.LINKS:
            return web(text)
        case Holds.CHOICE:
            return Choice(constant(text)) if constant(text) else None
        case Holds.MEMBER:
            return read_someone(text) if text.strip("@ ") else None
        case Holds.MONEY | Holds.NUMBER | Holds.DATE | Holds.DATE_TIME | Holds.YES_NO:
            return _checked(holds, text, piece, clock)
        case _:
            return text


def _checked(holds: Holds, text: str, piece: Qualified, clock: Clock) -> Value:
    """A value that can be wrong: an amount, a number, a date, yes or no."""
    spoken = text.replace("-", " ") if text[:1].isalpha() else text
    value: Value = None
    if holds is Holds.MONEY:
        value = parse_money(text, "")
    elif holds is Holds.NUMBER:
        value = int(text) if re.fullmatch(r"\d{1,15}", text) else None
    elif holds is Holds.YES_NO:
        value = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    else:
        value = read_date(spoken, now=clock.now, timezone=clock.timezone)
    if value is None:
        examples = {Holds.MONEY: "12k EUR", Holds.NUMBER: "100", Holds.YES_NO: "yes"}
        odd = unknown_currency(text) if holds is Holds.MONEY else ""
        raise Misunderstood(
            f"{piece.key}: cannot be \u201c{text}\u201d.",
            hint=odd or f'For example {piece.key}:"{examples.get(holds, "next friday")}".',
        )
    return value


def full_name(text: str) -> FullName:
    """`Ada Lovelace`, `Lovelace, Ada`, `Ada Lovelace, PhD`: the last name is all behind the first word."""
    last, comma, first = text.partition(",")
    if comma and first.strip() and not _AFTER_A_NAME.fullmatch(first.strip()):
        return FullName(" ".join(first.split()), " ".join(last.split()))
    given, _, family = " ".join(text.strip(" ,").split()).partition(" ")
    return FullName(given, family)


def web(text: str) -> Links:
    """An address as typed, with its scheme and without the punctuation of its sentence."""
    address = text.strip().rstrip(".,;:!?)")
    scheme, host, path = re.fullmatch(r"(?is)(https?://)?([^/]*)(.*)", address).groups()  # type: ignore[union-attr]
    return Links(Link(f"{(scheme or 'https://').lower()}{host.lower()}{path}"))


def _company(reading: _Reading) -> None:
    reading.take("linkedin", _LINKEDIN, web)
    reading.take("owner", _MENTION, read_someone)
    domain = DOMAIN.search(reading.words)
    reading.take("domain", DOMAIN, web)
    name = _bare(reading.words)
    if not name and domain:
        name = re.sub(r"^(?:https?://)?(?:www\.)?", "", domain[0], flags=re.IGNORECASE).partition(".")[0].capitalize()
    reading.found.setdefault("name", name)


def _person(reading: _Reading) -> None:
    reading.take("linkedin", _LINKEDIN, web)
    reading.take("email", EMAIL, lambda text: Emails(text.lower()))
    reading.take("phone", _PHONE, lambda text: Phones(Phone(" ".join(text.split()))))
    reading.take("company", _AT, lambda text: _bare(text))
    email = reading.found.get("email")
    name = _bare(reading.words) or (_spelled(email.primary) if isinstance(email, Emails) else "")
    if name:
        reading.found.setdefault("name", full_name(name))


def _spelled(email: str) -> str:
    """`Ada Lovelace` of ada.lovelace@x.org; "" when the address has no such name."""
    parts = re.split(r"[._-]", email.partition("@")[0])
    return " ".join(part.capitalize() for part in parts) if all(part.isalpha() for part in parts) else ""


def _deal(reading: _Reading) -> None:
    _take_date(reading, "close_date")
    if "amount" not in reading.found and (found := find_money(reading.words, "")):
        reading.found["amount"], reading.words = found
    reading.take("owner", _MENTION, read_someone)
    reading.found.setdefault("name", _bare(reading.words))


def _task(reading: _Reading) -> None:
    _take_date(reading, "due")
    reading.take("assignee", _MENTION, read_someone)
    _titled(reading)


def _titled(reading: _Reading) -> None:
    """The first line is the title, the others are the text."""
    title, _, text = reading.words.partition("\n")
    reading.found.setdefault("title", _bare(title))
    reading.found.setdefault("text", text.strip())


def _take_date(reading: _Reading, key: str) -> None:
    if key in reading.found:
        return
    if found := find_date(reading.words, now=reading.clock.now, timezone=reading.clock.timezone):
        when, reading.words = found
        reading.found[key] = _day(when, reading.clock) if key == "close_date" else when


def _day(when: When, clock: Clock) -> When:
    """The date alone: a deal closes on a day."""
    return When(midnight(when.at.astimezone(clock.zone).date(), clock.zone), all_day=True)


def _bare(text: str) -> str:
    """The words without quotes around them all and without punctuation left over at the ends."""
    return unquote(text.strip().strip(",;").strip())


def _joined(before: str, after: str) -> str:
    return f"{before.rstrip()} {after.lstrip()}".strip()


_READERS: dict[Kind, Callable[[_Reading], None]] = {
    Kind.COMPANY: _company,
    Kind.PERSON: _person,
    Kind.DEAL: _deal,
    Kind.NOTE: _titled,
    Kind.TASK: _task,
}
