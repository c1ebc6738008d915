"""Amounts as people write them and as people read them: `€12.5k`, `12k EUR`, `1,200.50` and `EUR 12,500`."""

import re
from decimal import Decimal

from bot.models import Money

_ISO_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD
TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""
_CODES = frozenset(_ISO_CODES.split())
_UNMISTAKABLE = {"EUR", "USD", "GBP", "CHF"}  # read in lower case, too; `try 3` and `all 5` are not amounts
_SYMBOLS = {
    "US$": "USD",
    "A$": "AUD",
    "C$": "CAD",
    "R$": "BRL",
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "zł": "PLN",
}
_MARK = rf"(?:{'|'.join(map(re.escape, _SYMBOLS))}|(?:{'|'.join(sorted(_CODES))})(?![A-Za-z]))"
_NUMBER = r"\d{1,3}(?:[ '\u2019\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)*"
_GROUPED = re.compile(r"\d+|\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")  # by thousands, or as in 12,34,567
_LIKE_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "mn": 10**6, "mio": 10**6, "b": 10**9, "bn": 10**9}
_AMOUNT = re.compile(
    rf"(?:(?P<before>{_MARK})\s?)?(?P<sign>[-\u2212])?(?P<number>{_NUMBER})(?:\s?(?P<factor>k|mio|mn|m|bn|b)(?![a-z]))?"
    rf"(?:\s?(?P<after>{_MARK}))?(?![\w%])",
    re.IGNORECASE,
)
_LETTERS = r"[^\W\d_]{2,20}|[\u20a0-\u20c0]"
_WITH_LETTERS = re.compile(
    rf"(?:(?P<before>{_LETTERS})\s?)?[-\u2212]?(?:{_NUMBER})(?:\s?(?:k|mio|mn|m|bn|b)(?![a-z]))?(?:\s?(?P<after>{_LETTERS}))?",
    re.IGNORECASE,
)
_LARGEST = 2**53 - 1  # what a JSON number carries exactly


def parse_money(text: str, default_currency: str) -> Money | None:
    """The amount that the whole text is; None when it is none, or too large to be kept exactly.

    `default_currency` is used where the text names none; "" there leaves it open.
    """
    match = _AMOUNT.fullmatch(text.strip())
    return _money(match, default_currency) if match else None


def unknown_currency(text: str) -> str:
    """What is wrong with an amount whose currency is none, such as `12 XYZ`, as a sentence; "" for any other text."""
    match = _WITH_LETTERS.fullmatch(text.strip())
    marks = [mark for mark in match.groups() if mark] if match else []
    unknown = [mark for mark in marks if _currency(mark) not in _CODES]
    if not unknown:
        return ""
    return (
        f"\u201c{unknown[0]}\u201d is no currency that is known here: write its three letters, such as EUR, USD or GBP."
    )


def find_money(text: str, default_currency: str) -> tuple[Money, str] | None:
    """The first amount that cannot be anything else (it has a currency or a `k`), and the text without it."""
    for match in _AMOUNT.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if _is_clear(match) and not re.search(r"[\w@.,#/-]$", before) and (money := _money(match, default_currency)):
            return money, " ".join(f"{before.rstrip(' ,;-')} {after}".split())
    return None


def _is_clear(match: re.Match[str]) -> bool:
    """Whether this is an amount even in the middle of a sentence; a bare number is not."""
    marks = [mark for mark in (match["before"], match["after"]) if mark]
    if any(mark.isalpha() and not mark.isupper() and mark.upper() not in _UNMISTAKABLE for mark in marks):
        return False
    return bool(marks or match["factor"])


def format_money(money: Money) -> str:
    """`EUR 12,500`, `USD 0.50`, `GBP 0.001`: code, groups of three, decimals only where there are some."""
    if money.micros % 10**6 == 0:  # nearly every deal
        return f"{money.currency} {money.micros // 10**6:,}".strip()
    units = Decimal(money.micros).scaleb(-6)
    shown = f"{units:,.2f}" if units == round(units, 2) else f"{units:,.6f}".rstrip("0")
    if _LIKE_THOUSANDS.fullmatch(shown):
        shown += "0"  # 12.567 reads as twelve thousand, also to us
    return f"{money.currency} {shown}".strip()


def _money(match: re.Match[str], default_currency: str) -> Money | None:
    before, after = _currency(match["before"]), _currency(match["after"])
    if before and after and before != after:
        return None
    factor = (match["factor"] or "").lower()
    number = _decimal(match["number"], scaled=bool(factor))
    if number is None:
        return None
    micros = int((number * _FACTORS[factor] * 10**6).to_integral_value())
    if micros > _LARGEST:
        return None
    return Money(-micros if match["sign"] else micros, before or after or default_currency)


def _currency(mark: str | None) -> str:
    if not mark:
        return ""
    return _SYMBOLS.get(mark) or _SYMBOLS.get(mark.upper()) or _SYMBOLS.get(mark.lower()) or mark.upper()


def _decimal(number: str, *, scaled: bool) -> Decimal | None:
    """The number, whichever way its writer groups digits: of two marks the last is the decimal one.

    None for what nobody groups so: `1.2.3` is a version, not an amount.

    A single mark in front of exactly three digits groups (`12.500`, `12,500`), but not in `1.125m` or `0.125`.
    """
    number = re.sub(r"[ '\u2019\u00a0\u202f]", "", number)
    marks = [each for each in number if each in ".,"]
    if not marks:
        return Decimal(number)
    groups = re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", number) and len(set(marks)) == 1
    if (len(marks) > 1 and len(set(marks)) == 1) or (groups and not scaled):
        whole, fraction = number, "0"
    else:
        whole, _, fraction = number.rpartition(marks[-1])
    return Decimal(f"{re.sub('[.,]', '', whole)}.{fraction}") if _GROUPED.fullmatch(whole) else None
