"""The Web API's methods: each takes a caller with arguments and returns the answer or raises `Refusal`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.slack import views
from bot.sandbox.slack.blocks import MESSAGE_TEXT, check_message
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.state import Refusal, State, View
from bot.sandbox.slack.world import Channel, Installation, Json, Message, User

Args = Mapping[str, Any]
TRUE = (True, "true", "True", "1", 1)


@dataclass(frozen=True, slots=True)
class Caller:
    state: State
    bot: Installation
    args: Args

    def arg(self, name: str) -> str:
        value = self.args.get(name)
        if value in (None, ""):
            raise Refusal("invalid_arguments", response_metadata={"messages": [f"missing required field: {name}"]})
        return str(value)


Method = Callable[[Caller], Json]


def message_content(args: Args) -> Json:
    """Text and blocks of a new message, checked.

    Blocks without a text are refused although Slack only warns: screen readers and notifications
    read the text (slack.md section 4).
    """
    blocks = _parsed(args.get("blocks")) or []
    text = str(args.get("text") or "")
    problems = check_message(blocks)
    if problems:
        raise Refusal("invalid_blocks", response_metadata={"messages": problems})
    if not text.strip():
        raise Refusal("no_text")
    if len(text) > MESSAGE_TEXT:
        raise Refusal("msg_too_long")
    return {"text": text, "blocks": tuple(views.with_ids({"blocks": blocks})["blocks"])}


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise Refusal("invalid_blocks_format") from None


# Where the bot may speak


def place_for(call: Caller) -> Channel:
    """The channel to post in; a user id means the direct message with that user."""
    name = call.arg("channel")
    if name.startswith(("U", "W")):
        return call.state.dm_with(_visible_user(call, name).id, call.bot)
    return _joined(call, name)


def _joined(call: Caller, name: str) -> Channel:
    channel = _seen(call, name)
    if call.bot.bot_user not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def _seen(call: Caller, name: str) -> Channel:
    """A channel that exists for the bot: its team's public ones, and those it is in."""
    channel = call.state.channels.get(name)
    served = channel is not None and any(call.state.installation_for(team) == call.bot for team in channel.teams)
    if channel is None or not served or (channel.is_private and call.bot.bot_user not in channel.members):
        raise Refusal("channel_not_found")
    return channel


def _visible_user(call: Caller, name: str) -> User:
    user = call.state.users.get(name)
    if user is None:
        raise Refusal("user_not_found")
    if not _own(call, user) and not call.state.shares_a_channel(user, call.bot.team):
        raise Refusal("user_not_found")
    return user


def _own(call: Caller, user: User) -> bool:
    return call.state.installation_for(user.team) == call.bot


# chat


def post_message(call: Caller) -> Json:
    channel = place_for(call)
    content = message_content(call.args)
    thread = call.args.get("thread_ts")
    parent = call.state.posted.get((channel.id, str(thread))) if thread else None
    if thread and parent is None:
        raise Refusal("thread_not_found")
    root = (parent.thread_ts or parent.ts) if parent else None
    message = call.state.put(_from_bot(call, channel, thread_ts=root, **content))
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack(call.state.world.app_id)}


def _from_bot(call: Caller, channel: Channel, **content: Any) -> Message:
    bot = call.bot
    team = bot.team or channel.teams[0]
    return Message(channel.id, call.state.new_ts(), bot.bot_user, bot_id=bot.bot_id, team=team, **content)


def post_ephemeral(call: Caller) -> Json:
    channel, user = _joined(call, call.arg("channel")), call.arg("user")
    content = message_content(call.args)
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    thread = call.args.get("thread_ts") or None
    message = call.state.put(_from_bot(call, channel, only_for=user, thread_ts=thread, **content))
    return {"message_ts": message.ts}


def update_message(call: Caller) -> Json:
    message = _own_message(call, "cant_update_message")
    content = message_content(call.args)
    changed = call.state.put(replace(message, **content, edited=True))
    shown = changed.as_slack(call.state.world.app_id)
    return {"channel": message.channel, "ts": message.ts, "text": changed.text, "message": shown}


def delete_message(call: Caller) -> Json:
    message = _own_message(call, "cant_delete_message")
    call.state.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _own_message(call: Caller, error: str) -> Message:
    """A message that the bot posted; an ephemeral one does not exist for the Web API."""
    channel = _seen(call, call.arg("channel"))
    message = call.state.posted.get((channel.id, call.arg("ts")))
    if message is None:
        raise Refusal("message_not_found")
    if message.bot_id != call.bot.bot_id:
        raise Refusal(error)
    return message


def permalink(call: Caller) -> Json:
    channel, ts = _seen(call, call.arg("channel")), call.arg("message_ts")
    message = call.state.posted.get((channel.id, ts))
    if message is None:
        raise Refusal("message_not_found")
    domain = call.state.teams[channel.teams[0]].domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# conversations


def open_conversation(call: Caller) -> Json:
    users = call.arg("users").split(",")
    return {"channel": {"id": call.state.dm_with(_visible_user(call, users[0]).id, call.bot).id}}


def conversation_info(call: Caller) -> Json:
    channel = _seen(call, call.arg("channel"))
    kinds = {f"is_{kind}": channel.kind == kind for kind in ("channel", "group", "im", "mpim")}
    return {
        "channel": {
            "id": channel.id,
            "name": channel.name,
            **kinds,
            "is_private": channel.is_private,
            "is_ext_shared": channel.is_shared,
            "is_member": call.bot.bot_user in channel.members,
            "context_team_id": channel.teams[0],
        }
    }


