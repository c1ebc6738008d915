"""What the bot must remember between two Slack requests, and share among its processes."""

from bot.store.sealing import BadKey, Sealing, Unreadable
from bot.store.store import Store
from bot.store.unusable import Unusable, broke

__all__ = ["BadKey", "Sealing", "Store", "Unreadable", "Unusable", "broke"]
