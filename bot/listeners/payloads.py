"""Slack's payloads as values: the only place that digs in a body.

Every story gets one of these and never sees Slack's dictionaries (shapes: slack.md sections 2 and 3).
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from bot.models import TeamId, UserId

Body = Mapping[str, Any]


class Incoming(Struct, frozen=True, kw_only=True):
    """Who did something, and where. `team` installed the bot, `user_team` is the user's own, if Slack says.

    `response_url` answers privately for thirty minutes, five times; "" where Slack gives none.
    """

    team: TeamId
    user: UserId
    user_team: str = ""
    enterprise: str = ""
    channel: str = ""
    channel_name: str = ""
    thread_ts: str = ""
    response_url: str = ""
    trigger_id: str = ""
    domain: str = ""


class Command(Incoming, frozen=True, kw_only=True):
    """A slash command; `text` is encoded as Slack sends it."""

    name: str
    text: str


class Shortcut(Incoming, frozen=True, kw_only=True):
    """A message or global shortcut; `message` is Slack's own dictionary, read by `bot.language.message`."""

    callback_id: str
    message: Body = field(default_factory=dict)
    message_ts: str = ""

    @property
    def is_threaded(self) -> bool:
        """Whether the message is part of a thread: a reply, or replied to."""
        return bool(self.thread_ts or self.message.get("reply_count"))


class Click(Incoming, frozen=True, kw_only=True, tag=True):
    """A button, an overflow option or a select. `message_ts` is "" when it was pressed in a view.

    In a modal, `channel` and `response_url` are those of the place where the modal was opened, if it remembers it.

    `ephemeral`: only the click's own response_url can rewrite the message.
    """

    action_id: str
    value: str
    message_ts: str = ""
    ephemeral: bool = False
    view: Body = field(default_factory=dict)

    @property
    def is_in_modal(self) -> bool:
        """Whether a form has to be laid over the modal in which this was pressed."""
        return self.view.get("type") == "modal"


class Submission(Incoming, frozen=True, kw_only=True, tag=True):
    """A submitted modal, whole."""

    callback_id: str
    view: Body


class Typing(Incoming, frozen=True, kw_only=True):
    """Somebody types in an external select and waits for options."""

    action_id: str
    text: str
    view: Body = field(default_factory=dict)


class Event(Incoming, frozen=True, kw_only=True):
    """Something that happened in Slack."""

    type: str
    event: Body = field(default_factory=dict)
    sent_at: int = 0
    """When it happened, in seconds since 1970; a repetition keeps the first time."""


def command(body: Body, who: Mapping[str, Any]) -> Command:
    """A slash command's form."""
    return Command(
        **_who(body, who),
        channel=body.get("channel_id", ""),
        channel_name=body.get("channel_name", ""),
        response_url=body.get("response_url", ""),
        trigger_id=body.get("trigger_id", ""),
        domain=body.get("team_domain", ""),
        name=body.get("command", ""),
        text=body.get("text", ""),
    )


def shortcut(body: Body, who: Mapping[str, Any]) -> Shortcut:
    """A `message_action` or a `shortcut`."""
    message = body.get("message") or {}
    return Shortcut(
        **_interactive(body, who),
        callback_id=body.get("callback_id", ""),
        message=message,
        message_ts=body.get("message_ts") or message.get("ts", ""),
        thread_ts=message.get("thread_ts", ""),
    )


def click(body: Body, who: Mapping[str, Any]) -> Click:
    """The first action of a `block_actions`; Slack sends one at a time."""
    action = (body.get("actions") or [{}])[0]
    container = body.get("container") or {}
    message = body.get("message") or {}
    chosen = action.get("selected_option") or {}
    view = body.get("view") or {}
    where = _interactive(body, who)
    if view and not where["channel"]:
        where.update(read_place(view))
    return Click(
        **where,
        action_id=action.get("action_id", ""),
        value=action.get("value") or chosen.get("value", ""),
        message_ts=container.get("message_ts", "") if container.get("type") != "view" else "",
        thread_ts=container.get("thread_ts") or message.get("thread_ts", ""),
        ephemeral=bool(container.get("is_ephemeral")),
        view=view,
    )


def written_place(incoming: Incoming) -> str:
    """Where a modal was opened, as its private_metadata: its clicks know neither channel nor response_url."""
    return json.dumps({"channel": incoming.channel, "response_url": incoming.response_url})


def read_place(view: Body) -> dict[str, str]:
    """What `written_place` wrote; nothing for a view without."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: str(found[key]) for key in ("channel", "response_url") if found.get(key)}


def submission(body: Body, who: Mapping[str, Any]) -> Submission:
    """A `view_submission`."""
    view = body.get("view") or {}
    return Submission(**_interactive(body, who), callback_id=view.get("callback_id", ""), view=view)


def typing(body: Body, who: Mapping[str, Any]) -> Typing:
    """A `block_suggestion`."""
    return Typing(
        **_interactive(body, who),
        action_id=body.get("action_id", ""),
        text=body.get("value", ""),
        view=body.get("view") or {},
    )


def event(body: Body, who: Mapping[str, Any]) -> Event:
    """An Events API callback."""
    inner = body.get("event") or {}
    return Event(
        **_who(body, who),
        type=inner.get("type", ""),
        event=inner,
        sent_at=int(body.get("event_time") or 0),
    )


def _who(body: Body, who: Mapping[str, Any]) -> dict[str, Any]:
    """The tenant, by slack.md section 2: Bolt's context, else the body, else the enterprise."""
    user = body.get("user")
    user = user if isinstance(user, Mapping) else {}
    return {
        "team": TeamId(who.get("team_id") or body.get("team_id") or who.get("enterprise_id") or ""),
        "enterprise": who.get("enterprise_id") or "",
        "user": UserId(who.get("user_id") or body.get("user_id") or user.get("id", "")),
        "user_team": user.get("team_id", ""),
    }


def _interactive(body: Body, who: Mapping[str, Any]) -> dict[str, Any]:
    channel = body.get("channel") or {}
    container = body.get("container") or {}
    team = body.get("team") or {}
    return {
        **_who(body, who),
        "channel": channel.get("id") or container.get("channel_id", ""),
        "channel_name": channel.get("name", ""),
        "response_url": body.get("response_url") or _view_response_url(body),
        "trigger_id": body.get("trigger_id", ""),
        "domain": team.get("domain", ""),
    }


def _view_response_url(body: Body) -> str:
    urls = body.get("response_urls") or []
    return urls[0].get("response_url", "") if urls else ""
