"""Block Kit's limits, one line each, and valid messages as an independent builder makes them."""

import json
from typing import Any

import pytest
import slackblocks as sb

from bot.sandbox.slack import check_message, check_options, check_view
from bot.sandbox.slack.sample import sample_world

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**over: Any) -> Json:
    return {"type": "button", "text": plain("OK"), "action_id": "a", **over}


def option(text: str = "One", value: str = "1") -> Json:
    return {"text": plain(text), "value": value}


def options(count: int) -> list[Json]:
    return [option(str(n), str(n)) for n in range(count)]


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(text: str = "x", **over: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **over}


def field(element: Json, **over: Any) -> Json:
    return {"type": "input", "label": plain("L"), "element": {"action_id": "v", **element}, **over}


def confirm(**over: Any) -> Json:
    return {"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("y"), "deny": plain("n"), **over}


def select(**over: Any) -> Json:
    return {"type": "static_select", "action_id": "a", "options": options(2), **over}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def table(rows: int = 1, columns: int = 1, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def cell(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def data_table(*rows: list[Json]) -> Json:
    return {"type": "data_table", "caption": "Deals", "rows": list(rows)}


def container(*blocks: Json, **over: Any) -> Json:
    return {"type": "container", "title": plain("Deal"), "child_blocks": list(blocks), **over}


def overflow(count: int) -> Json:
    return {"type": "overflow", "action_id": "o", "options": options(count)}


def line(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def modal(*blocks: Json, **over: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Form"),
        "submit": plain("Go"),
        "blocks": list(blocks) or [section()],
        **over,
    }


GOOD: dict[str, list[Json]] = {
    "nothing": [],
    "fifty blocks": [section()] * 50,
    "longest section": [section("x" * 3000)],
    "ten fields": [{"type": "section", "fields": [mrkdwn("x" * 2000)] * 10}],
    "button": [actions(button(value="v" * 2000, style="primary", confirm=confirm()))],
    "link button": [actions(button(url="https://crm.example/1"))],
    "same action id in two blocks": [actions(button()), actions(button())],
    "overflow of one": [actions(overflow(1))],
    "select": [actions(select(initial_option=option("0", "0")))],
    "table": [table(100, 20, "x")],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "header": [{"type": "header", "text": plain("x" * 150)}],
    "context": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "card": [{"type": "card", "title": mrkdwn("x" * 150), "body": plain("x" * 200), "actions": [button()]}],
    "data table": [
        data_table([cell("a"), cell("b")], [cell("1"), {"type": "raw_number", "value": 2.5, "text": "2.5"}])
    ],
    "container": [container(section(), actions(button()))],
    "rich text": [rich(line({"type": "text", "text": "<b>", "style": {"bold": True}}))],
    "rich text list": [rich({"type": "rich_text_list", "style": "bullet", "elements": [line()]})],
}

BAD: dict[str, list[Json]] = {
    "51 blocks": [section()] * 51,
    "unknown block": [{"type": "sections", "text": mrkdwn("x")}],
    "no type": [{"text": mrkdwn("x")}],
    "unknown key": [section(colour="red")],
    "empty section": [{"type": "section"}],
    "empty text": [section("")],
    "long text": [section("x" * 3001)],
    "11 fields": [{"type": "section", "fields": [mrkdwn("x")] * 11}],
    "long field": [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
    "mrkdwn header": [{"type": "header", "text": mrkdwn("x")}],
    "long header": [{"type": "header", "text": plain("x" * 151)}],
    "emoji in mrkdwn": [{"type": "section", "text": mrkdwn("x") | {"emoji": True}}],
    "26 actions": [actions(*(button(action_id=str(n)) for n in range(26)))],
    "no actions": [actions()],
    "same action id twice": [actions(button(), button())],
    "same block id twice": [section(block_id="b"), section(block_id="b")],
    "long block id": [section(block_id="b" * 256)],
    "long action id": [actions(button(action_id="a" * 256))],
    "long button": [actions(button(text=plain("x" * 76)))],
    "mrkdwn button": [actions(button(text=mrkdwn("x")))],
    "long value": [actions(button(value="v" * 2001))],
    "long url": [actions(button(url="https://x.example/" + "x" * 3000))],
    "script url": [actions(button(url="javascript:alert(1)"))],
    "no url at all": [actions(button(url="crm"))],
    "unknown style": [actions(button(style="default"))],
    "long accessibility label": [actions(button(accessibility_label="x" * 76))],
    "long confirm title": [actions(button(confirm=confirm(title=plain("x" * 101))))],
    "long confirm text": [actions(button(confirm=confirm(text=mrkdwn("x" * 301))))],
    "long confirm button": [actions(button(confirm=confirm(confirm=plain("x" * 31))))],
    "confirm without deny": [actions(button(confirm={"title": plain("t"), "text": plain("t"), "confirm": plain("y")}))],
    "empty overflow": [actions(overflow(0))],
    "overflow of six": [actions(overflow(6))],
    "101 options": [actions(select(options=options(101)))],
    "long option": [actions(select(options=[option("x" * 76)]))],
    "long option value": [actions(select(options=[option("x", "v" * 151)]))],
    "options and groups": [actions(select(option_groups=[{"label": plain("g"), "options": options(1)}]))],
    "initial option not offered": [actions(select(initial_option=option("Nine", "9")))],
    "text input among actions": [actions({"type": "plain_text_input", "action_id": "a"})],
    "button in an input": [field(button())],
    "11 context elements": [{"type": "context", "elements": [mrkdwn("x")] * 11}],
    "button in a context": [{"type": "context", "elements": [button()]}],
    "image without alt text": [{"type": "image", "image_url": "https://x.example/a.png"}],
    "two tables": [table(), table()],
    "101 rows": [table(101)],
    "21 columns": [table(1, 21)],
    "long table": [table(11, 1, "x" * 1000)],
    "long markdown together": [{"type": "markdown", "text": "x" * 6001}] * 2,
    "three buttons on a card": [{"type": "card", "title": plain("x"), "actions": [button(action_id=c) for c in "abc"]}],
    "long card body": [{"type": "card", "body": plain("x" * 201)}],
    "card title as text": [{"type": "card", "title": "x"}],
    "data table without rows": [data_table([cell("a")])],
    "data table of uneven rows": [data_table([cell("a")], [cell("a"), cell("b")])],
    "data table with a rich header": [data_table([rich(line())], [cell("a")])],
    "data table without caption": [{"type": "data_table", "rows": [[cell("a")], [cell("b")]]}],
    "number without text": [{"type": "table", "rows": [[{"type": "raw_number", "value": 1}]]}],
    "number as text": [{"type": "table", "rows": [[{"type": "raw_number", "value": "1", "text": "1"}]]}],
    "container without title": [{"type": "container", "child_blocks": [section()]}],
    "11 blocks in a container": [container(*[section()] * 11)],
    "container in a container": [container(container(section()))],
    "collapsed but not collapsible": [container(section(), default_collapsed=True)],
    "same block id in a container": [section(block_id="b"), container(section(block_id="b"))],
    "alert in a message": [{"type": "alert", "text": plain("x")}],
    "rich text without section": [rich({"type": "text", "text": "x"})],
    "rich text unknown leaf": [rich(line({"type": "bold", "text": "x"}))],
    "rich text empty leaf": [rich(line({"type": "text", "text": ""}))],
    "rich text script link": [rich(line({"type": "link", "url": "javascript:alert(1)"}))],
    "rich text user name": [rich(line({"type": "user", "user_id": "ana"}))],
    "list of texts": [rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "x"}]})],
}


@pytest.mark.parametrize("blocks", GOOD.values(), ids=GOOD.keys())
def test_message_within_the_limits_is_taken(blocks: list[Json]) -> None:
    """What stands exactly at a limit is fine."""
    assert check_message(blocks) == []


@pytest.mark.parametrize("blocks", BAD.values(), ids=BAD.keys())
def test_message_beyond_a_limit_is_refused(blocks: list[Json]) -> None:
    """Each limit and rule refuses, and points at the place."""
    problems = check_message(blocks)
    assert problems
    assert all("json-pointer:/blocks" in problem for problem in problems)


GOOD_VIEWS: dict[str, Json] = {
    "modal": modal(),
    "hundred blocks": modal(*[section()] * 100),
    "longest alert": modal({"type": "alert", "text": plain("x" * 200)}),
    "alert": modal({"type": "alert", "text": plain("x"), "level": "warning"}),
    "all inputs": modal(
        field({"type": "plain_text_input", "multiline": True, "initial_value": "x" * 3000}),
        field({"type": "number_input", "is_decimal_allowed": True, "initial_value": "1.5"}),
        field({"type": "email_text_input"}),
        field({"type": "url_text_input"}),
        field({"type": "datepicker", "initial_date": "2026-03-01"}),
        field({"type": "timepicker", "initial_time": "09:30"}),
        field({"type": "datetimepicker", "initial_date_time": 1772600000}),
        field({"type": "checkboxes", "options": [option()], "initial_options": [option()]}),
        field({"type": "radio_buttons", "options": options(2), "initial_option": option("1", "1")}),
        field({"type": "multi_external_select", "min_query_length": 2, "max_selected_items": 5}),
        field({"type": "multi_users_select", "initial_users": ["U0ANA0001"]}),
    ),
    "home": {"type": "home", "blocks": [section()]},
    "no submit without an input": {"type": "modal", "title": plain("Form"), "blocks": [section()]},
}

BAD_VIEWS: dict[str, Json] = {
    "no title": {"type": "modal", "blocks": [section()]},
    "long title": modal(title=plain("x" * 25)),
    "long submit": modal(submit=plain("x" * 25)),
    "long close": modal(close=plain("x" * 25)),
    "101 blocks": modal(*[section()] * 101),
    "input without submit": {"type": "modal", "title": plain("F"), "blocks": [field({"type": "plain_text_input"})]},
    "long metadata": modal(private_metadata="x" * 3001),
    "long callback id": modal(callback_id="x" * 256),
    "too many bytes": modal(*[section("x" * 2900)] * 90),
    "long alert": modal({"type": "alert", "text": plain("x" * 201)}),
    "markdown in a modal": modal({"type": "markdown", "text": "x"}),
    "title on a home": {"type": "home", "title": plain("x"), "blocks": []},
    "unknown view": {"type": "dialog", "blocks": []},
    "id of a view": modal(id="V1"),
    "state of a view": modal(state={"values": {}}),
    "long initial value": modal(field({"type": "plain_text_input", "initial_value": "x" * 3001})),
    "number as a number": modal(field({"type": "number_input", "is_decimal_allowed": True, "initial_value": 1})),
    "number without decimals": modal(field({"type": "number_input"})),
    "bad date": modal(field({"type": "datepicker", "initial_date": "1.3.2026"})),
    "bad time": modal(field({"type": "timepicker", "initial_time": "25:00"})),
    "time in milliseconds": modal(field({"type": "datetimepicker", "initial_date_time": 1772600000000})),
    "11 check boxes": modal(field({"type": "checkboxes", "options": options(11)})),
    "empty initial options": modal(field({"type": "multi_external_select", "initial_options": []})),
    "same block id twice": modal(section(block_id="b"), section(block_id="b")),
}


@pytest.mark.parametrize("view", GOOD_VIEWS.values(), ids=GOOD_VIEWS.keys())
def test_view_within_the_limits_is_taken(view: Json) -> None:
    """Every input element, the longest texts and the most blocks are fine."""
    assert check_view(view) == []


@pytest.mark.parametrize("view", BAD_VIEWS.values(), ids=BAD_VIEWS.keys())
def test_view_beyond_a_limit_is_refused(view: Json) -> None:
    """Each limit and rule of a modal or a Home refuses."""
    assert check_view(view)


@pytest.mark.parametrize(
    "answer",
    [{}, {"options": options(101)}, {"options": [option("x" * 76)]}, {"options": [], "option_groups": []}, [], None],
    ids=["nothing", "101 options", "long option", "both", "a list", "null"],
)
def test_wrong_options_are_refused(answer: Any) -> None:
    """An answer to type-ahead needs options or groups, within their limits."""
    assert check_options(answer)


def test_no_options_are_an_answer() -> None:
    """Nothing found is fine."""
    assert check_options({"options": []}) == []


def test_sample_conversation_is_valid() -> None:
    """The sample messages' own blocks would be taken by Slack."""
    for message in sample_world().messages:
        assert check_message(list(message.blocks)) == []


def _built() -> list[Any]:
    yes = sb.Button(text="Yes", action_id="yes", value="1", style="primary")
    menu = sb.OverflowMenu(action_id="menu", options=[sb.Option(text=sb.PlainText("More"), value="more")])
    return [
        sb.SectionBlock("hello", fields=["a", "b"], accessory=yes),
        sb.ActionsBlock(elements=[yes, menu]),
        sb.HeaderBlock("Title"),
        sb.DividerBlock(),
        sb.ContextBlock(elements=[sb.Text("small")]),
        sb.InputBlock(label="Name", element=sb.PlainTextInput(action_id="name")),
        sb.AlertBlock("careful"),
        sb.CardBlock(title="Acme", body="x", actions=[yes]),
        sb.ContainerBlock([sb.DividerBlock()], title="Deal"),
        sb.MarkdownBlock("**x**"),
        sb.TableBlock([[sb.RawText("a"), sb.RawText("b")]]),
        sb.DataTableBlock([[sb.RawText("a")], [sb.RawNumber(value=1, text="1")]], caption="c"),
        sb.RichTextBlock(
            sb.RichTextSection([sb.RichText("bold", bold=True), sb.RichTextLink("https://x.example", "x")])
        ),
    ]


@pytest.mark.parametrize("block", _built(), ids=lambda block: type(block).__name__)
def test_blocks_of_an_independent_builder_are_taken(block: Any) -> None:
    """There is no false alarm on what slackblocks builds."""
    built = json.loads(repr(block))
    if built["type"] == "alert":
        assert check_view(modal(built)) == []
    else:
        assert check_message([built]) == []
