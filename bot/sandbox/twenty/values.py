"""What a client sends becomes what the CRM stores, with its checks and its losses (twenty.md section 4.2)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.twenty.moments import moment
from bot.sandbox.twenty.phones import phones
from bot.sandbox.twenty.predicates import UUID
from bot.sandbox.twenty.refusals import NotTaught, invalid, postgres
from bot.sandbox.twenty.schema import PARTS, SOURCES, Field, Kind, Type
from bot.sandbox.twenty.urls import tidy_url

Json = dict[str, Any]
Stored = Mapping[str, Any]
UNWRITABLE = ("createdAt", "updatedAt", "deletedAt", "updatedBy", "searchVector")


def incoming(kind: Kind, body: Any, before: Stored | None, *, seeding: bool = False) -> Json:
    """The stored form of every field in the body; `before` is the row that a PATCH changes."""
    if not isinstance(body, dict):
        raise invalid("Request body must be an object")
    changes: Json = {}
    for name, value in body.items():
        field = _field(kind, name)
        if name in UNWRITABLE and not seeding:
            raise NotTaught(f"writing {kind.singular}.{name}")
        changes[name] = stored(field, value, (before or {}).get(name))
    return changes


def _field(kind: Kind, name: str) -> Field:
    field = kind.fields.get(name)
    if field:
        return field
    if kind.relation(name):
        raise invalid(f'Relation "{name}" requires connect or disconnect operation')
    if name in kind.many:
        raise invalid(f"One-to-many relation {name} field does not support write operations.")
    raise invalid(f'Object {kind.singular} doesn\'t have any "{name}" field.')


def stored(field: Field, value: Any, before: Any) -> Any:
    """One field's value as it is kept; None is NULL."""
    if value is None:
        if not field.nullable and field.type is not Type.ACTOR:
            raise postgres(f'null value in column "{field.name}" of relation violates not-null constraint')
        if field.type is Type.RICH_TEXT:
            raise invalid(f"Invalid rich text value 'null' for field \"{field.name}\"")
        return None
    if field.type in PARTS:
        return _composite(field, value, before or {})
    return SCALARS[field.type](field, value)


def _composite(field: Field, value: Any, before: Json) -> Json:
    label = field.type.lower().replace("_", " ")
    if not isinstance(value, dict):
        raise invalid(f"Invalid {label} value '{value}' for field \"{field.name}\"")
    for part in value:
        if part not in PARTS[field.type]:
            raise invalid(f'Invalid subfield {part} for {label} field "{field.name}"')
    merge = COMPOSITES.get(field.type, _merged)
    parts = merge(field, value, before)
    return {part: parts.get(part) for part in PARTS[field.type]}


def _merged(field: Field, value: Json, before: Json) -> Json:
    """Parts that are not sent keep their value."""
    kinds = PARTS[field.type]
    sent = {
        part: None if each is None else SCALARS[kinds[part]](Field(f"{field.name}.{part}", kinds[part]), each)
        for part, each in value.items()
    }
    return {**before, **sent}


def _emails(field: Field, value: Json, before: Json) -> Json:
    """Lowercased; a primary address that is not sent is lost (twenty.md section 4.2, #23024)."""
    primary = _email(field, value.get("primaryEmail"), "primaryEmail")
    more = value.get("additionalEmails", before.get("additionalEmails"))
    return {
        "primaryEmail": primary,
        "additionalEmails": [_email(field, each, "additionalEmails") for each in more] if more else None,
    }


def _email(field: Field, raw: Any, part: str) -> str | None:
    if raw in (None, ""):
        return None
    local, at, domain = raw.partition("@") if isinstance(raw, str) else ("", "", "")
    if not (local and at and "." in domain.strip(".")) or any(c.isspace() for c in raw) or "@" in domain:
        raise invalid(f"Invalid string value '{raw}' for email field \"{field.name}.{part}\"")
    return str(raw).lower()


def _phones(field: Field, value: Json, before: Json) -> Json:
    return phones(value, before)


def _links(field: Field, value: Json, before: Json) -> Json:
    """Tidied; label, address and siblings that are not sent are lost (twenty.md section 4.2)."""
    siblings = value.get("secondaryLinks")
    return {
        "primaryLinkLabel": value.get("primaryLinkLabel") or None,
        "primaryLinkUrl": tidy_url(value.get("primaryLinkUrl")),
        "secondaryLinks": [each | {"url": tidy_url(each.get("url"))} for each in siblings] if siblings else None,
    }


def _rich_text(field: Field, value: Json, before: Json) -> Json:
    """Markdown fills in the blocks; blocks must be a JSON array in a string (twenty.md section 4.1)."""
    markdown, blocks = value.get("markdown"), value.get("blocknote")
    if markdown is not None and not isinstance(markdown, str):
        raise invalid(f"Invalid rich text value '{markdown}' for field \"{field.name}\"")
    if blocks and not _is_array(blocks):
        raise invalid(f'Invalid rich text: "blocknote" of field "{field.name}" must be a stringified JSON array')
    if blocks is None and markdown is not None:
        blocks = json.dumps([{"type": "paragraph", "content": [{"type": "text", "text": markdown}]}])
    return {"markdown": markdown or None, "blocknote": blocks or None}


def _is_array(blocks: Any) -> bool:
    try:
        return isinstance(json.loads(blocks), list)
    except (TypeError, ValueError):
        return False


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise invalid(f"Invalid string value '{value}' for text field \"{field.name}\"")
    return value or None


def _number(field: Field, value: Any) -> int | float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
    except ValueError:
        raise invalid(f"Invalid number value '{value}' for field \"{field.name}\"") from None
    return int(number) if number.is_integer() else number


def _position(field: Field, value: Any) -> int | float:
    if value in ("first", "last"):
        return 0
    return _number(field, value)


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"Invalid boolean value '{value}' for field \"{field.name}\"")
    return value


def _select(field: Field, value: Any) -> str:
    options = field.options or SOURCES
    if value not in options:
        raise invalid(f'Invalid value "{value}" for field "{field.name}". Valid values are: {", ".join(options)}')
    return str(value)


def _multi_select(field: Field, value: Any) -> list[str]:
    return [_select(field, each) for each in (value if isinstance(value, list) else [value])]


def _uuid(field: Field, value: Any) -> str:
    if isinstance(value, str) and UUID.fullmatch(value):
        return value.lower()
    if field.name == "id":
        raise invalid(f'Value "{value}" is not a valid UUID')
    raise invalid(f"Invalid UUID value '{value}' for field \"{field.name}\"")


def _json(field: Field, value: Any) -> Any:
    return value


SCALARS: Mapping[Type, Callable[[Field, Any], Any]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.POSITION: _position,
    Type.BOOLEAN: _boolean,
    Type.SELECT: _select,
    Type.MULTI_SELECT: _multi_select,
    Type.UUID: _uuid,
    Type.DATE_TIME: lambda field, value: moment(value, field.name),
    Type.RAW_JSON: _json,
    Type.TS_VECTOR: _json,
}
COMPOSITES: Mapping[Type, Callable[[Field, Json, Json], Json]] = {
    Type.EMAILS: _emails,
    Type.PHONES: _phones,
    Type.LINKS: _links,
    Type.RICH_TEXT: _rich_text,
}
