"""The way to Slack's socket: only when it is asked for does Slack look at an app-level token."""

import logging

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.talk import UNREACHABLE, reason

log = logging.getLogger(__name__)

NOT_ACCEPTED = (
    "Slack does not accept SLACK_APP_TOKEN ({error}). Make an app-level token with the scope connections:write on the "
    "app's page 'Basic Information', and turn Socket Mode on."
)
FOR_GOOD = (
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
)


class AppTokenRefused(Exception):
    """Asking again will not help; the text says what to do."""


async def socket_address(slack: AsyncWebClient, app_token: str) -> str | None:
    """Where the socket is, for one connection; None while Slack cannot say. Raises `AppTokenRefused`."""
    try:
        answer = await slack.apps_connections_open(app_token=app_token)
    except UNREACHABLE as error:
        if reason(error) in FOR_GOOD:
            raise AppTokenRefused(NOT_ACCEPTED.format(error=reason(error))) from error
        log.warning("Slack opens no socket yet: %s", reason(error))
        return None
    return str(answer["url"])
