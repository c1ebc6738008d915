"""Modals in a stack and Homes: open, push, update, close, and what an answer to a submission does."""

import json
from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.anatomy import elements_in, every_block
from bot.sandbox.slack.blocks import check_view
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.state import TRIGGER_SECONDS, Refusal, State, Trigger, View
from bot.sandbox.slack.world import Installation, Json

DEEPEST = 3


def checked(view: Any, *, kind: str) -> Json:
    """The view as given, with ids where it left them out; or Slack's `invalid_arguments`."""
    if isinstance(view, str):
        view = json.loads(view)
    problems = check_view(view)
    if not problems and view["type"] != kind:
        problems = [f"[ERROR] must be a {kind} [json-pointer:/view/type]"]
    if problems:
        raise Refusal("invalid_arguments", response_metadata={"messages": problems})
    return with_ids(view)


def with_ids(content: Json) -> Json:
    """The same view or message with a block_id and an action_id wherever Slack would make one up."""
    made: Json = json.loads(json.dumps(content))
    for index, block in enumerate(every_block(made.get("blocks", []))):
        block.setdefault("block_id", f"made-{index}")
        for place, element in enumerate(elements_in(block)):
            element.setdefault("action_id", f"made-{index}-{place}")
    return made


def take_trigger(state: State, trigger_id: str) -> Trigger:
    """Use up a trigger: three seconds, once (slack.md section 3)."""
    trigger = state.triggers.get(trigger_id)
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if state.clock() - trigger.issued > TRIGGER_SECONDS:
        raise Refusal("expired_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    trigger.used = True
    return trigger


def open_view(state: State, trigger_id: str, view: Any) -> View:
    content = checked(view, kind="modal")
    trigger = take_trigger(state, trigger_id)
    made = _new(state, trigger.user, trigger.team, content)
    state.stacks[trigger.user] = [made]
    state.changes.tell()
    return made


def push_view(state: State, trigger_id: str, view: Any) -> View:
    content = checked(view, kind="modal")
    trigger = take_trigger(state, trigger_id)
    return push(state, trigger.user, content)


def push(state: State, user: str, content: Json) -> View:
    """Lay a view over the top one; at most three deep."""
    stack = state.stacks.get(user, [])
    if not stack:
        raise Refusal("not_found")
    if len(stack) >= DEEPEST:
        raise Refusal("push_limit_reached")
    made = _new(state, user, stack[-1].team, content)
    made.root, made.previous = stack[0].id, stack[-1].id
    stack.append(made)
    state.changes.tell()
    return made


def update_view(state: State, args: Mapping[str, Any]) -> View:
    content = checked(args.get("view"), kind="modal")
    view = find(state, view_id=args.get("view_id"), external_id=args.get("external_id"))
    if view is None:
        raise Refusal("not_found")
    if args.get("hash") and args["hash"] != view.hash:
        raise Refusal("hash_conflict")
    return replace_content(state, view, content)


def replace_content(state: State, view: View, content: Json) -> View:
    """Show something else in an open view; a field keeps its state where block and action ids stay.

    Also one that nobody has touched: a new first value is ignored (github.com/slackapi/bolt-js/issues/290).
    """
    kept = {(b["block_id"], e["action_id"]) for b in every_block(content["blocks"]) for e in elements_in(b)}
    shown = {(block, action): value for block, fields in values_of(view).items() for action, value in fields.items()}
    view.entered = {key: value for key, value in shown.items() if key in kept}
    view.content, view.errors = content, {}
    view.hash = _new_hash(state)
    state.changes.tell()
    return view


def publish(state: State, bot: Installation, args: Mapping[str, Any]) -> View:
    """Set a person's Home."""
    content = checked(args.get("view"), kind="home")
    user = state.users.get(str(args.get("user_id")))
    if user is None or state.installation_for(user.team) != bot:
        raise Refusal("user_not_found")
    shown = state.homes.get((user.team, user.id))
    if args.get("hash") and shown and args["hash"] != shown.hash:
        raise Refusal("hash_conflict")
    made = _new(state, user.id, user.team, content)
    state.homes[user.team, user.id] = made
    state.changes.tell()
    return made


def find(state: State, *, view_id: str | None = None, external_id: str | None = None) -> View | None:
    """An open modal, by either name."""
    for stack in state.stacks.values():
        for view in stack:
            if view.id == view_id or (external_id and view.content.get("external_id") == external_id):
                return view
    return None


def close(state: State, view: View, *, everything: bool = False) -> None:
    stack = state.stacks.get(view.user, [])
    state.stacks[view.user] = [] if everything else [v for v in stack if v is not view]
    state.changes.tell()


def apply_answer(state: State, view: View, answer: Json) -> None:
    """What the answer to a `view_submission` does to the stack; an empty one closes the view."""
    match answer.get("response_action"):
        case None:
            close(state, view)
        case "clear":
            close(state, view, everything=True)
        case "errors":
            _show_errors(state, view, answer.get("errors"))
        case "update":
            replace_content(state, view, checked(answer.get("view"), kind="modal"))
        case "push":
            push(state, view.user, checked(answer.get("view"), kind="modal"))
        case other:
            raise Refusal(f"unknown response_action {other}")


def _show_errors(state: State, view: View, errors: Any) -> None:
    inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refusal("errors must name block ids of inputs in the view")
    view.errors = dict(errors)
    state.changes.tell()


def _new(state: State, user: str, team: str, content: Json) -> View:
    external = content.get("external_id")
    if external and find(state, external_id=external):
        raise Refusal("duplicate_external_id")
    name = state.new_id("V0")
    return View(name, user, team, content, _new_hash(state), root=name)


def _new_hash(state: State) -> str:
    return f"{int(state.clock())}.{state.new_id('h')}"


def as_slack(state: State, view: View, bot: Installation, values: Json) -> Json:
    """The view as it stands in payloads and API answers."""
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "submit_disabled": False,
    }
    return {
        **defaults,
        **view.content,
        "id": view.id,
        "team_id": view.team,
        "state": {"values": values},
        "hash": view.hash,
        "previous_view_id": view.previous,
        "root_view_id": view.root,
        "app_id": state.world.app_id,
        "app_installed_team_id": bot.team or bot.enterprise_id,
        "bot_id": bot.bot_id,
    }
