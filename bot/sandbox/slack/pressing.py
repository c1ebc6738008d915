"""Finding what a person presses, and the action that Slack makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.slack.forms import KEYS, FormError, entered, label_of
from bot.sandbox.slack.reading import buttons_of, elements_of, menu_of
from bot.sandbox.slack.state import View
from bot.sandbox.slack.world import Json, Message

Offers = Mapping[tuple[str, str], Sequence[Json]]


def find_action(on: Message | View, label: str | None, *, action_id: str | None, choose: Any, offered: Offers) -> Json:
    """The one element that is meant, with its new state, as it stands in `actions`.

    By the visible label, by `action_id`, or by both; several that fit equally well are an error.
    """
    found = [
        action
        for block, element in elements_of(on)
        if action_id in (None, element["action_id"])
        and (action := _pressed(block, element, label, choose, offered)) is not None
    ]
    if len(found) != 1:
        raise FormError(
            f"{len(found)} elements fit {label or action_id!r}; there are buttons {buttons_of(on)}, menus {menu_of(on)}"
        )
    return found[0]


def _pressed(block: Json, element: Json, label: str | None, choose: Any, offered: Offers) -> Json | None:
    """The action if this element is meant, else None."""
    place = {"block_id": block["block_id"], "action_id": element["action_id"]}
    match element["type"]:
        case "button":
            return _button(element, place) if label in (None, element["text"]["text"]) else None
        case "overflow":
            options = [o for o in element["options"] if (choose or label) == o["text"]["text"]]
            return {"type": "overflow", **place, "selected_option": options[0]} if options else None
        case kind if kind in KEYS and choose is not None:
            if label not in (None, label_of(block, element), element.get("placeholder", {}).get("text")):
                return None
            return {**entered(element, choose, offered.get((place["block_id"], place["action_id"]), ())), **place}
        case _:
            return None


def _button(element: Json, place: Json) -> Json:
    return {key: element[key] for key in ("type", "text", "value", "style", "url") if key in element} | place
