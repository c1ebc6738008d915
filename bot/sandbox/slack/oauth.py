"""Slack's OAuth: what `oauth.v2.access` answers, with token rotation where `State.token_life` asks for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox.slack.state import Refusal, State
from bot.sandbox.slack.world import Installation, Json


def access(state: State, args: Mapping[str, Any]) -> Json:
    """`oauth.v2.access`: a code becomes an installation, or a refresh token a new access token; each works once."""
    world = state.world
    if args.get("client_id") != world.client_id:
        raise Refusal("invalid_client_id")
    if args.get("client_secret") != world.client_secret:
        raise Refusal("bad_client_secret")
    if args.get("grant_type") == "refresh_token":
        return _refreshed(state, str(args.get("refresh_token")))
    bot = state.codes.pop(str(args.get("code")), None)
    if bot is None:
        raise Refusal("invalid_code")
    state.install(bot)
    return {"ok": True, **_installation(state, bot), **_rotation(state, bot)}


def _refreshed(state: State, refresh_token: str) -> Json:
    """A new token beside the old one, which stays good until it expires; the refresh token is used up."""
    old = state.installations.get(state.refresh_tokens.pop(refresh_token, ""))
    if old is None:
        raise Refusal("invalid_refresh_token")
    new = replace(old, token=f"xoxe.xoxb-sandbox-{state.new_id('')}")
    state.installations[new.token] = new
    state.changes.tell()
    return {"ok": True, **_installation(state, new), **_rotation(state, new)}


def _rotation(state: State, bot: Installation) -> Json:
    if state.token_life is None:
        return {}
    refresh_token = f"xoxe-sandbox-{state.new_id('')}"
    state.refresh_tokens[refresh_token] = bot.token
    return {"refresh_token": refresh_token, "expires_in": state.token_life}


def _installation(state: State, bot: Installation) -> Json:
    team = state.teams.get(bot.team)
    enterprise = {"id": bot.enterprise_id, "name": bot.enterprise_id} if bot.enterprise_id else None
    return {
        "app_id": state.world.app_id,
        "authed_user": {"id": bot.installed_by},
        "scope": ",".join(bot.scopes),
        "token_type": "bot",
        "access_token": bot.token,
        "bot_user_id": bot.bot_user,
        "team": {"id": team.id, "name": team.name} if team else None,
        "enterprise": enterprise,
        "is_enterprise_install": bot.is_enterprise_install,
    }
