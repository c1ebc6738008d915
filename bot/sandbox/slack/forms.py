"""Filling in forms as a person does, and `state.values` exactly as Slack builds it.

Whatever Slack's own client would not let a person do is a `FormError`: it is the test that is wrong, not the bot.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.slack.reading import elements_of, labels_of
from bot.sandbox.slack.state import View
from bot.sandbox.slack.world import Json

Offered = Callable[[str, str], Sequence[Json]]
"""The options last suggested for a block and an action."""


class FormError(LookupError):
    """Slack would not let a person do this."""


KEYS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("plain_text_input", "number_input", "email_text_input", "url_text_input"), ("value", "initial_value")
    ),
    **dict.fromkeys(("static_select", "external_select", "radio_buttons"), ("selected_option", "initial_option")),
    **dict.fromkeys(
        ("multi_static_select", "multi_external_select", "checkboxes"), ("selected_options", "initial_options")
    ),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""For each kind of element: where its value stands in the state, and where its first value stands in the element."""


def label_of(block: Json, element: Json) -> str:
    """What a person would call the field."""
    if block["type"] == "input":
        return str(block["label"]["text"])
    if block["type"] == "section":
        return str(block.get("text", {}).get("text", ""))
    return str(element.get("placeholder", {}).get("text") or element["action_id"])


def values_of(view: View) -> Json:
    """`state.values`: what was typed, else what the form began with."""
    found: Json = {}
    for block, element in elements_of(view):
        if element["type"] in KEYS:
            place = (block["block_id"], element["action_id"])
            value = view.entered.get(place) or state_of(element)
            found.setdefault(place[0], {})[place[1]] = value
    return found


def state_of(element: Json) -> Json:
    """An element's state before anybody touched it."""
    key, initial = KEYS[element["type"]]
    empty: Any = [] if key.endswith("s") else None
    first = element.get(initial, empty)
    return {"type": element["type"], key: None if first == "" else first}


def field_named(view: View, label: str) -> tuple[Json, Json]:
    """The field with this label."""
    for block, element in elements_of(view):
        if element["type"] in KEYS and label in (label_of(block, element), element["action_id"]):
            return block, element
    raise FormError(f"no field {label!r} in {view.title!r}; there are {labels_of(view)}")


def enter(view: View, answers: Mapping[str, Any], offered: Offered) -> None:
    """Fill in fields by label; those that are not named keep what they have."""
    for label, answer in answers.items():
        block, element = field_named(view, label)
        place = (block["block_id"], element["action_id"])
        view.entered[place] = entered(element, answer, offered(*place))


def entered(element: Json, answer: Any, offered: Sequence[Json] = ()) -> Json:
    """An element's state after a person's answer; `None` empties it."""
    kind = element["type"]
    key, initial = KEYS[kind]
    many = key.endswith("s")
    given = [] if answer is None else list(answer) if isinstance(answer, list | tuple) else [answer]
    if not many and len(given) > 1:
        raise FormError(f"{kind} takes one value, not {answer!r}")
    if key.startswith("selected_option"):
        options = [*_options(element), *offered, *_listed(element.get(initial))]
        given = options if answer is True else [] if answer is False else [option_named(options, a) for a in given]
    else:
        given = [_plain(kind, element, one) for one in given]
    most = element.get("max_selected_items", 10**6)
    if len(given) > most:
        raise FormError(f"at most {most} may be selected")
    return {"type": kind, key: given if many else given[0] if given else None}


def option_named(options: Sequence[Json], text: str) -> Json:
    """The option with this text; failing that, the only one that begins with it."""
    exact = [option for option in options if option["text"]["text"] == text]
    alike = exact or [option for option in options if option["text"]["text"].startswith(text)]
    if not alike or (len({option["value"] for option in alike}) > 1 and not exact):
        raise FormError(f"no option {text!r}; there are {[option['text']['text'] for option in options]}")
    return alike[0]


def _options(element: Json) -> Iterator[Json]:
    yield from element.get("options") or ()
    for group in element.get("option_groups") or ():
        yield from group["options"]


def _listed(initial: Any) -> list[Json]:
    return initial if isinstance(initial, list) else [initial] if initial else []


def _plain(kind: str, element: Json, answer: Any) -> Any:
    match kind:
        case "datetimepicker":
            return int(answer.timestamp()) if isinstance(answer, datetime) else int(answer)
        case "datepicker":
            text = answer.isoformat() if isinstance(answer, date) else str(answer)
            return _matching(text, r"\d{4}-\d\d-\d\d", "a date")
        case "timepicker":
            return _matching(str(answer), r"\d\d:\d\d", "a time")
        case "email_text_input":
            return _matching(str(answer), r"[^@\s]+@[^@\s]+\.[^@\s]+", "an email address")
        case "url_text_input":
            return _matching(str(answer), r"https?://\S+", "a link")
        case "number_input":
            return _number(element, str(answer))
        case "plain_text_input":
            return _text(element, str(answer))
        case _:
            return str(answer)


def _matching(text: str, regex: str, what: str) -> str:
    if not re.fullmatch(regex, text):
        raise FormError(f"{text!r} is not {what}")
    return text


def _number(element: Json, text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise FormError(f"{text!r} is not a number") from None
    if not element["is_decimal_allowed"] and value != value.to_integral_value():
        raise FormError(f"{text!r} is not a whole number")
    if not Decimal(element.get("min_value", value)) <= value <= Decimal(element.get("max_value", value)):
        raise FormError(f"{text!r} is out of range")
    return text


def _text(element: Json, text: str) -> str | None:
    if not element.get("multiline") and "\n" in text:
        raise FormError("a line break cannot be typed into a single line")
    if not element.get("min_length", 0) <= len(text) <= element.get("max_length", 3000):
        raise FormError(f"{len(text)} characters are too few or too many")
    return text or None


def check_complete(view: View) -> None:
    """Slack's client keeps a form back while a required field is empty."""
    values = values_of(view)
    for block in view.blocks:
        if block["type"] == "input" and not block.get("optional"):
            state = values[block["block_id"]][block["element"]["action_id"]]
            if state[KEYS[state["type"]][0]] in (None, []):
                raise FormError(f"{block['label']['text']!r} is required")
