"""The slash command: what was typed becomes an intent, and the intent finds its story."""

from collections.abc import Callable
from datetime import datetime

from bot.blocks import help as help_blocks
from bot.language import commands, intents
from bot.listeners.connect import Connect
from bot.listeners.decide import Decide
from bot.listeners.front import Here
from bot.listeners.history import Past
from bot.listeners.lookup import Lookup
from bot.listeners.payloads import Command
from bot.listeners.team_settings import Settling
from bot.listeners.write import Write


class Asking:
    """Reads commands and hands them on; whatever is not understood is answered with the table of commands."""

    def __init__(
        self,
        *,
        lookup: Lookup,
        write: Write,
        decide: Decide,
        past: Past,
        connect: Connect,
        settling: Settling,
        command: str,
        now: Callable[[], datetime],
    ) -> None:
        self._lookup = lookup
        self._write = write
        self._decide = decide
        self._past = past
        self._connect = connect
        self._settling = settling
        self._command = command
        self._now = now

    async def command(self, typed: Command, here: Here) -> None:
        """Answer a slash command, privately."""
        viewer = await here.viewer()
        asked = commands.parse(typed.text, now=self._now(), timezone=viewer.timezone)
        match asked:
            case intents.Help():
                await here.talk.privately(help_blocks.table(asked, command=typed.name or self._command))
            case intents.Find():
                await self._lookup.find(asked, here)
            case intents.List():
                await self._lookup.list(asked, here)
            case intents.Show():
                await self._lookup.show(asked, here)
            case intents.Who():
                await self._lookup.who(asked, here)
            case intents.Workflows():
                await self._lookup.workflows(asked, here)
            case intents.Pending():
                await self._decide.pending(here)
            case intents.History():
                await self._past.asked(asked, here)
            case intents.New() | intents.Edit() | intents.Delete() | intents.Done():
                await self._to_write(asked, here)
            case intents.Connect() | intents.Status() | intents.Disconnect() | intents.Settings():
                await self._of_the_team(asked, typed, here)

    async def _to_write(self, asked: intents.New | intents.Edit | intents.Delete | intents.Done, here: Here) -> None:
        match asked:
            case intents.New():
                await self._write.new(asked, here)
            case intents.Edit():
                await self._write.edit(asked, here)
            case intents.Delete():
                await self._write.delete(asked, here)
            case intents.Done():
                await self._write.done(asked, here)

    async def _of_the_team(
        self,
        asked: intents.Connect | intents.Status | intents.Disconnect | intents.Settings,
        typed: Command,
        here: Here,
    ) -> None:
        match asked:
            case intents.Connect():
                await self._connect.connect(typed, here)
            case intents.Status():
                await self._connect.status(here)
            case intents.Disconnect():
                await self._connect.disconnect(here)
            case intents.Settings():
                await self._settling.open(here)
