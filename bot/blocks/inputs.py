"""One input per kind of field: the element by what the field holds, filled in with the value it has."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from bot.blocks import ids
from bot.blocks.primitives import Block, option, plain_text
from bot.blocks.values import day_of, in_words, link, named, phone
from bot.fields import Field, Holds
from bot.language.dates import zone_of
from bot.language.money import format_money
from bot.models import Choice, Emails, FullName, Links, Money, Phones, Ref, Refs, Value, When

INPUT_TEXT = 3_000
OPTIONS = 100
TYPED_BEFORE_ASKING = 1
MORNING = 9

EXTERNAL = {
    Holds.COMPANY: ids.SUGGEST_COMPANY,
    Holds.PERSON: ids.SUGGEST_PERSON,
    Holds.MEMBER: ids.SUGGEST_MEMBER,
    Holds.RECORDS: ids.SUGGEST_RECORDS,
}


class _Asked(Struct, frozen=True):
    field: Field
    value: Value
    choices: Sequence[str]
    timezone: str


def input_block(field: Field, value: Value, choices: Sequence[str], timezone: str) -> Block:
    """The field's input; its block id is the field's key and its label the field's plain name."""
    asked = _Asked(field, value, choices, timezone)
    block: Block = {
        "type": "input",
        "block_id": field.key,
        "label": plain_text(field.label, 2_000),
        "optional": not field.required,
        "element": _ELEMENTS[field.holds](asked),
    }
    hint = _hint(asked)
    return {**block, "hint": plain_text(hint, 2_000)} if hint else block


def record_options(refs: Sequence[Ref]) -> list[dict[str, Any]]:
    """Options of an external select: the name, the kind below it, and the reference as value."""
    known = {ids.reference(ref): ref for ref in refs if ref.id}
    return [_record_option(ref) for ref in list(known.values())[:OPTIONS]]


def _record_option(ref: Ref) -> dict[str, Any]:
    return option(" ".join(named(ref).split()) or "(no name)", ids.reference(ref), str(ref.kind).capitalize())


def text_of(value: Value) -> str:
    """The value as it stands in a text input, and as `bot.blocks.filled_in` compares it with what comes back."""
    match value:
        case str():
            return value
        case FullName():
            return str(value)
        case bool() | None:
            return ""
        case int() | float():
            return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        case Emails():
            return value.primary
        case Phones():
            return phone(value.primary)
        case Links():
            return link(value.primary)
        case Money():
            return " ".join(reversed(format_money(value).split(" ", 1)))
    return ""


def fits(value: Value) -> bool:
    """Whether the whole text can be edited in a form."""
    return len(text_of(value)) <= INPUT_TEXT


def choice_options(choices: Sequence[str], value: Value) -> list[dict[str, Any]]:
    """The select's options; the present value is among them even when the CRM did not list it."""
    known = list(dict.fromkeys(choices))[:OPTIONS]
    if isinstance(value, Choice) and value.value not in known:
        known = [*known[: OPTIONS - 1], value.value]
    return [option(str(Choice(each)), each) for each in known]


def _hint(asked: _Asked) -> str:
    if not fits(asked.value):
        length = len(text_of(asked.value))
        return f"The text has {length:,} characters, more than a form takes. Left empty, it stays as it is."
    when = asked.value
    if asked.field.holds is Holds.DATE_TIME and isinstance(when, When) and not fits_picker(when, asked.timezone):
        return f"Now {in_words(when, asked.timezone)}, which no picker shows. Left empty, it stays as it is."
    return f"{_HINTS.get(asked.field.holds, '')} {_kept(asked.value)}".strip()


def _kept(value: Value) -> str:
    match value:
        case Emails(additional=more) | Phones(additional=more) | Links(secondary=more) if more:
            return f"The record has {len(more)} more, and keeps {'it' if len(more) == 1 else 'them'}."
    return ""


_HINTS = {
    Holds.LINKS: "A web address, such as acme.com.",
    Holds.MONEY: "For example 12,500 EUR or €12.5k.",
    Holds.PHONES: "With its country code, such as +1 555 0100.",
    Holds.MEMBER: "A member of the CRM, by name or email.",
    Holds.RECORDS: "Companies, people and deals, by name.",
}


