"""What Slack sends to an app, in the shapes of its sample payloads."""

from typing import Any

from bot.sandbox.slack import encoding, views
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.state import State, View
from bot.sandbox.slack.world import Installation, Json, Message

TOKEN = "verification-token"  # noqa: S105 (Slack's deprecated one, sent along to this day)


class NotInstalled(LookupError):
    """The app is not in this team: Slack would offer nothing of it there."""


def installed(state: State, team: str) -> Installation:
    bot = state.installation_for(team)
    if bot is None:
        raise NotInstalled(team)
    return bot


def person(state: State, user: str) -> Json:
    who = state.users[user]
    return {"id": user, "username": who.name, "name": who.name, "team_id": who.team}


def tenant(state: State, team: str, *, shown_team: str | None = None) -> Json:
    """Team and enterprise; with an org-wide installation the team is null (slack.md section 2)."""
    bot = installed(state, team)
    place = state.teams[shown_team or team]
    enterprise = {"id": place.enterprise_id, "name": place.enterprise_name} if place.enterprise_id else None
    shown: Json = {"id": place.id, "domain": place.domain}
    if place.enterprise_id:
        shown |= {"enterprise_id": place.enterprise_id, "enterprise_name": place.enterprise_name}
    is_org = bot.is_enterprise_install
    return {"team": None if is_org else shown, "enterprise": enterprise, "is_enterprise_install": is_org}


def _origin(state: State, user: str, team: str, *, shown_team: str | None = None) -> Json:
    return {
        "token": TOKEN,
        "api_app_id": state.world.app_id,
        "user": person(state, user),
        **tenant(state, team, shown_team=shown_team),
    }


def _place(state: State, channel: str) -> Json:
    return {"id": channel, "name": state.channels[channel].name_in_payloads}


def slash_command(state: State, base: str, *, user: str, channel: str, team: str, typed: str, escape: bool) -> Json:
    """A slash command's form; with `escape`, mentions and links are encoded as `should_escape` asks."""
    command, _, text = typed.partition(" ")
    if escape:
        text = encoding.encoded(state, encoding.leaves(state, text, team), names=True)
    bot, place = installed(state, team), state.teams[team]
    form = {
        "token": TOKEN,
        "team_id": team,
        "team_domain": place.domain,
        "channel_id": channel,
        "channel_name": state.channels[channel].name_in_payloads,
        "user_id": user,
        "user_name": state.users[user].name,
        "command": command,
        "text": text.strip(),
        "api_app_id": state.world.app_id,
        "is_enterprise_install": "true" if bot.is_enterprise_install else "false",
        "response_url": base + state.new_response_url(user, channel, team),
        "trigger_id": state.new_trigger(user, team),
    }
    if place.enterprise_id:
        form |= {"enterprise_id": place.enterprise_id, "enterprise_name": place.enterprise_name or ""}
    return form


def message_action(state: State, base: str, *, callback_id: str, user: str, message: Message, team: str) -> Json:
    return {
        "type": "message_action",
        **_origin(state, user, team),
        "action_ts": state.new_ts(),
        "channel": _place(state, message.channel),
        "callback_id": callback_id,
        "trigger_id": state.new_trigger(user, team),
        "message_ts": message.ts,
        "message": message.as_slack(state.world.app_id),
        "response_url": base + state.new_response_url(user, message.channel, team),
    }


def shortcut(state: State, *, callback_id: str, user: str, team: str) -> Json:
    return {
        "type": "shortcut",
        **_origin(state, user, team),
        "action_ts": state.new_ts(),
        "callback_id": callback_id,
        "trigger_id": state.new_trigger(user, team),
    }


