"""Our blocks as objects of slackblocks, an independent checker that raises where Slack would refuse.

It has no `date` leaf and no `emoji` flag in some places; those are given as what a reader would see instead.
"""

from collections.abc import Callable
from typing import Any

import slackblocks as sb

from bot.blocks.primitives import Message, View

Json = dict[str, Any]


def as_message(said: Message) -> sb.Message:
    return sb.Message(channel="C0SALES01", text=said.text, blocks=[_block(each) for each in said.blocks])


def as_view(view: View) -> sb.View:
    if view["type"] == "home":
        return sb.HomeTabView([_block(each) for each in view["blocks"]])
    return sb.ModalView(
        title=_text(view["title"]),
        blocks=[_block(each) for each in view["blocks"]],
        close=_text(view["close"]),
        submit=_text(view["submit"]) if "submit" in view else None,
        private_metadata=view.get("private_metadata"),
        callback_id=view["callback_id"],
    )


def _block(block: Json) -> sb.Block:
    return _BLOCKS[block["type"]](block)


def _section(block: Json) -> sb.Block:
    accessory = _element(block["accessory"]) if "accessory" in block else None
    return sb.SectionBlock(_text(block["text"]), accessory=accessory)


def _input(block: Json) -> sb.Block:
    return sb.InputBlock(
        label=_text(block["label"]),
        element=_element(block["element"]),
        block_id=block["block_id"],
        hint=_text(block["hint"]) if "hint" in block else None,
        optional=block["optional"],
    )


_BLOCKS: dict[str, Callable[[Json], sb.Block]] = {
    "header": sb.HeaderBlock.from_dict,
    "context": sb.ContextBlock.from_dict,
    "divider": sb.DividerBlock.from_dict,
    "section": _section,
    "actions": lambda block: sb.ActionsBlock([_element(each) for each in block["elements"]]),
    "input": _input,
    "rich_text": lambda block: sb.RichTextBlock([_rich(each) for each in block["elements"]]),
}


def _text(text: Json) -> sb.Text:
    return sb.Text.from_dict(text)


def _option(option: Json) -> sb.Option:
    return sb.Option.from_dict(option)


def _element(element: Json) -> sb.Element:
    return _ELEMENTS[element["type"]](_arguments(element))


def _arguments(element: Json) -> Json:
    """The element's keys as the constructor's: texts and options as objects, one name spelt another way."""
    made = {key: value for key, value in element.items() if key != "type"}
    for key in made.keys() & {"text", "placeholder"}:
        made[key] = _text(made[key])
    for key in made.keys() & {"options", "initial_options"}:
        made[key] = [_option(each) for each in made[key]]
    if "initial_option" in made:
        made["initial_option"] = _option(made["initial_option"])
    if "initial_date_time" in made:
        made["initial_datetime"] = made.pop("initial_date_time")
    return made


_ELEMENTS: dict[str, Callable[[Json], sb.Element]] = {
    "button": lambda given: sb.Button(**given),
    "overflow": lambda given: sb.OverflowMenu(**given),
    "plain_text_input": lambda given: sb.PlainTextInput(**given),
    "email_text_input": lambda given: sb.EmailInput(**given),
    "number_input": lambda given: sb.NumberInput(**given),
    "datepicker": lambda given: sb.DatePicker(**given),
    "datetimepicker": lambda given: sb.DateTimePicker(**given),
    "static_select": lambda given: sb.StaticSelectMenu(**given),
    "external_select": lambda given: sb.ExternalSelectMenu(**given),
    "multi_external_select": lambda given: sb.ExternalMultiSelectMenu(**given),
    "radio_buttons": lambda given: sb.RadioButtonGroup(**given),
    "multi_users_select": lambda given: sb.UserMultiSelectMenu(**given),
    "checkboxes": lambda given: sb.CheckboxGroup(**given),
}


def _rich(part: Json) -> sb.RichTextObject:
    if part["type"] == "rich_text_list":
        return sb.RichTextList(part["style"], [_rich(each) for each in part["elements"]])
    leaves = [_leaf(each) for each in part["elements"]]
    return sb.RichTextQuote(leaves) if part["type"] == "rich_text_quote" else sb.RichTextSection(leaves)


def _leaf(leaf: Json) -> sb.RichTextElement:
    match leaf["type"]:
        case "user":
            return sb.RichTextUser(leaf["user_id"])
        case "link":
            return sb.RichTextLink(leaf["url"], leaf["text"])
        case "date":
            return sb.RichText(leaf["fallback"])
    return sb.RichText(leaf["text"], **leaf.get("style", {}))
