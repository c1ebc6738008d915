"""Who somebody in Slack is: email, timezone, and whether that person is a guest or an outsider."""

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.models import Profile, UserId
from bot.remembered import Remembered
from bot.slack.clients import SlackClients
from bot.slack.talk import reason

REMEMBERED_FOR = 300.0  # seconds; a click that needs a right asks afresh
KEPT = 10_000
ADMINS_AT_MOST = 10
LISTED_AT_ONCE, LISTED_PAGES = 200, 10  # an admin among the first 2,000 people is as good as any
NOT_GRANTED = ("missing_scope", "unknown_method", "not_allowed_token_type")
UNKNOWN = "Slack does not tell me who you are just now, so I cannot look into the CRM for you. Please try again."


class People:
    """Asks Slack's `users.info` once per person and some minutes."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients
        self._known: Remembered[tuple[str, str], Profile] = Remembered(most=KEPT, seconds=REMEMBERED_FOR)

    async def profile(self, slack: AsyncWebClient, team: str, user: str, *, fresh: bool = False) -> Profile:
        """The person's profile, at most some minutes old; `fresh` asks Slack now.

        Raises `NotAllowed` when Slack does not tell: a right is never given on a guess. Only where the workspace did
        not grant the scope at all is everybody known by id alone: in UTC, no admin, and matched to no member.
        """
        known = self._known.get((team, user))
        if known is None or fresh:
            known = await self._asked(slack, team, user)
            self._known.put((team, user), known)
        return known

    async def _asked(self, slack: AsyncWebClient, team: str, user: str) -> Profile:
        try:
            answer = await self._clients.ask(slack, "users.info", user=user) or await slack.users_info(user=user)
        except SlackApiError as error:
            if reason(error) in NOT_GRANTED:
                return Profile(user_id=UserId(user), team=team)
            raise NotAllowed(UNKNOWN) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotAllowed(UNKNOWN) from error
        return _profile({"id": user, **(answer.get("user") or {})}, team)

    async def admins(self, slack: AsyncWebClient, team: str, enterprise: str = "") -> tuple[UserId, ...]:
        """Some of the workspace's own admins and owners, of the first people that Slack lists; raises what it raises.

        For telling them something, where no right hangs on it.
        """
        found: list[UserId] = []
        cursor = None
        for _ in range(LISTED_PAGES):
            answer = await slack.users_list(limit=LISTED_AT_ONCE, cursor=cursor, team_id=team or None)
            profiles = [_profile(each, team) for each in answer.get("members") or []]
            found += [
                each.user_id
                for each in profiles
                if each.is_admin and each.is_full_member and each.team in (team, enterprise)
            ]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor or len(found) >= ADMINS_AT_MOST:
                break
        return tuple(found[:ADMINS_AT_MOST])

    def forget(self, team: str) -> None:
        """Drop everything known of a team."""
        self._known.forget_all(lambda key: key[0] == team)


def _profile(user: dict[str, object], team: str) -> Profile:
    details = user.get("profile") if isinstance(user.get("profile"), dict) else {}
    assert isinstance(details, dict)  # noqa: S101 - narrows the type for mypy
    return Profile(
        user_id=UserId(str(user["id"])),
        team=str(user.get("team_id") or team),
        name=str(details.get("real_name") or user.get("real_name") or user.get("name") or ""),
        # Whoever has not confirmed an address to Slack might have typed somebody else's.
        email="" if user.get("is_email_confirmed") is False else str(details.get("email") or "").lower(),
        timezone=str(user.get("tz") or "UTC"),
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")),
        is_bot=bool(user.get("is_bot")),
        is_deleted=bool(user.get("deleted")),
    )
