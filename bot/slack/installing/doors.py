"""`/slack/install` and `/slack/oauth_redirect`: a browser goes to Slack and comes back with a code, once.

Our own handlers, since Bolt's OAuth flow calls slack.com whatever base_url says (slack.md section 1). The state is
consumed by one conditional write, so it works once among all processes, and only in the browser that began.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import quote, urlsplit

from aiohttp import web
from slack_sdk.oauth import AuthorizeUrlGenerator

from bot.slack.clients import SlackClients
from bot.slack.installing.grants import NoBotToken, OAuthApp, granted, read
from bot.slack.installing.pages import page
from bot.slack.talk import UNREACHABLE, reason
from bot.store import Store
from bot.store.installations import Installation
from bot.store.oauth_states import GOOD_FOR

log = logging.getLogger(__name__)

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
COOKIE = "crm-bot-install"
AGAIN = ("Start again", INSTALL)


class InstallDoors:
    """The two pages' handlers. `on_installed` is told of every install, after it was stored."""

    def __init__(
        self,
        *,
        store: Store,
        clients: SlackClients,
        app: OAuthApp,
        public_url: str,
        slack_api_url: str,
        scopes: tuple[str, ...],
        command: str,
        on_installed: Callable[[Installation], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._clients = clients
        self._app = app
        self._redirect_uri = public_url.rstrip("/") + REDIRECT
        self._is_https = urlsplit(public_url).scheme == "https"
        self._consent = AuthorizeUrlGenerator(
            client_id=quote(app.client_id, safe=""),
            redirect_uri=quote(self._redirect_uri, safe=""),
            scopes=scopes,
            authorization_url=consent_url(slack_api_url),
        )
        self._command = command
        self._on_installed = on_installed
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        """Both doors, for the web application."""
        return [web.get(INSTALL, self.install), web.get(REDIRECT, self.redirect)]

    async def install(self, _: web.Request) -> web.Response:
        """On to Slack's consent page, with a state that only this browser can bring back."""
        state = await self._store.oauth_states.issue(self._now())
        consent = self._consent.generate(state)
        response = page("Add the CRM bot to Slack", "Slack asks for your consent.", link=("Go on to Slack", consent))
        response.set_status(302)
        response.headers["Location"] = consent
        response.set_cookie(
            COOKIE,
            state,
            max_age=int(GOOD_FOR.total_seconds()),
            path="/slack",
            httponly=True,
            secure=self._is_https,
            samesite="Lax",  # Strict would not come back from Slack
        )
        return response

    async def redirect(self, request: web.Request) -> web.Response:
        """Back from Slack: with a code, with a refusal, or with something that this browser never began."""
        if not await self._is_ours(request):
            return _expired()
        if "error" in request.query:
            log.info("an install was cancelled")
            return _cancelled()
        try:
            installation = await self._exchange(request.query.get("code", ""))
        except UNREACHABLE as error:
            log.warning("Slack did not exchange a code: %s", reason(error))
            return _refused()
        except NoBotToken:
            log.warning("Slack granted no bot token")
            return _refused()
        await self._store.installations.save(installation)
        await self._on_installed(installation)
        log.info("installed", extra={"team": installation.tenant})
        return self._installed(installation)

    async def _is_ours(self, request: web.Request) -> bool:
        state, begun = request.query.get("state", ""), request.cookies.get(COOKIE, "")
        if not state or not hmac.compare_digest(state.encode(), begun.encode(errors="replace")):
            return False  # and the state stays good for the browser that began
        return await self._store.oauth_states.consume(state, self._now())

    async def _exchange(self, code: str) -> Installation:
        answer = await self._clients.without_token().oauth_v2_access(
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            code=code,
            redirect_uri=self._redirect_uri,
        )
        return granted(read(answer), self._now())

    def _installed(self, installation: Installation) -> web.Response:
        where = installation.enterprise_name if installation.org_wide else installation.team_name
        query = f"app={quote(installation.app_id)}&team={quote(installation.team_id)}"
        response = page(
            f"The CRM bot is installed{f' in {where}' if where else ''}",
            f"One step is left: in Slack, a workspace admin types `{self._command} connect` and connects Twenty.",
            f"`{self._command} help` lists everything else. The bot has sent you a message with the same words.",
            link=("Open Slack", f"https://slack.com/app_redirect?{query}"),
        )
        response.del_cookie(COOKIE, path="/slack")
        return response


def consent_url(slack_api_url: str) -> str:
    """Slack's consent page, beside its Web API: `https://slack.com/api/` has it at `/oauth/v2/authorize`."""
    return f"{slack_api_url.rstrip('/').removesuffix('/api')}/oauth/v2/authorize"


def _expired() -> web.Response:
    return page(
        "This link is not good any more",
        "It is older than ten minutes, was used before, or was begun in another browser. Nothing was installed.",
        link=AGAIN,
        status=400,
    )


def _cancelled() -> web.Response:
    response = page(
        "Nothing was installed",
        "The install was cancelled in Slack. If a workspace admin has to approve apps, ask one to open this page.",
        link=AGAIN,
    )
    response.del_cookie(COOKIE, path="/slack")
    return response


def _refused() -> web.Response:
    return page(
        "Slack did not complete the install",
        "Slack did not accept the code it had given, or could not be reached. Nothing was installed.",
        link=AGAIN,
        status=502,
    )
