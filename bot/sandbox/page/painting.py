"""Paints one seat's window: each region of the page by its own template, everything escaped."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from bot.language.commands import TABLE
from bot.sandbox.page import guide, pointing, records, scene, wires
from bot.sandbox.page import seat as seats
from bot.sandbox.page.faults import SWITCHES
from bot.sandbox.page.house import House
from bot.sandbox.page.markdown import markdown
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.proposals import proposals
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.words import Words
from bot.sandbox.slack import FakeSlack, Message, View, forms
from bot.sandbox.slack.world import Json

REGIONS = ("top", "side", "head", "messages", "guide", "composer", "thread", "modal", "curtain")
SHORTCUTS = (
    ("save_as_note", "Save as CRM note"),
    ("create_task", "Create CRM task"),
    ("look_up", "Look up in CRM"),
)
ENVIRONMENT = Environment(
    loader=PackageLoader("bot.sandbox.page"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(house: House, seat: Seat) -> str:
    """The whole page."""
    return ENVIRONMENT.get_template("page.html").render(regions=regions(house, seat), seat=seat)


def regions(house: House, seat: Seat) -> dict[str, Markup]:
    """Every region's markup, by its id."""
    context = _context(house, seat)
    return {name: Markup(ENVIRONMENT.get_template(f"{name}.html").render(context)) for name in REGIONS}  # noqa: S704


def _context(house: House, seat: Seat) -> dict[str, Any]:
    slack, words = house.stage.slack, Words(house.stage.slack, seat)
    return {
        "house": house,
        "stage": house.stage,
        "slack": slack,
        "seat": seat,
        "me": slack.state.users[seat.user],
        "place": scene.place(slack, seat),
        "commands": TABLE,
        "shortcuts": SHORTCUTS,
        "switches": SWITCHES,
        "scene": scene,
        "seats": seats,
        "guide": guide,
        "records": records,
        "wires": wires,
        "proposals": proposals,
        "kit": Kit(slack, words, seat),
    }


class Kit:
    """What the templates of blocks need beside the block itself."""

    def __init__(self, slack: FakeSlack, words: Words, seat: Seat) -> None:
        self.words = words
        self.seat = seat
        self._slack = slack
        self.options_of = pointing.options_of
        self.is_external = pointing.is_external
        self.pretty = wires.pretty
        self.label_of = forms.label_of

    def text(self, text: Json | None) -> Markup:
        """A text object."""
        if not text:
            return Markup("")
        if text["type"] == "mrkdwn":
            return mrkdwn(text["text"], self.words, verbatim=text.get("verbatim", False))
        return self.words.plain(text["text"], with_emoji=text.get("emoji", True))

    def mrkdwn(self, text: str) -> Markup:
        return mrkdwn(text, self.words)

    def markdown(self, text: str) -> Markup:
        return markdown(text, self.words)

    def values(self, on: Message | View) -> Json:
        """What every field holds now."""
        if isinstance(on, Message):
            on = View("", self.seat.user, self.seat.team, {"blocks": list(on.blocks)}, "", "")
        return forms.values_of(on)

    def chosen(self, state: Mapping[str, Any]) -> list[Json]:
        """The options that a select holds."""
        many = state.get("selected_options") or ()
        return [*many, *filter(None, [state.get("selected_option")])]

    def people(self) -> list[tuple[str, str]]:
        """Whom a field for people offers."""
        return [(user.id, user.real_name) for user in seats.people(self._slack, self.seat.team)]

    def rooms(self) -> list[tuple[str, str]]:
        """What a field for channels offers."""
        rooms = seats.channels(self._slack, self.seat.team, self.seat.user)
        return [(room.id, f"#{room.name}") for room in rooms]

    def offers(self, element: Json) -> list[tuple[str, str]]:
        """What a type-ahead field can offer without asking the bot: value and name."""
        if "users" in element["type"]:
            return self.people()
        if "channels" in element["type"] or "conversations" in element["type"]:
            return self.rooms()
        return [(option["value"], option["text"]["text"]) for option in pointing.options_of(element)]

    def held(self, element: Json, state: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What a type-ahead field holds: value and name."""
        if "selected_option" in state or "selected_options" in state:
            return [(option["value"], option["text"]["text"]) for option in self.chosen(state)]
        names = dict(self.offers(element))
        return [
            (value, names.get(value, value)) for key, many in state.items() if key != "type" for value in many or ()
        ]

    def local(self, timestamp: int | None) -> str:
        """A moment as a date field shows it, in the reader's timezone."""
        if not timestamp:
            return ""
        return datetime.fromtimestamp(timestamp, self.words.zone).strftime("%Y-%m-%dT%H:%M")

    def clock(self, seconds: float) -> str:
        return datetime.fromtimestamp(seconds, self.words.zone).strftime("%H:%M:%S")

    def confirm(self, element: Json) -> str:
        """Slack's question before an element acts, as data for the page's script; "" when there is none."""
        asked = element.get("confirm")
        if not asked:
            return ""
        words = {key: asked[key]["text"] for key in ("title", "text", "confirm", "deny")}
        return json.dumps({**words, "style": asked.get("style", "primary")})
