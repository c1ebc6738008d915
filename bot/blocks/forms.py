"""The forms: a modal for every kind of record, with exactly the fields that the connected CRM has.

A form opens at once as `loading`, since its trigger lives 3 s (slack.md section 3), and is filled in by `form`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from bot.answers import Schema
from bot.blocks import ids
from bot.blocks.inputs import input_block, record_options
from bot.blocks.primitives import (
    Block,
    Line,
    View,
    footnote,
    leaf,
    mention,
    modal,
    option,
    paragraph,
    plain_text,
    section,
    web,
)
from bot.changes import Verb
from bot.language.clipping import clip
from bot.models import Kind, Record, Ref, Value


class FormContext(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a form must remember, since its submission has neither channel nor response_url (slack.md section 3).

    `record_id` is the edited record's, or for a create the id made for it. Its card belongs in `channel`; `asked_in` is
    where the response_url answers, when that is another. `source_channel`, `source_ts`, `permalink`,
    `author` and `said_at` name the message it was made from. `draft` names what did not fit in here, in the store.
    `is_written_down`: the text names that message already.
    """

    verb: Verb
    kind: Kind
    record_id: str = ""
    record_name: str = ""
    channel: str = ""
    thread_ts: str = ""
    response_url: str = ""
    asked_in: str = ""
    source_channel: str = ""
    source_ts: str = ""
    permalink: str = ""
    author: str = ""
    said_at: str = ""
    draft: str = ""
    is_written_down: bool = False


def write_context(context: FormContext) -> str:
    """The context as private_metadata; a long name is shortened, everything else is short by nature."""
    short = msgspec.structs.replace(
        context, record_name=clip(context.record_name, 100), author=clip(context.author, 100)
    )
    return msgspec.json.encode(short).decode()


def read_context(view: Mapping[str, Any]) -> FormContext:
    """What `write_context` wrote; `msgspec.ValidationError` for a view of something else."""
    return msgspec.json.decode(view.get("private_metadata") or "", type=FormContext)


def callback_id(context: FormContext) -> str:
    """Which submission this form leads to."""
    return ids.FORM_EDIT if context.verb is Verb.UPDATE else ids.FORM_CREATE


def title(context: FormContext) -> str:
    """`New task`, `Edit company`."""
    return f"{'Edit' if context.verb is Verb.UPDATE else 'New'} {context.kind}"


def loading(context: FormContext) -> View:
    """The form while the CRM is asked: nothing to fill in yet."""
    return modal(title(context), [section("Opening…")], callback_id(context), metadata=write_context(context))


def form(
    context: FormContext,
    schema: Schema,
    values: Mapping[str, Value],
    *,
    timezone: str,
    whole_thread: bool | None = None,
    suggested: Sequence[Ref] = (),
    ticked: int = 0,
    remarks: Sequence[str | Line] = (),
) -> View:
    """The form, filled in with `values`; `whole_thread` offers that choice, `suggested` are records to tick, the
    first `ticked` of which are.

    `remarks` are said above the fields (a `Line` where one mentions somebody).

    Fields are in the schema's order; a value that does not fit its input is left out of it and said so in a hint.
    """
    inputs = [
        input_block(each, values.get(each.key), schema.choices.get(each.key, ()), timezone)
        for each in schema.fields
        if each.key != "records" or schema.kind in (Kind.NOTE, Kind.TASK)
    ]
    blocks = [
        _about(context),
        *(footnote(remark) if isinstance(remark, str) else paragraph(remark) for remark in remarks),
        *inputs,
        _suggestions(suggested, ticked),
        _thread_choice(whole_thread),
        footnote("Nothing is written yet: a card with exactly these values asks for Confirm first."),
    ]
    return modal(title(context), blocks, callback_id(context), submit="Review", metadata=write_context(context))


def options(records: Sequence[Record]) -> dict[str, Any]:
    """The answer to somebody typing in an external select."""
    return {"options": record_options([record.ref for record in records])}


def _about(context: FormContext) -> Block | None:
    if not context.permalink and not context.author:
        return None
    author = [leaf(" by "), mention(context.author)] if context.author else []
    return paragraph([leaf("From "), web(context.permalink, "a message"), *author, leaf(".")])


def _suggestions(suggested: Sequence[Ref], ticked: int) -> Block | None:
    """Records that the message or the channel suggests, to be ticked or not; only those with a tick are attached."""
    options = record_options(suggested)[:10]
    if not options:
        return None
    element: Block = {"type": "checkboxes", "action_id": ids.INPUT, "options": options}
    if ticked:
        element["initial_options"] = options[:ticked]
    label = plain_text("Suggested records", 2_000)
    return {"type": "input", "block_id": ids.SUGGESTED, "optional": True, "label": label, "element": element}


def _thread_choice(checked: bool | None) -> Block | None:
    if checked is None:
        return None
    every = option("Save every message of the thread", "whole")
    element: Block = {"type": "checkboxes", "action_id": ids.INPUT, "options": [every]}
    if checked:
        element["initial_options"] = [every]
    label = plain_text("Whole thread", 2_000)
    return {"type": "input", "block_id": ids.WHOLE_THREAD, "optional": True, "label": label, "element": element}
