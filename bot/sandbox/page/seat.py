"""Where somebody sits in front of the page: which person, which place, which thread, which tab of the curtain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bot.sandbox.slack import Channel, FakeSlack, Team, User

HOME = "home"
TABS = ("records", "requests", "payloads", "proposals", "faults")
KINDS = ("latest", "companies", "people", "opportunities", "notes", "tasks", "trash")
APPROVERS = frozenset({"U0BEN0001"})


@dataclass(frozen=True, slots=True)
class Seat:
    """What one browser window looks at. `place` is a channel's id, or HOME for the app's Home."""

    team: str
    user: str
    place: str
    thread: str = ""
    tab: str = "records"
    kind: str = "latest"

    def link(self, **changes: str) -> str:
        """The address of the same window with something else in it."""
        return address(replace(self, **changes))


def address(seat: Seat) -> str:
    """The window's address."""
    query = {"team": seat.team, "as": seat.user, "in": seat.place, "thread": seat.thread}
    query |= {"tab": seat.tab, "kind": seat.kind}
    return "/?" + urlencode({key: value for key, value in query.items() if value})


def seated(slack: FakeSlack, query: Mapping[str, str]) -> Seat:
    """The seat of an address; whatever is missing or does not fit gives way to the first that does."""
    teams = workspaces(slack)
    team = _first(query.get("team"), [each.id for each in teams])
    user = _first(query.get("as"), [each.id for each in people(slack, team)])
    rooms = [each.id for each in channels(slack, team, user)]
    dm = app_dm(slack, user)
    place = _first(query.get("in"), [*rooms, *([HOME, dm] if dm else [])])
    thread = query.get("thread", "")
    return Seat(
        team,
        user,
        place,
        thread if slack.message(place, thread) else "",
        _first(query.get("tab"), list(TABS)),
        _first(query.get("kind"), list(KINDS)),
    )


def _first(wanted: str | None, allowed: list[str]) -> str:
    return wanted if wanted in allowed else allowed[0]


def workspaces(slack: FakeSlack) -> list[Team]:
    """The teams that the app is installed in."""
    return [team for team in slack.state.teams.values() if slack.state.installation_for(team.id)]


def people(slack: FakeSlack, team: str) -> list[User]:
    """Everybody who is to be met in a workspace: its own people, and outsiders who share a channel with it."""
    real = [user for user in slack.state.users.values() if not user.is_bot and not user.deleted]
    return [
        *(user for user in real if user.team == team),
        *(user for user in real if user.team != team and slack.state.shares_a_channel(user, team)),
    ]


def role(user: User, team: str) -> str:
    """What a person is in this workspace, in a word."""
    if user.team != team:
        return "outsider"
    if user.is_restricted or user.is_ultra_restricted:
        return "guest"
    if user.is_admin or user.is_owner:
        return "admin"
    return "approver" if user.id in APPROVERS else "member"


def channels(slack: FakeSlack, team: str, user: str) -> list[Channel]:
    """The channels that a person can open in a workspace."""
    who = slack.state.users[user]
    roams = who.team == team and role(who, team) != "guest"
    rooms = (room for room in slack.state.channels.values() if team in room.teams and room.kind in ("channel", "group"))
    return [room for room in rooms if user in room.members or (roams and not room.is_private)]


def app_dm(slack: FakeSlack, user: str) -> str:
    """The person's direct message with the app; "" for outsiders, in whose own workspace it is not installed."""
    try:
        return slack.dm_channel(user)
    except LookupError:
        return ""
