"""What the bot must remember between two Slack requests, and share among its processes."""

from bot.store.sealing import BadKey, Sealing, Unreadable
from bot.store.store import Store

__all__ = ["BadKey", "Sealing", "Store", "Unreadable"]