def _text(asked: _Asked, *, multiline: bool = False) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": ids.INPUT, "multiline": multiline}
    return _filled(element, asked)


def _filled(element: Block, asked: _Asked) -> Block:
    text = text_of(asked.value)
    return {**element, "initial_value": text} if text and fits(asked.value) else element


def _email(asked: _Asked) -> Block:
    return _filled({"type": "email_text_input", "action_id": ids.INPUT}, asked)


def _number(asked: _Asked) -> Block:
    element: Block = {"type": "number_input", "action_id": ids.INPUT, "is_decimal_allowed": True}
    return _filled(element, asked)


def _date(asked: _Asked) -> Block:
    element: Block = {"type": "datepicker", "action_id": ids.INPUT}
    if not isinstance(asked.value, When):
        return element
    return {**element, "initial_date": day_of(asked.value, asked.timezone).date().isoformat()}


def _date_time(asked: _Asked) -> Block:
    element: Block = {"type": "datetimepicker", "action_id": ids.INPUT}
    if not isinstance(asked.value, When) or not fits_picker(asked.value, asked.timezone):
        return element
    return {**element, "initial_date_time": shown_seconds(asked.value, asked.timezone)}


def fits_picker(when: When, timezone: str) -> bool:
    """Whether Slack's picker can show the time: it knows those from 2001 to 2286."""
    return 10**9 <= shown_seconds(when, timezone) < 10**10


def shown_seconds(when: When, timezone: str) -> int:
    """The time that the picker shows; of a whole day, its morning in the reader's timezone."""
    if not when.all_day:
        return int(when.at.timestamp())
    day = day_of(when, timezone)
    return int(datetime(day.year, day.month, day.day, MORNING, tzinfo=zone_of(timezone)).timestamp())


def _choice(asked: _Asked) -> Block:
    options = choice_options(asked.choices, asked.value)
    if not options:
        return _text(_Asked(asked.field, None, (), asked.timezone))
    return _select(options, asked.value.value if isinstance(asked.value, Choice) else "")


def _yes_no(asked: _Asked) -> Block:
    chosen = {True: "yes", False: "no"}.get(asked.value, "") if isinstance(asked.value, bool) else ""
    return _select([option("Yes", "yes"), option("No", "no")], chosen)


def _select(options: list[dict[str, Any]], chosen: str) -> Block:
    element: Block = {"type": "static_select", "action_id": ids.INPUT, "options": options}
    initial = next((each for each in options if each["value"] == chosen), None)
    return {**element, "initial_option": initial} if initial else element


def _record(asked: _Asked) -> Block:
    element = _external("external_select", asked)
    options = record_options([asked.value]) if isinstance(asked.value, Ref) else []
    return {**element, "initial_option": options[0]} if options else element


def _records(asked: _Asked) -> Block:
    element = _external("multi_external_select", asked)
    options = record_options(asked.value.to) if isinstance(asked.value, Refs) else []
    return {**element, "initial_options": options} if options else element


def _external(kind: str, asked: _Asked) -> Block:
    placeholder = plain_text("Type a few letters", 150)
    action_id = EXTERNAL[asked.field.holds]
    return {"type": kind, "action_id": action_id, "min_query_length": TYPED_BEFORE_ASKING, "placeholder": placeholder}


_ELEMENTS: dict[Holds, Callable[[_Asked], Block]] = {
    Holds.TEXT: _text,
    Holds.MARKDOWN: lambda asked: _text(asked, multiline=True),
    Holds.NAME: _text,
    Holds.EMAILS: _email,
    Holds.PHONES: _text,
    Holds.LINKS: _text,
    Holds.MONEY: _text,
    Holds.NUMBER: _number,
    Holds.YES_NO: _yes_no,
    Holds.DATE: _date,
    Holds.DATE_TIME: _date_time,
    Holds.CHOICE: _choice,
    Holds.COMPANY: _record,
    Holds.PERSON: _record,
    Holds.MEMBER: _record,
    Holds.RECORDS: _records,
}
