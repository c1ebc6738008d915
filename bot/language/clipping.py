"""The one way in which a text is shortened."""

import re

_LINK = 2_300
"""Characters of the longest Markdown link that is kept whole: its label and its address."""
_LINKED = r"\[[^\]\n]{0,300}\]\([^\s)]{0,2000}\)"
_WORD = re.compile(rf"(?:{_LINKED}|\S)++")
"""A Markdown link is one word, whatever its label holds."""
_ADDRESS = re.compile(rf"{_LINKED}|[a-z]{{1,20}}://[!-~]+", re.IGNORECASE)
"""What must not be cut, also in a language that puts no spaces between words."""
_LOOSE = " \t\r\n,;:-\u2013\u00b7("


def clip(text: str, at_most: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `at_most` characters.

    It is cut between words, and within one only where it would lose more than half of what fits. An address is never
    cut unless nothing stands before it: what is left of one leads elsewhere.
    """
    if len(text) <= at_most:
        return text
    return text[: _cut(text, at_most - 1)].rstrip(_LOOSE) + "\u2026"


def _cut(text: str, room: int) -> int:
    end = 0
    for word in _WORD.finditer(text, 0, room + _LINK):
        if word.end() > room:
            addresses = _ADDRESS.finditer(text, word.start(), word.end())
            within = next((each.start() for each in addresses if each.start() < room < each.end()), room)
            if end < room // 2 and within > word.start():
                return within
            return end or (room if word.start() < room else 0)
        end = word.end()
    return end
