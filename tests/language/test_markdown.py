"""A note's text in one line shows words, not marks."""

import pytest

from bot.language.markdown import unmarked


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("They compare **three** vendors", "They compare three vendors"),
        ("# Call\n> Decision by `Friday`", "Call\nDecision by Friday"),
        ("_so_ ~~old~~ __new__ *it*", "so old new it"),
        ("[Open in Slack](https://acme.slack.com/p1) today", "Open in Slack today"),
        ("[Open in Slack](https://acme.slack.com/cut", "Open in Slack"),
        (r"1\. not \*bold\* and a\_b", "1. not *bold* and a_b"),
        ("- one\n- two", "- one\n- two"),
        ("2**3 and 4 * 5 and snake_case_name", "2**3 and 4 * 5 and snake_case_name"),
        ("a [note] (aside)", "a [note] (aside)"),
        (r"C:\temp **", r"C:\temp **"),
        ("", ""),
    ],
)
def test_marks_are_left_out_and_words_stay(markdown: str, words: str) -> None:
    """What Markdown shows as formatting is gone; what only looks like it stays."""
    assert unmarked(markdown) == words
