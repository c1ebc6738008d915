"""What Slack accepts as a message, a view or an options answer: one table of limits (slack.md section 4).

`check_message`, `check_view` and `check_options` return the problems, none when Slack would take it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.sandbox.slack.rules import (
    Rule,
    at_least_one,
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

MESSAGE_TEXT = 40_000
VIEW_BYTES = 250_000
MARKDOWN = 12_000
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
CELL = by_type(
    {
        "raw_text": typed("raw_text", {"text": string(TABLE_CHARACTERS)}),
        "raw_number": typed("raw_number", {"value": lambda value, at: iter(())}, {"text": string(TABLE_CHARACTERS)}),
        "rich_text": RICH_TEXT,
    },
    what="cell",
)
COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})
ACTION = by_type(ACTIVE, what="element")
BUTTON = by_type({"button": ACTIVE["button"]}, what="element")
ACCESSORY = by_type({**ACTIVE, "image": IMAGE}, what="accessory")
INPUT = by_type({**{k: v for k, v in ACTIVE.items() if k not in ("button", "overflow")}, **TYPED}, what="input")


def unique_actions(block: Any, at: str) -> Iterator[str]:
    """Action ids must differ within one block."""
    elements = block.get("elements") or []
    ids = [e["action_id"] for e in elements if isinstance(e, dict) and e.get("action_id")]
    if len(ids) != len(set(ids)):
        yield problem("action_id must be unique within a block", at)


EVERYWHERE: dict[str, Rule] = {
    "section": typed(
        "section",
        {},
        {**BLOCK_ID, "text": text(3000), "fields": many(text(2000), 1, 10), "accessory": ACCESSORY, "expand": flag},
        at_least_one("text", "fields"),
    ),
    "actions": typed("actions", {"elements": many(ACTION, 1, 25)}, BLOCK_ID, unique_actions),
    "context": typed(
        "context",
        {
            "elements": many(
                by_type({"image": IMAGE, "plain_text": plain(3000), "mrkdwn": mrkdwn(3000)}, what="element"), 1, 10
            )
        },
        BLOCK_ID,
    ),
    "divider": typed("divider", {}, BLOCK_ID),
    "header": typed("header", {"text": plain(150)}, BLOCK_ID),
    "image": typed("image", {"alt_text": string(2000), "image_url": WEB}, {**BLOCK_ID, "title": plain(2000)}),
    "input": typed(
        "input",
        {"label": plain(2000), "element": INPUT},
        {**BLOCK_ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": RICH_TEXT,
}
CARD = typed(
    "card",
    {},
    {
        **BLOCK_ID,
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(200),
        "actions": many(BUTTON, 1, 2),
    },
    at_least_one("hero_image", "title", "body", "actions"),
    unique_actions,
)
ONLY_MESSAGES: dict[str, Rule] = {
    "markdown": typed("markdown", {"text": string(MARKDOWN)}, BLOCK_ID),
    "table": typed(
        "table",
        {"rows": many(many(CELL, 1, 20), 1, 100)},
        {**BLOCK_ID, "column_settings": many(COLUMN, 1, 20)},
    ),
    "card": CARD,
}
ONLY_MODALS: dict[str, Rule] = {
    "alert": typed(
        "alert",
        {"text": text(3000)},
        {**BLOCK_ID, "level": one_of("default", "info", "warning", "error", "success")},
    )
}

MESSAGE_BLOCKS = many(by_type({**EVERYWHERE, **ONLY_MESSAGES}, what="block"), 0, 50)
VIEW: dict[str, Rule] = {
    "callback_id": ID,
    "private_metadata": string(3000, 0),
    "external_id": string(255, 0),
    "notify_on_close": flag,
    "clear_on_close": flag,
}
MODAL = typed(
    "modal",
    {"title": plain(24), "blocks": many(by_type({**EVERYWHERE, **ONLY_MODALS}, what="block"), 1, 100)},
    {**VIEW, "close": plain(24), "submit": plain(24), "submit_disabled": flag},
)
HOME = typed("home", {"blocks": many(by_type(EVERYWHERE, what="block"), 0, 100)}, VIEW)
VIEWS = by_type({"modal": MODAL, "home": HOME}, what="view")
OPTIONS_ANSWER = shape(
    {}, {"options": many(OPTION, 0, 100), "option_groups": GROUPS}, exactly_one("options", "option_groups")
)


def check_message(blocks: Any) -> list[str]:
    """Everything Slack would refuse about a message's blocks."""
    found = list(MESSAGE_BLOCKS(blocks, "/blocks"))
    return found or [*_duplicate_block_ids(blocks), *_message_totals(blocks)]


def check_view(view: Any) -> list[str]:
    """Everything Slack would refuse about a modal or a Home."""
    found = list(VIEWS(view, "/view"))
    return found or [*_duplicate_block_ids(view["blocks"]), *_view_rules(view)]


def check_options(answer: Any) -> list[str]:
    """Everything Slack would refuse about the answer to a `block_suggestion`."""
    return list(OPTIONS_ANSWER(answer, ""))


def _duplicate_block_ids(blocks: Iterable[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield problem(f"block_id {block_id} already exists", f"/blocks/{index}/block_id")
        if block_id:
            seen.add(block_id)


def _message_totals(blocks: list[Any]) -> Iterator[str]:
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN:
        yield problem(f"markdown blocks together must be at most {MARKDOWN} characters", "/blocks")
    tables = [block for block in blocks if block["type"] == "table"]
    if len(tables) > 1:
        yield problem("only one table is allowed", "/blocks")
    if sum(_characters(table["rows"]) for table in tables) > TABLE_CHARACTERS:
        yield problem(f"the cells of a table must be at most {TABLE_CHARACTERS} characters", "/blocks")


def _characters(part: Any) -> int:
    if isinstance(part, list):
        return sum(map(_characters, part))
    if isinstance(part, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else _characters(v) for k, v in part.items())
    return 0


def _view_rules(view: Mapping[str, Any]) -> Iterator[str]:
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        yield problem(f"view is larger than {VIEW_BYTES} bytes", "/view")
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and not view.get("submit"):
        yield problem("submit is required when there is an input block", "/view/submit")
