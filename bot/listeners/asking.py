"""The slash command: what was typed becomes an intent, and the intent finds its story."""

from collections.abc import Callable
from datetime import datetime

from bot.blocks import help as help_blocks
from bot.errors import Misunderstood
from bot.language import commands, intents
from bot.listeners.decide import Decide
from bot.listeners.front import Here
from bot.listeners.lookup import Lookup
from bot.listeners.payloads import Command
from bot.listeners.write import Write


class Asking:
    """Reads commands and hands them on; whatever is not understood is answered with the table of commands."""

    def __init__(
        self, *, lookup: Lookup, write: Write, decide: Decide, command: str, now: Callable[[], datetime]
    ) -> None:
        self._lookup = lookup
        self._write = write
        self._decide = decide
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
            case intents.New():
                await self._write.new(asked, here)
            case intents.Edit():
                await self._write.edit(asked, here)
            case intents.Delete():
                await self._write.delete(asked, here)
            case intents.Done():
                await self._write.done(asked, here)
            case intents.Pending():
                await self._decide.pending(here)
            case intents.History():
                await self._decide.history(asked, here)
            case _:
                raise Misunderstood(f"{self._command} {typed.text} is not available yet.")