def click_on_message(state: State, base: str, *, user: str, message: Message, action: Json) -> Json:
    """`block_actions` from a message; from an ephemeral one without `message` (slack.md section 3)."""
    team = state.team_where(user, message.channel)
    as_form = View("", user, team, {"blocks": list(message.blocks)}, "", "")
    as_form.entered = _entered(action)
    response_url = state.new_response_url(user, message.channel, team, message_ts=message.ts)
    return {
        "type": "block_actions",
        **_origin(state, user, team),
        "container": _container(message),
        "trigger_id": state.new_trigger(user, team),
        "channel": _place(state, message.channel),
        **({} if message.is_ephemeral else {"message": message.as_slack(state.world.app_id)}),
        "state": {"values": values_of(as_form)},
        "response_url": base + response_url,
        "actions": [{**action, "action_ts": state.new_ts()}],
    }


def _entered(action: Json) -> dict[tuple[str, str], Any]:
    keep = {key: value for key, value in action.items() if key not in ("block_id", "action_id")}
    return {(action["block_id"], action["action_id"]): keep}


def _container(message: Message) -> Json:
    found: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.is_ephemeral,
    }
    return found | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def click_in_view(state: State, *, user: str, view: View, action: Json) -> Json:
    return {
        "type": "block_actions",
        **_origin(state, user, view.team),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": state.new_trigger(user, view.team, view=view.id),
        "view": shown_view(state, view),
        "actions": [{**action, "action_ts": state.new_ts()}],
    }


def shown_view(state: State, view: View) -> Json:
    return views.as_slack(state, view, installed(state, view.team), values_of(view))


def submission(state: State, *, user: str, view: View) -> Json:
    """`view_submission`: no channel, no response_url; an outsider's names the outsider's team (slack.md section 2)."""
    return {
        "type": "view_submission",
        **_origin(state, user, view.team, shown_team=_home_of(state, user, view.team)),
        "trigger_id": state.new_trigger(user, view.team, view=view.id),
        "view": shown_view(state, view),
        "response_urls": [],
    }


def _home_of(state: State, user: str, team: str) -> str:
    return (
        team
        if state.installation_for(team) == state.installation_for(state.users[user].team)
        else state.users[user].team
    )


def closed(state: State, *, user: str, view: View, is_cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_origin(state, user, view.team, shown_team=_home_of(state, user, view.team)),
        "view": shown_view(state, view),
        "is_cleared": is_cleared,
        "response_urls": [],
    }


def suggestion(state: State, *, user: str, seen: View | Message, block_id: str, action_id: str, typed: str) -> Json:
    """`block_suggestion` from a modal or a message."""
    asked = {"type": "block_suggestion", "action_id": action_id, "block_id": block_id, "value": typed}
    if isinstance(seen, View):
        origin = _origin(state, user, seen.team)
        return asked | origin | {"container": {"type": "view", "view_id": seen.id}, "view": shown_view(state, seen)}
    origin = _origin(state, user, state.team_where(user, seen.channel))
    found = asked | origin | {"container": _container(seen), "channel": _place(state, seen.channel)}
    return found if seen.is_ephemeral else found | {"message": seen.as_slack(state.world.app_id)}


def event(state: State, team: str, inner: Json, *, event_id: str = "") -> Json:
    """An `event_callback`."""
    bot = state.installation_for(team) or state.last_installation(team)
    shared = state.channels[inner["channel"]].is_shared if inner.get("channel") in state.channels else False
    enterprise = state.teams[team].enterprise_id
    is_org = bool(bot and bot.is_enterprise_install)
    authorization = {
        "enterprise_id": enterprise,
        "team_id": None if is_org else team,
        "user_id": bot.bot_user if bot else "",
        "is_bot": True,
        "is_enterprise_install": is_org,
    }
    return {
        "token": TOKEN,
        "team_id": None if is_org else team,
        **({"enterprise_id": enterprise} if enterprise else {}),
        "api_app_id": state.world.app_id,
        "event": {**inner, "event_ts": state.new_ts()},
        "type": "event_callback",
        "event_id": event_id or state.new_id("Ev"),
        "event_time": int(state.clock()),
        "authorizations": [authorization],
        "is_ext_shared_channel": shared,
        "event_context": f"1-{inner['type']}-{team}",
    }
