"""Moved to `bot.proposal`."""

from bot.proposal import *  # noqa: F403
