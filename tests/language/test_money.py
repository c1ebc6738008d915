"""Amounts in and out."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language.money import find_money, format_money, parse_money, unknown_currency
from bot.models import Money


@pytest.mark.parametrize(
    ("text", "units", "currency"),
    [
        ("12500", 12_500, "USD"),
        ("12,500", 12_500, "USD"),
        ("12.500", 12_500, "USD"),
        ("12,500.50", 12_500.5, "USD"),
        ("12.500,50", 12_500.5, "USD"),
        ("1 200 300", 1_200_300, "USD"),
        ("1'200 CHF", 1_200, "CHF"),
        ("1,200,300", 1_200_300, "USD"),
        ("12,34,567.50", 1_234_567.5, "USD"),
        ("0.125", 0.125, "USD"),
        ("12,5", 12.5, "USD"),
        ("\u20ac12.5k", 12_500, "EUR"),
        ("12k EUR", 12_000, "EUR"),
        ("12k eur", 12_000, "EUR"),
        ("EUR 12,500.00", 12_500, "EUR"),
        ("1.125m", 1_125_000, "USD"),
        ("$3 bn", 3_000_000_000, "USD"),
        ("\u00a33m", 3_000_000, "GBP"),
        ("10k\u20ac", 10_000, "EUR"),
        ("-5", -5, "USD"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, units: float, currency: str) -> None:
    """Symbols, codes, both ways of grouping and the letters for thousands and millions are understood."""
    assert parse_money(text, "USD") == Money(round(units * 1_000_000), currency)


@pytest.mark.parametrize(
    "text",
    ["", "lots", "12k lots", "EUR", "1 2", "12%", "EUR 5 USD", "10000000000000k", "1e5", "1.2.3", "1,2,3.5", "\u0661x"],
)
def test_other_texts_are_no_amounts(text: str) -> None:
    """What is no amount, or too large to keep exactly, is None."""
    assert parse_money(text, "USD") is None


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("12 XYZ", "XYZ"),
        ("XYZ 12,500.00", "XYZ"),
        ("-12k euros", "euros"),
        ("12 \u20bd", "\u20bd"),
        ("EUR 12 XYZ", "XYZ"),
        ("12 EUR", ""),
        ("\u20ac12.5k", ""),
        ("12 Mio", ""),
        ("EUR 5 USD", ""),
        ("12%", ""),
        ("lots", ""),
        ("", ""),
    ],
)
def test_a_currency_that_is_none_is_named(text: str, unknown: str) -> None:
    """Of everything else that is wrong with an amount nothing is said here."""
    sentence = unknown_currency(text)
    assert bool(sentence) is bool(unknown)
    assert unknown in sentence


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Acme renewal 12k EUR", (Money(12_000_000_000, "EUR"), "Acme renewal")),
        ("Acme $500 pilot", (Money(500_000_000, "USD"), "Acme pilot")),
        ("Acme 500 pilot", None),
        ("try 3 times, all 5", None),
        ("v2k3", None),
        ("COVID-19k", None),
    ],
)
def test_an_amount_in_a_sentence_is_unmistakable(text: str, found: tuple[Money, str] | None) -> None:
    """Only a currency or a letter for thousands makes a number in a sentence an amount."""
    assert find_money(text, "") == found


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(12_500_000_000, "EUR"), "EUR 12,500"),
        (Money(500_000, "USD"), "USD 0.50"),
        (Money(1_234_567_890_000, ""), "1,234,567.89"),
        (Money(1, "USD"), "USD 0.000001"),
        (Money(1_000, "GBP"), "GBP 0.001"),
        (Money(-1_000, "GBP"), "GBP -0.001"),
        (Money(1_234_500, "GBP"), "GBP 1.2345"),
        (Money(12_567_000, "KWD"), "KWD 12.5670"),
        (Money(1_234_567_000, "KWD"), "KWD 1,234.567"),
        (Money(0, "USD"), "USD 0"),
        (Money(-5_000_000, "USD"), "USD -5"),
    ],
)
def test_amounts_are_written_short(money: Money, text: str) -> None:
    """Code, groups of three, and decimals only where there are some."""
    assert format_money(money) == text


@example(1_125_000, "USD")
@example(-12_567_000, "USD")
@example(1_234_567_000, "USD")
@given(st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from(["USD", "EUR", "JPY"]))
def test_what_is_written_is_read_back(micros: int, currency: str) -> None:
    """An amount survives being shown in a form and read from it."""
    money = Money(micros, currency)
    assert parse_money(format_money(money), "") == money
