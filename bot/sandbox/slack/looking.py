"""Looking at a fake Slack as its people do, and waiting until something can be seen."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.slack.state import State, View
from bot.sandbox.slack.world import Message

Seen = TypeVar("Seen")


class Looking:
    """What stands where. All answers are what is true now; `wait_for` waits for what is not yet."""

    state: State

    def messages(self, channel: str) -> list[Message]:
        """What everybody in the channel sees, thread replies included, oldest first."""
        found = [m for m in self.state.posted.values() if m.channel == channel]
        return sorted(found, key=lambda m: float(m.ts))

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A message and its replies."""
        return self.state.replies(channel, ts)

    def ephemerals(self, user: str, channel: str | None = None) -> list[Message]:
        """What only this person sees, oldest first."""
        found = [m for m in self.state.ephemeral.values() if m.only_for == user and channel in (None, m.channel)]
        return sorted(found, key=lambda m: float(m.ts))

    def dm_channel(self, user: str) -> str:
        """The direct message between this person and the app."""
        bot = self.state.installation_for(self.state.users[user].team)
        if bot is None:
            raise LookupError(f"the app is not installed for {user}")
        return self.state.dm_with(user, bot).id

    def dm(self, user: str) -> list[Message]:
        """The messages in that direct message."""
        return self.messages(self.dm_channel(user))

    def message(self, channel: str, ts: str) -> Message | None:
        """A message as it stands now, ephemeral or not; None when it is gone."""
        return self.state.find(channel, ts)

    def modal(self, user: str) -> View | None:
        """The modal on top, if one is open."""
        stack = self.state.stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        """The app's Home, if it was ever published."""
        return self.state.homes.get((self.state.users[user].team, user))

    async def wait_for(self, fact: Callable[[], Seen], seconds: float = 5.0) -> Seen:
        """Wait until `fact` gives something true, and return it; looked at again after every change."""
        async with asyncio.timeout(seconds):
            while not (found := fact()):
                await self.state.changes.next()
            return found

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this after every change from now on."""
        self.state.changes.callbacks.append(callback)
