"""What `oauth.v2.access` grants, as an installation; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.store.installations import Installation


class OAuthApp(Struct, frozen=True):
    """The app's own credentials; its repr shows none of them."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "<OAuthApp>"


class NoBotToken(ValueError):
    """Slack's answer holds no bot token: the app asked for user scopes only, or Slack changed its shape."""


def read(answer: AsyncSlackResponse) -> Mapping[str, Any]:
    """The answer's data; empty when it is no JSON object."""
    return answer.data if isinstance(answer.data, dict) else {}


def granted(answer: Mapping[str, Any], now: datetime) -> Installation:
    """The installation that an answer to a code describes; `NoBotToken` when it gives the bot nothing."""
    if answer.get("token_type", "bot") != "bot" or not answer.get("access_token"):
        raise NoBotToken
    team, enterprise = answer.get("team") or {}, answer.get("enterprise") or {}
    org_wide = bool(answer.get("is_enterprise_install"))
    if not (enterprise if org_wide else team).get("id"):
        raise NoBotToken
    return Installation(
        team_id="" if org_wide else str(team["id"]),
        enterprise_id=str(enterprise.get("id") or ""),
        org_wide=org_wide,
        bot_id=str(answer.get("bot_id") or ""),
        bot_user_id=str(answer.get("bot_user_id") or ""),
        app_id=str(answer.get("app_id") or ""),
        scopes=tuple(scope for scope in str(answer.get("scope") or "").split(",") if scope),
        team_name=str(team.get("name") or ""),
        enterprise_name=str(enterprise.get("name") or ""),
        installer=str((answer.get("authed_user") or {}).get("id") or ""),
        installed_at=now,
        **_token(answer, now),
    )


def renewed(installation: Installation, answer: Mapping[str, Any], now: datetime) -> Installation:
    """The installation with the token that an answer to a refresh token brings."""
    token = _token(answer, now)
    return replace(installation, **{**token, "refresh_token": token["refresh_token"] or installation.refresh_token})


def _token(answer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    lives = answer.get("expires_in")
    return {
        "bot_token": str(answer["access_token"]),
        "refresh_token": str(answer.get("refresh_token") or ""),
        "token_expires_at": now + timedelta(seconds=int(lives)) if lives else None,
    }
