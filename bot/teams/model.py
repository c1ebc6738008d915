"""Moved to `bot.team_settings`."""

from bot.team_settings import *  # noqa: F403