def conversation_replies(call: Caller) -> Json:
    channel = _joined(call, call.arg("channel"))
    found = call.state.replies(channel.id, call.arg("ts"))
    if not found:
        raise Refusal("thread_not_found")
    return {"messages": [m.as_slack(call.state.world.app_id) for m in found], "has_more": False}


def conversation_history(call: Caller) -> Json:
    channel = _joined(call, call.arg("channel"))
    found = [m for m in call.state.posted.values() if m.channel == channel.id and m.thread_ts in (None, m.ts)]
    newest = sorted(found, key=lambda m: float(m.ts), reverse=True)[: int(call.args.get("limit") or 100)]
    return {"messages": [m.as_slack(call.state.world.app_id) for m in newest], "has_more": len(found) > len(newest)}


# people


def user_info(call: Caller) -> Json:
    return {"user": _shown_user(call, _visible_user(call, call.arg("user")))}


def lookup_by_email(call: Caller) -> Json:
    email = call.arg("email").lower()
    for user in call.state.users.values():
        if user.email.lower() == email and _own(call, user) and not user.deleted:
            return {"user": _shown_user(call, user)}
    raise Refusal("users_not_found")


def list_users(call: Caller) -> Json:
    members = [_shown_user(call, user) for user in call.state.users.values() if _own(call, user)]
    start, size = int(call.args.get("cursor") or 0), int(call.args.get("limit") or 1000)
    following = str(start + size) if start + size < len(members) else ""
    return {"members": members[start : start + size], "response_metadata": {"next_cursor": following}}


FLAGS = ("is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "is_bot", "deleted", "tz", "tz_offset")


def _shown_user(call: Caller, user: User) -> Json:
    """A user as the Web API shows one: an outsider is a stranger without an email address."""
    own = _own(call, user)
    profile = {"real_name": user.real_name, "display_name": user.name, "team": user.team}
    if own and user.email and "users:read.email" in call.bot.scopes:
        profile["email"] = user.email
    shown: Json = {"id": user.id, "team_id": user.team, "name": user.name, "real_name": user.real_name}
    shown |= {flag: getattr(user, flag) for flag in FLAGS}
    if call.args.get("include_locale") in TRUE:
        shown["locale"] = user.locale
    return {**shown, **({} if own else {"is_stranger": True}), "profile": profile}


# views


def _answer_with_view(call: Caller, view: View) -> Json:
    return {"view": views.as_slack(call.state, view, call.bot, values_of(view))}


def open_view(call: Caller) -> Json:
    return _answer_with_view(call, views.open_view(call.state, call.arg("trigger_id"), call.args.get("view")))


def push_view(call: Caller) -> Json:
    return _answer_with_view(call, views.push_view(call.state, call.arg("trigger_id"), call.args.get("view")))


def update_view(call: Caller) -> Json:
    return _answer_with_view(call, views.update_view(call.state, call.args))


def publish_view(call: Caller) -> Json:
    return _answer_with_view(call, views.publish(call.state, call.bot, call.args))


# the app itself


def auth_test(call: Caller) -> Json:
    team = call.state.teams.get(call.bot.team)
    return {
        "url": f"https://{team.domain if team else 'org'}.slack.com/",
        "team": team.name if team else "",
        "user": "crm",
        "team_id": call.bot.team or call.bot.enterprise_id,
        "user_id": call.bot.bot_user,
        "bot_id": call.bot.bot_id,
        "enterprise_id": call.bot.enterprise_id,
        "is_enterprise_install": call.bot.is_enterprise_install,
    }


def team_info(call: Caller) -> Json:
    team = call.state.teams[call.bot.team]
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain}}


def revoke(call: Caller) -> Json:
    if call.args.get("test") in TRUE:
        return {"revoked": False}
    call.state.revoked.add(call.bot.token)
    return {"revoked": True}


def uninstall(call: Caller) -> Json:
    world = call.state.world
    if (call.args.get("client_id"), call.args.get("client_secret")) != (world.client_id, world.client_secret):
        raise Refusal("invalid_client_id")
    call.state.revoked.add(call.bot.token)
    return {}


METHODS: dict[str, tuple[Method, str]] = {
    "auth.test": (auth_test, ""),
    "auth.revoke": (revoke, ""),
    "apps.uninstall": (uninstall, ""),
    "chat.postMessage": (post_message, "chat:write"),
    "chat.postEphemeral": (post_ephemeral, "chat:write"),
    "chat.update": (update_message, "chat:write"),
    "chat.delete": (delete_message, "chat:write"),
    "chat.getPermalink": (permalink, ""),
    "conversations.open": (open_conversation, "im:write"),
    "conversations.info": (conversation_info, "channels:read"),
    "conversations.replies": (conversation_replies, "channels:history"),
    "conversations.history": (conversation_history, "channels:history"),
    "users.info": (user_info, "users:read"),
    "users.list": (list_users, "users:read"),
    "users.lookupByEmail": (lookup_by_email, "users:read.email"),
    "team.info": (team_info, "team:read"),
    "views.open": (open_view, ""),
    "views.push": (push_view, ""),
    "views.update": (update_view, ""),
    "views.publish": (publish_view, ""),
}
"""Each method with the scope that it needs."""


def call_method(state: State, method: str, token: str, args: Args) -> Json:
    """The answer of one method to the holder of a token."""
    bot = authed(state, token)
    run, scope = METHODS[method]
    if scope and scope not in bot.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(bot.scopes))
    return {"ok": True, **run(Caller(state, bot, args))}


def authed(state: State, token: str) -> Installation:
    """The installation that a token belongs to."""
    if not token:
        raise Refusal("not_authed")
    if token in state.revoked:
        raise Refusal("token_revoked")
    if token not in state.installations:
        raise Refusal("invalid_auth")
    return state.installations[token]
