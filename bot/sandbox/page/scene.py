"""What one seat sees, as values for the templates: places, messages in their order, the thread, Home and the modal."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.sandbox.page.seat import HOME, Seat, app_dm, channels
from bot.sandbox.page.words import Words
from bot.sandbox.slack import Channel, FakeSlack, Message, User, View

TOGETHER = 5 * 60
COLOURS = 8


@dataclass(frozen=True, slots=True)
class Face:
    """How somebody looks beside a message."""

    name: str
    initials: str
    colour: int
    is_app: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One message in its place; `first` starts a new group, `day` is what stands over it."""

    message: Message
    face: Face
    first: bool
    day: str
    replies: int = 0
    repliers: tuple[Face, ...] = ()
    last_reply: str = ""

    @property
    def key(self) -> str:
        return f"m-{self.message.ts}"


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the side bar."""

    id: str
    name: str
    sign: str
    here: bool
    about: str = ""


def face(user: User | None, user_id: str = "") -> Face:
    """A face for a user, known or not."""
    if user is None:
        return Face(user_id or "somebody", "?", 0)
    if user.is_bot:
        return Face(user.real_name, "CRM", 0, is_app=True)
    colour = int(hashlib.sha256(user.id.encode()).hexdigest(), 16) % (COLOURS - 1) + 1
    return Face(user.real_name, "".join(word[0] for word in user.real_name.split()[:2]), colour)


def rooms(slack: FakeSlack, seat: Seat) -> list[Place]:
    """The channels in the side bar."""
    return [_place(slack, room, seat) for room in channels(slack, seat.team, seat.user)]


def _place(slack: FakeSlack, room: Channel, seat: Seat) -> Place:
    bot = slack.state.installation_for(seat.team)
    about = "Shared with another company. " if room.is_shared else ""
    about += "" if bot and bot.bot_user in room.members else "CRM is not in this channel."
    return Place(room.id, room.name, "lock" if room.kind == "group" else "hash", room.id == seat.place, about)


def place(slack: FakeSlack, seat: Seat) -> Place:
    """Where the seat is."""
    if seat.place == HOME:
        return Place(HOME, "CRM", "app", here=True)
    room = slack.state.channels[seat.place]
    return Place(room.id, "CRM", "app", here=True) if room.kind == "im" else _place(slack, room, seat)


def app_places(slack: FakeSlack, seat: Seat) -> list[Place]:
    """The app in the side bar: its Home and its direct messages; nothing for outsiders."""
    dm = app_dm(slack, seat.user)
    if not dm:
        return []
    return [
        Place(HOME, "CRM · Home", "home", seat.place == HOME),
        Place(dm, "CRM · Messages", "app", seat.place == dm),
    ]


def conversation(slack: FakeSlack, seat: Seat, words: Words) -> list[Line]:
    """The place's messages without thread replies, with what only this person sees among them."""
    if seat.place == HOME:
        return []
    everybody = [m for m in slack.messages(seat.place) if m.thread_ts in (None, m.ts)]
    private = [m for m in slack.ephemerals(seat.user, seat.place) if not m.thread_ts]
    return list(_lines(slack, _by_time([*everybody, *private]), words))


def thread(slack: FakeSlack, seat: Seat, words: Words) -> list[Line]:
    """The open thread, its first message included."""
    if not seat.thread or seat.place == HOME:
        return []
    private = [m for m in slack.ephemerals(seat.user, seat.place) if m.thread_ts == seat.thread]
    return list(_lines(slack, _by_time([*slack.thread(seat.place, seat.thread), *private]), words, in_thread=True))


def modal(slack: FakeSlack, seat: Seat) -> View | None:
    """The modal that this person has open."""
    return slack.modal(seat.user)


def home(slack: FakeSlack, seat: Seat) -> View | None:
    """The app's Home, when it is looked at."""
    return slack.home(seat.user) if seat.place == HOME else None


def _by_time(messages: Iterable[Message]) -> list[Message]:
    return sorted(messages, key=lambda message: float(message.ts))


def _lines(slack: FakeSlack, found: list[Message], words: Words, *, in_thread: bool = False) -> Iterator[Line]:
    before: Message | None = None
    for message in found:
        who = face(slack.state.users.get(message.user), message.user)
        day = words.moment(message.ts, "{day_divider_pretty}")
        new_day = before is None or words.moment(before.ts, "{day_divider_pretty}") != day
        first = new_day or before is None or not _go_together(before, message)
        shown_day = day if new_day and not in_thread else ""
        if in_thread:
            yield Line(message, who, first, shown_day)
        else:
            yield _with_replies(slack, Line(message, who, first, shown_day), words)
        before = message


def _with_replies(slack: FakeSlack, line: Line, words: Words) -> Line:
    message = line.message
    answers = [m for m in slack.thread(message.channel, message.ts) if m.ts != message.ts]
    if not answers:
        return line
    authors = {m.user: face(slack.state.users.get(m.user), m.user) for m in answers}
    last = words.moment(answers[-1].ts, "{date_short_pretty} at {time}")
    return Line(message, line.face, line.first, line.day, len(answers), tuple(authors.values())[:4], last)


def _go_together(before: Message, message: Message) -> bool:
    near = float(message.ts) - float(before.ts) < TOGETHER
    return (
        near and before.user == message.user and before.is_ephemeral == message.is_ephemeral and not _is_heavy(before)
    )


def _is_heavy(message: Message) -> bool:
    """A card needs its head, so that nobody takes it for a part of the one above."""
    return any(block["type"] != "rich_text" for block in message.blocks) or message.bot_id is not None
