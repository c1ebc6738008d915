"""Text for one reader: who is mentioned, where links lead, what a date is here. The only maker of markup from text.

Everything foreign is escaped on its way into `Markup`; the page's templates escape the rest by themselves.
"""

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.sandbox.page import moments
from bot.sandbox.page.emoji import emoji
from bot.sandbox.page.seat import Seat
from bot.sandbox.slack import FakeSlack

SAFE = ("http", "https", "mailto", "tel")
PERMALINK = re.compile(r"https?://[\w.-]+/archives/(?P<channel>[CDG]\w+)/p(?P<ts>\d{16})(?:\?\S*)?")
TEXT_EMOJI = re.compile(r":([a-z0-9_+'-]+):")


class Words:
    """How texts read from one seat."""

    def __init__(self, slack: FakeSlack, seat: Seat) -> None:
        self._slack = slack
        self._seat = seat
        self.zone = moments.zone(slack.state.users[seat.user].tz)

    def user_name(self, user: str) -> str:
        """What a person is called; the id of somebody whom nobody knows."""
        found = self._slack.state.users.get(user)
        return found.real_name if found else user

    def user(self, user: str) -> Markup:
        """A mention."""
        mine = " me" if user == self._seat.user else ""
        return Markup('<span class="mention{}">@{}</span>').format(mine, self.user_name(user))

    def channel(self, channel: str, label: str = "") -> Markup:
        """A channel's name, leading there."""
        found = self._slack.state.channels.get(channel)
        name = found.name if found and found.name else label or channel
        return Markup('<a class="mention" data-go href="{}">#{}</a>').format(
            self._seat.link(place=channel, thread=""), name
        )

    def broadcast(self, whom: str) -> Markup:
        """A call to many: what a bot must never say by accident, so it glares."""
        return Markup('<span class="mention loud">@{}</span>').format(whom)

    def link(self, url: str, label: str = "") -> Markup:
        """A link; to a message of this Slack it stays on the page, and an address of no known kind stays text."""
        inside = PERMALINK.fullmatch(url)
        if inside and inside["channel"] in self._slack.state.channels:
            return self._to_message(inside["channel"], f"{inside['ts'][:10]}.{inside['ts'][10:]}", label or url)
        if not _is_safe(url):
            return escape(label or url)
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(
            url, label or url.removeprefix("mailto:")
        )

    def _to_message(self, channel: str, ts: str, label: str) -> Markup:
        message = self._slack.message(channel, ts)
        thread = (message.thread_ts or "") if message else ""
        link = self._seat.link(place=channel, thread=thread)
        return Markup('<a data-go data-message="m-{}" href="{}">{}</a>').format(ts, link, label)

    def date(self, timestamp: float, wanted: str, fallback: str = "", url: str = "") -> Markup:
        """A moment in the reader's timezone."""
        text = moments.shown(timestamp, wanted, self.zone) or fallback
        return self.link(url, text) if url else escape(text)

    def moment(self, ts: str, wanted: str = "{time}") -> str:
        """When a message was sent."""
        return moments.shown(float(ts), wanted, self.zone) or ts

    def emoji(self, name: str, code: str = "") -> Markup:
        """An emoji, named for those who do not see it."""
        sign = emoji(name, code)
        if sign == f":{name}:":
            return escape(sign)
        return Markup('<span role="img" aria-label="{}">{}</span>').format(name.replace("_", " "), sign)

    def plain(self, text: str, *, with_emoji: bool = True) -> Markup:
        """Text in which nothing is markup but emoji."""
        if not with_emoji:
            return escape(text)
        return Markup("").join(
            self.emoji(part) if odd else escape(part)
            for odd, part in ((n % 2, part) for n, part in enumerate(TEXT_EMOJI.split(text)))
        )


def _is_safe(url: str) -> bool:
    try:
        return urlsplit(url).scheme in SAFE
    except ValueError:
        return False


def element(tag: str, content: Markup) -> Markup:
    """An element around markup; `tag` is one of the page's own words."""
    return Markup("<{0}>{1}</{0}>").format(tag, content)
