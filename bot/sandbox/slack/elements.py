"""The table's first half: texts, options, buttons, menus, inputs and rich text (slack.md section 4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.slack.rules import (
    Rule,
    by_type,
    exactly_one,
    flag,
    many,
    number,
    one_of,
    pattern,
    problem,
    shape,
    string,
    url,
)

TABLE_CHARACTERS = 10_000


def typed(kind: str, required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Rule) -> Rule:
    return shape({"type": one_of(kind), **required}, optional, *also)


def plain(at_most: int) -> Rule:
    return typed("plain_text", {"text": string(at_most)}, {"emoji": flag})


def mrkdwn(at_most: int) -> Rule:
    return typed("mrkdwn", {"text": string(at_most)}, {"verbatim": flag})


def text(at_most: int) -> Rule:
    return by_type({"plain_text": plain(at_most), "mrkdwn": mrkdwn(at_most)}, what="text")


ID = string(255)
WEB = url("http", "https")
LINK = url("http", "https", "mailto", "slack", "tel")
USER, CHANNEL = pattern(r"[UW][A-Z0-9]+", "a user id"), pattern(r"[CDG][A-Z0-9]+", "a channel id")
DATE, TIME = pattern(r"\d{4}-\d\d-\d\d", "a date"), pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time")
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
LINK_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": LINK})
OPTIONS = many(OPTION, 1, 100)
GROUPS = many(shape({"label": plain(75), "options": OPTIONS}), 1, 100)


def initial_is_offered(element: Any, at: str) -> Iterator[str]:
    """`initial_option` and `initial_options` must be among the options, field by field."""
    options = [*(element.get("options") or []), *(o for g in element.get("option_groups") or [] for o in g["options"])]
    chosen = [element["initial_option"]] if element.get("initial_option") else element.get("initial_options") or []
    for option in chosen:
        if option not in options:
            yield problem("initial option must match one of the options exactly", at)


def unique_values(element: Any, at: str) -> Iterator[str]:
    values = [option.get("value") for option in element.get("options") or [] if isinstance(option, dict)]
    if len(values) != len(set(values)):
        yield problem("option values must be unique", f"{at}/options")


ACTS: dict[str, Rule] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": flag}
PICKS: dict[str, Rule] = {**ACTS, "placeholder": plain(150)}
MULTI: dict[str, Rule] = {**PICKS, "max_selected_items": number(1, 1000)}
TYPES: dict[str, Rule] = {
    "action_id": ID,
    "placeholder": plain(150),
    "focus_on_load": flag,
    "dispatch_action_config": shape(
        {"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 1, 2)}
    ),
}
CHOICES: dict[str, Rule] = {"options": OPTIONS, "option_groups": GROUPS}
CONVERSATION_FILTER = shape(
    {},
    {
        "include": many(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)

ACTIVE: dict[str, Rule] = {
    "button": typed(
        "button",
        {"text": plain(75)},
        {
            "action_id": ID,
            "url": LINK,
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": typed(
        "overflow", {"options": many(LINK_OPTION, 1, 5)}, {"action_id": ID, "confirm": CONFIRM}, unique_values
    ),
    "static_select": typed(
        "static_select",
        {},
        {**PICKS, **CHOICES, "initial_option": OPTION},
        exactly_one("options", "option_groups"),
        initial_is_offered,
    ),
    "external_select": typed(
        "external_select", {}, {**PICKS, "initial_option": OPTION, "min_query_length": number(0, 1000)}
    ),
    "users_select": typed("users_select", {}, {**PICKS, "initial_user": USER}),
    "channels_select": typed(
        "channels_select", {}, {**PICKS, "initial_channel": CHANNEL, "response_url_enabled": flag}
    ),
    "conversations_select": typed(
        "conversations_select",
        {},
        {
            **PICKS,
            "initial_conversation": CHANNEL,
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": CONVERSATION_FILTER,
        },
    ),
    "multi_static_select": typed(
        "multi_static_select",
        {},
        {**MULTI, **CHOICES, "initial_options": OPTIONS},
        exactly_one("options", "option_groups"),
        initial_is_offered,
    ),
    "multi_external_select": typed(
        "multi_external_select", {}, {**MULTI, "initial_options": OPTIONS, "min_query_length": number(0, 1000)}
    ),
    "multi_users_select": typed("multi_users_select", {}, {**MULTI, "initial_users": many(USER, 1, 100)}),
    "multi_channels_select": typed("multi_channels_select", {}, {**MULTI, "initial_channels": many(CHANNEL, 1, 100)}),
    "multi_conversations_select": typed(
        "multi_conversations_select",
        {},
        {
            **MULTI,
            "initial_conversations": many(CHANNEL, 1, 100),
            "default_to_current_conversation": flag,
            "filter": CONVERSATION_FILTER,
        },
    ),
    "datepicker": typed("datepicker", {}, {**PICKS, "initial_date": DATE}),
    "timepicker": typed("timepicker", {}, {**PICKS, "initial_time": TIME, "timezone": string(100)}),
    "datetimepicker": typed("datetimepicker", {}, {**ACTS, "initial_date_time": number(10**9, 10**10 - 1)}),
    "checkboxes": typed(
        "checkboxes",
        {"options": many(RICH_OPTION, 1, 10)},
        {**ACTS, "initial_options": many(RICH_OPTION, 1, 10)},
        initial_is_offered,
        unique_values,
    ),
    "radio_buttons": typed(
        "radio_buttons",
        {"options": many(RICH_OPTION, 1, 10)},
        {**ACTS, "initial_option": RICH_OPTION},
        initial_is_offered,
        unique_values,
    ),
}

TYPED: dict[str, Rule] = {
    "plain_text_input": typed(
        "plain_text_input",
        {},
        {
            **TYPES,
            "multiline": flag,
            "initial_value": string(3000, 0),
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        },
    ),
    "number_input": typed(
        "number_input",
        {"is_decimal_allowed": flag},
        {
            **TYPES,
            **dict.fromkeys(("initial_value", "min_value", "max_value"), pattern(r"-?\d+(\.\d+)?", "a number as text")),
        },
    ),
    "email_text_input": typed("email_text_input", {}, {**TYPES, "initial_value": string(3000, 0)}),
    "url_text_input": typed("url_text_input", {}, {**TYPES, "initial_value": string(3000, 0)}),
}

IMAGE = typed("image", {"alt_text": string(2000)}, {"image_url": WEB}, exactly_one("image_url"))
STYLE = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), flag))
LEAVES: dict[str, Rule] = {
    "text": typed("text", {"text": string(12_000)}, {"style": STYLE}),
    "link": typed("link", {"url": LINK}, {"text": string(12_000), "unsafe": flag, "style": STYLE}),
    "user": typed("user", {"user_id": USER}, {"style": STYLE}),
    "channel": typed("channel", {"channel_id": CHANNEL}, {"style": STYLE}),
    "usergroup": typed("usergroup", {"usergroup_id": ID}, {"style": STYLE}),
    "emoji": typed("emoji", {"name": ID}, {"unicode": ID, "skin_tone": number(1, 6), "style": STYLE}),
    "broadcast": typed("broadcast", {"range": one_of("here", "channel", "everyone")}, {"style": STYLE}),
    "date": typed(
        "date", {"timestamp": number(0, 10**11), "format": string(200)}, {"url": LINK, "fallback": string(300)}
    ),
    "color": typed("color", {"value": pattern(r"#[0-9a-fA-F]{6}", "a colour")}, {"style": STYLE}),
}
LEAF = by_type(LEAVES, what="rich text element")
SECTION = typed("rich_text_section", {"elements": many(LEAF, 0, 1000)})
RICH: dict[str, Rule] = {
    "rich_text_section": SECTION,
    "rich_text_list": typed(
        "rich_text_list",
        {"elements": many(SECTION, 1, 1000), "style": one_of("bullet", "ordered")},
        {"indent": number(0, 8), "offset": number(0, 10**6), "border": number(0, 1)},
    ),
    "rich_text_preformatted": typed(
        "rich_text_preformatted",
        {"elements": many(by_type({k: LEAVES[k] for k in ("text", "link")}, what="preformatted element"), 1, 1000)},
        {"border": number(0, 1), "language": string(50)},
    ),
    "rich_text_quote": typed("rich_text_quote", {"elements": many(LEAF, 1, 1000)}, {"border": number(0, 1)}),
}
BLOCK_ID: dict[str, Rule] = {"block_id": ID}
RICH_TEXT = typed("rich_text", {"elements": many(by_type(RICH, what="rich text"), 1, 1000)}, BLOCK_ID)


def numeric(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield problem("must be a number", at)


RAW_CELLS: dict[str, Rule] = {
    "raw_text": typed("raw_text", {"text": string(TABLE_CHARACTERS)}),
    "raw_number": typed("raw_number", {"value": numeric, "text": string(TABLE_CHARACTERS)}),
}
CELL = by_type({**RAW_CELLS, "rich_text": RICH_TEXT}, what="cell")
HEADER_CELL = by_type(RAW_CELLS, what="header cell")
COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})
ACTION = by_type(ACTIVE, what="element")
BUTTON = by_type({"button": ACTIVE["button"]}, what="element")
ACCESSORY = by_type({**ACTIVE, "image": IMAGE}, what="accessory")
INPUT = by_type({**{k: v for k, v in ACTIVE.items() if k not in ("button", "overflow")}, **TYPED}, what="input")
