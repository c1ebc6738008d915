"""Markdown without its marks, for where a text is only hinted at; where it will be written it is shown as it is."""

import re

_LINK = re.compile(r"(?<!\\)!?\[([^\]\n]+)\]\([^)\n]*\)?")
_LINE = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+)", re.MULTILINE)
_PAIR = re.compile(r"(?<!\\)(\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1")
_SINGLE = re.compile(r"(?<![\w\\*_])([*_])(?=[^\s*_])([^*_\n]+?)(?<=\S)\1(?![\w*_])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def unmarked(markdown: str) -> str:
    """The words as a reader sees them: no signs for headings, quotes, emphasis and code, of a link its label."""
    text = _LINE.sub("", _LINK.sub(r"\1", markdown))
    return _ESCAPED.sub(r"\1", _SINGLE.sub(r"\2", _PAIR.sub(r"\2", text)))
