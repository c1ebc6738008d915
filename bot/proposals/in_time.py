"""How long a card or a form waits for what the CRM could tell beside it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import BotError

Answer = TypeVar("Answer")

CHECKED_WITHIN = 6.0
"""Seconds that the CRM gets to tell names and duplicates before a card or a form is shown without them."""


async def in_time(asked: Awaitable[Answer], default: Answer) -> Answer:
    """What the CRM tells, if it does within `CHECKED_WITHIN`; nothing is lost for the want of it."""
    try:
        async with asyncio.timeout(CHECKED_WITHIN):
            return await asked
    except (BotError, TimeoutError):
        return default
