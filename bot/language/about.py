"""The record that a title perhaps speaks of: `Budget call for Contoso`, or `to Contoso: they are keen`."""

import re

from bot.language.intents import About
from bot.language.targets import read_target

_WAY = r"(?:to|for|on|about)\s+(?:the\s+)?"
_ALONE = re.compile(rf"{_WAY}(?P<what>\S.*?)(?:\s*:(?:\s+(?P<title>.*))?)?", re.IGNORECASE | re.DOTALL)
_BEHIND = re.compile(rf".*\s{_WAY}(?P<what>\S.*)", re.IGNORECASE | re.DOTALL)


def read_about(title: str) -> About | None:
    """What stands behind the last `to`, `for`, `on` or `about`; None when there is no such word.

    The title keeps words that follow others: without its record `Send the offer to Contoso` would say too little.
    """
    if alone := _ALONE.fullmatch(title):
        return About(read_target(alone["what"]), alone["title"] or "")
    behind = _BEHIND.fullmatch(title)
    return About(read_target(behind["what"]), title) if behind else None
