"""What Slack accepts as a message, a view or an options answer: one table of limits (slack.md section 4).

`check_message`, `check_view` and `check_options` return the problems, none when Slack would take it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.sandbox.slack.anatomy import every_block
from bot.sandbox.slack.elements import (
    ACCESSORY,
    ACTION,
    BLOCK_ID,
    BUTTON,
    CELL,
    COLUMN,
    GROUPS,
    HEADER_CELL,
    ID,
    IMAGE,
    INPUT,
    OPTION,
    RICH_TEXT,
    TABLE_CHARACTERS,
    WEB,
    mrkdwn,
    plain,
    text,
    typed,
)
from bot.sandbox.slack.rules import (
    Rule,
    at_least_one,
    by_type,
    exactly_one,
    flag,
    many,
    number,
    one_of,
    problem,
    shape,
    string,
)

MESSAGE_TEXT = 40_000
VIEW_BYTES = 250_000
MARKDOWN = 12_000
DATA_TABLE_CHARACTERS = 20_000


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
        "actions": many(BUTTON, 1, 2),  # slackblocks allows three; the stricter reading is the safe one
    },
    at_least_one("hero_image", "title", "body", "actions"),
    unique_actions,
)
TABLE = typed("table", {"rows": many(many(CELL, 1, 20), 1, 100)}, {**BLOCK_ID, "column_settings": many(COLUMN, 1, 20)})


def data_table_shape(block: Any, at: str) -> Iterator[str]:
    """A header row of plain cells, and every row as wide as it."""
    rows = block.get("rows") or [[]]
    yield from many(HEADER_CELL, 1, 20)(rows[0], f"{at}/rows/0")
    if any(len(row) != len(rows[0]) for row in rows):
        yield problem("all rows must have the same number of columns", f"{at}/rows")


def container_rules(block: Any, at: str) -> Iterator[str]:
    if block.get("is_collapsible") and block.get("has_header_divider"):
        yield problem("has_header_divider cannot be set when is_collapsible is true", at)
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        yield problem("default_collapsed requires is_collapsible", at)


DATA_TABLE = typed(
    "data_table",
    {"rows": many(many(CELL, 1, 20), 2, 201), "caption": string(3000)},
    {**BLOCK_ID, "page_size": number(1, 100), "row_header_column_index": number(0, 19)},
    data_table_shape,
)
CONTAINER = typed(
    "container",
    {"child_blocks": many(by_type({**EVERYWHERE, "table": TABLE}, what="child block"), 1, 10)},
    {
        **BLOCK_ID,
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": text(150),
        "width": one_of("narrow", "standard", "wide", "full"),
        "icon": IMAGE,
        **dict.fromkeys(("is_collapsible", "default_collapsed", "has_header_divider"), flag),
    },
    at_least_one("title", "rich_text_title"),
    container_rules,
)
ONLY_MESSAGES: dict[str, Rule] = {
    "markdown": typed("markdown", {"text": string(MARKDOWN)}, BLOCK_ID),
    "table": TABLE,
    "data_table": DATA_TABLE,
    "card": CARD,
    "container": CONTAINER,
}
ONLY_MODALS: dict[str, Rule] = {
    "alert": typed(
        "alert",
        {"text": text(200)},
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
    for index, block in enumerate(every_block(list(blocks))):
        block_id = block.get("block_id")
        if block_id in seen:
            yield problem(f"block_id {block_id} already exists", f"/blocks/{index}/block_id")
        if block_id:
            seen.add(block_id)


def _message_totals(blocks: list[Any]) -> Iterator[str]:
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN:
        yield problem(f"markdown blocks together must be at most {MARKDOWN} characters", "/blocks")
    for kind, most in (("table", TABLE_CHARACTERS), ("data_table", DATA_TABLE_CHARACTERS)):
        tables = [block for block in every_block(blocks) if block["type"] == kind]
        if kind == "table" and len(tables) > 1:
            yield problem("only one table is allowed", "/blocks")
        if sum(_characters(table["rows"]) for table in tables) > most:
            yield problem(f"the cells of a {kind} must be at most {most} characters", "/blocks")


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
