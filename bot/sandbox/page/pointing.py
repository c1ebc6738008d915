"""A Slack that is used with a pointer: the exact element by its ids, where a test names it by its label.

The same name can stand on several buttons of a list, and two options of a select may read alike.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.slack import Answer, FakeSlack, FormError, Message, View, forms, payloads
from bot.sandbox.slack.acting import EXTERNAL
from bot.sandbox.slack.reading import elements_of
from bot.sandbox.slack.world import Json

On = Message | View
Raw = str | Sequence[str] | None
"""What the page knows of a field: a text, the value of an option, or several of them."""
BUTTON_KEYS = ("type", "text", "value", "style", "url")
REQUIRED = "Please complete this required field."


class PointedSlack(FakeSlack):
    """FakeSlack, with a mouse."""

    async def press(self, on: On, *, user: str, block_id: str, action_id: str, raw: Raw = None) -> Answer:
        """Use one element: press a button, or choose in a menu, a select or a date field."""
        _, element = element_at(on, block_id, action_id)
        action = {**self._state(on, element, block_id, raw, user), "block_id": block_id, "action_id": action_id}
        if isinstance(on, View):
            self._check_open(on)
            if element["type"] not in ("button", "overflow"):
                on.entered[block_id, action_id] = self._state(on, element, block_id, raw, user)
            payload = payloads.click_in_view(self.state, user=user, view=on, action=action)
        else:
            self._check_visible(on, user)
            payload = payloads.click_on_message(self.state, self.url, user=user, message=on, action=action)
        return await self._act(user, "interactive", payload, "valid")

    async def options(self, on: On, *, user: str, block_id: str, action_id: str, typed: str) -> list[Json]:
        """What a type-ahead field offers for what was typed; earlier offers stay known."""
        payload = payloads.suggestion(
            self.state, user=user, seen=on, block_id=block_id, action_id=action_id, typed=typed
        )
        answer = await self._act(user, "interactive", payload, "valid")
        found = self._options_in(answer, user)
        place = (_name(on), block_id, action_id)
        self._offered[place] = [*found, *self._offered.get(place, [])]
        return found

    def enter_all(self, view: View, typed: Mapping[str, Mapping[str, Raw]]) -> dict[str, str]:
        """Take over what the form's fields hold; a sentence for each that Slack's own client would not let pass."""
        problems: dict[str, str] = {}
        for block, element in elements_of(view):
            ids = (block["block_id"], element["action_id"])
            if element["type"] not in forms.KEYS:
                continue
            try:
                if ids[1] in typed.get(ids[0], {}):
                    view.entered[ids] = self._state(view, element, ids[0], typed[ids[0]][ids[1]], view.user)
                _check_required(view, block, element)
            except FormError as error:
                problems[ids[0]] = f"{error}".strip("'\"")
        return problems

    def show_errors(self, view: View, problems: Mapping[str, str]) -> None:
        """Write a sentence under each of these fields, as Slack's client does before it sends anything."""
        view.errors = dict(problems)
        self.state.changes.tell()

    def _state(self, on: On, element: Json, block_id: str, raw: Raw, user: str) -> Json:
        kind = element["type"]
        if kind == "button":
            return {key: element[key] for key in BUTTON_KEYS if key in element}
        if kind == "overflow":
            return {"type": kind, "selected_option": _option(element["options"], str(raw))}
        key, _ = forms.KEYS[kind]
        if key.startswith("selected_option"):
            return {"type": kind, key: self._chosen(on, element, block_id, raw)}
        if kind == "datetimepicker" and raw:
            where = ZoneInfo(self.state.users[user].tz)
            return forms.entered(element, datetime.fromisoformat(str(raw)).replace(tzinfo=where))
        return forms.entered(element, raw or None)

    def _chosen(self, on: On, element: Json, block_id: str, raw: Raw) -> Any:
        offered = self._offered.get((_name(on), block_id, element["action_id"]), [])
        known = [*options_of(element), *offered, *begun_with(element)]
        if isinstance(on, View):
            known += _listed(on.entered.get((block_id, element["action_id"]), {}))
        values = [raw] if isinstance(raw, str) else list(raw or ())
        chosen = [_option(known, value) for value in values if value]
        return chosen if forms.KEYS[element["type"]][0].endswith("s") else next(iter(chosen), None)


def element_at(on: On, block_id: str, action_id: str) -> tuple[Json, Json]:
    """The element with these ids, and its block."""
    for block, element in elements_of(on):
        if block["block_id"] == block_id and element["action_id"] == action_id:
            return block, element
    raise FormError("This element is not there any more.")


def options_of(element: Json) -> list[Json]:
    """The options that an element brings along."""
    groups = element.get("option_groups") or ()
    return [*(element.get("options") or ()), *(option for group in groups for option in group["options"])]


def begun_with(element: Json) -> list[Json]:
    """The options that a select begins with."""
    return [*(element.get("initial_options") or ()), *filter(None, [element.get("initial_option")])]


def is_external(element: Json) -> bool:
    """Whether the bot is asked for the options."""
    return element["type"] in EXTERNAL


def _listed(state: Json) -> list[Json]:
    return [*(state.get("selected_options") or ()), *filter(None, [state.get("selected_option")])]


def _option(options: Sequence[Json], value: str) -> Json:
    found = next((option for option in options if option["value"] == value), None)
    if found is None:
        raise FormError("This choice is not offered any more.")
    return found


def _check_required(view: View, block: Json, element: Json) -> None:
    state = forms.values_of(view)[block["block_id"]][element["action_id"]]
    if block["type"] == "input" and not block.get("optional") and state[forms.KEYS[state["type"]][0]] in (None, []):
        raise FormError(REQUIRED)


def _name(on: On) -> str:
    return on.id if isinstance(on, View) else f"{on.channel}/{on.ts}"
