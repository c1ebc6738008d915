"""The record that a title perhaps speaks of: `Budget call for Contoso`, or `to Contoso: they are keen`."""

import re

from bot.language.intents import About
from bot.language.targets import read_target

_WAY = r"(?:to|for|on|about)\s+(?:the\s+)?"
_ALONE = re.compile(rf"{_WAY}(?P<what>\S.*?)(?:\s*:(?:\s+(?P<title>.*))?)?", re.IGNORECASE | re.DOTALL)
_BEHIND = re.compile(rf".*\s{_WAY}(?P<what>\S.*)", re.IGNORECASE | re.DOTALL)
_PRONOUNS = {"all", "her", "him", "it", "me", "that", "them", "this", "us", "you"}
"""In small letters as here: `IT` is a company."""


def read_about(title: str) -> About | None:
    """What stands behind the last `to`, `for`, `on` or `about`; None when there is no such word, or only an `it`.

    The title keeps words that follow others: without its record `Send the offer to Contoso` would say too little.
    """
    alone = _ALONE.fullmatch(title)
    found = alone or _BEHIND.fullmatch(title)
    if not found or found["what"] in _PRONOUNS:
        return None
    return About(read_target(found["what"]), (alone["title"] or "") if alone else title)
