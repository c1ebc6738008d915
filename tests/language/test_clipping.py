"""How a text is shortened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.clipping import clip

URL = "https://acme.slack.com/archives/C1/p1"


@given(st.text(max_size=50), st.integers(1, 40))
def test_the_limit_is_kept(text: str, limit: int) -> None:
    """A shortened text fits, and a text that fits is not touched."""
    assert len(clip(text, limit)) <= limit
    assert clip(text, len(text) or 1) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Call Ada about the renewal", "Call Ada about the\u2026"),
        ("Call Ada about the, renewal", "Call Ada about the\u2026"),
        ("Call Ada at one \u00b7 renewal", "Call Ada at one\u2026"),
        ("Call Ada about us   renewal", "Call Ada about us\u2026"),
        ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffah\u2026"),
        ("an Donaudampfschifffahrtsgesellschaft", "an Donaudampfschiff\u2026"),
        (
            "\u96fb\u8a71\u3057\u3066\u304f\u3060\u3055\u3044" * 3,
            ("\u96fb\u8a71\u3057\u3066\u304f\u3060\u3055\u3044" * 3)[:19] + "\u2026",
        ),
        (f"see {URL}", "see\u2026"),
        ("\u6ce8 " + "\u96fb\u8a71" * 10 + URL, ("\u6ce8 " + "\u96fb\u8a71" * 10)[:19] + "\u2026"),
        (f"\u6ce8 \u96fb\u8a71\u96fb\u8a71{URL}", "\u6ce8 \u96fb\u8a71\u96fb\u8a71\u2026"),
        (f"\u6ce8 \u96fb\u8a71[so]({URL})", "\u6ce8 \u96fb\u8a71\u2026"),
        (f"said so [here in Slack]({URL})", "said so\u2026"),
        (f"said [so]({URL}) and", "said\u2026"),
        (URL, "https://acme.slack.\u2026"),
        ("[" * 30, "[" * 19 + "\u2026"),
        (" " * 30, "\u2026"),
    ],
)
def test_a_text_is_cut_between_words(text: str, shown: str) -> None:
    """Neither a word is cut, if it need not be, nor an address, nor what a link is called."""
    assert clip(text, 20) == shown


def test_what_fits_of_a_link_stays() -> None:
    """A whole link is kept with all of it."""
    assert clip(f"[so]({URL}) it was said", 50) == f"[so]({URL}) it\u2026"
