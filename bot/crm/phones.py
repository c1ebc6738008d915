"""Phone numbers as Twenty keeps them: national digits, country and calling code (twenty.md section 4.2)."""

import re
from functools import lru_cache

from bot.models import Phone, Phones

_SEPARATORS = re.compile(r"[\s().\-/\u00a0]+")

_NUMBER = re.compile(r"\+?[\d\s().\-/\u00a0]{7,30}")
_FEWEST, _MOST = 7, 17
"""Digits of a text that is taken for a number: fewer are a year or a room, and more the CRM does not keep."""
_WITH_A_CODE = 11
"""Digits from which on a number may have a calling code in front although its + was left out."""

COUNTRIES = {
    "+1": "US", "+7": "RU", "+20": "EG", "+27": "ZA", "+30": "GR", "+31": "NL", "+32": "BE", "+33": "FR", "+34": "ES",
    "+36": "HU", "+39": "IT", "+40": "RO", "+41": "CH", "+43": "AT", "+44": "GB", "+45": "DK", "+46": "SE", "+47": "NO",
    "+48": "PL", "+49": "DE", "+51": "PE", "+52": "MX", "+54": "AR", "+55": "BR", "+56": "CL", "+57": "CO", "+58": "VE",
    "+60": "MY", "+61": "AU", "+62": "ID", "+63": "PH", "+64": "NZ", "+65": "SG", "+66": "TH", "+81": "JP", "+82": "KR",
    "+84": "VN", "+86": "CN", "+90": "TR", "+91": "IN", "+92": "PK", "+94": "LK", "+98": "IR", "+212": "MA",
    "+213": "DZ", "+216": "TN", "+233": "GH", "+234": "NG", "+254": "KE", "+255": "TZ", "+256": "UG", "+351": "PT",
    "+352": "LU", "+353": "IE", "+354": "IS", "+356": "MT", "+357": "CY", "+358": "FI", "+359": "BG", "+370": "LT",
    "+371": "LV", "+372": "EE", "+373": "MD", "+374": "AM", "+375": "BY", "+380": "UA", "+381": "RS", "+385": "HR",
    "+386": "SI", "+387": "BA", "+389": "MK", "+420": "CZ", "+421": "SK", "+502": "GT", "+506": "CR", "+507": "PA",
    "+591": "BO", "+593": "EC", "+595": "PY", "+598": "UY", "+852": "HK", "+880": "BD", "+886": "TW", "+961": "LB",
    "+962": "JO", "+965": "KW", "+966": "SA", "+971": "AE", "+972": "IL", "+973": "BH", "+974": "QA", "+977": "NP",
    "+994": "AZ", "+995": "GE", "+998": "UZ",
}  # fmt: skip
"""The country of a calling code, or the greatest of those that share it."""

SHARED = {"+1", "+7", "+39", "+44", "+47", "+61", "+212", "+262", "+290", "+358", "+590", "+599"}
"""Calling codes of several countries, as the CRM's own library lists them: +1 is Canada's as much as the States'.

Which of them a number belongs to only that library knows, from the digits, and it refuses a country that it does not
find there itself. So none is sent with these but one that the CRM gave."""


def settled(phone: Phone) -> Phone:
    """The number split as Twenty splits it, as far as its calling code is known here.

    Of a shared calling code the country stays open unless the number came with one in national digits, as stored.
    """
    digits = _SEPARATORS.sub("", phone.number)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if not digits.startswith("+"):
        calling = phone.calling or _calling(phone.country)
        return Phone(digits, phone.country or _country(calling), calling)
    code = next((digits[:size] for size in (4, 3, 2) if digits[:size] in COUNTRIES or digits[:size] in SHARED), "")
    if not code:
        return Phone(digits, phone.country, phone.calling)
    return Phone(digits.removeprefix(code), _country(code), code)


@lru_cache(maxsize=256)  # a search asks for each of its records
def sought(text: str) -> tuple[str, ...]:
    """The digits of which a stored number has some when it is the one that was typed; none for a text that is none.

    However it is written: with + or 00 or neither in front of a calling code, with an area code's 0 or without. The
    calling code itself is not compared, since stored numbers need not have one.
    """
    text = text.strip()
    typed = re.sub(r"\D", "", text)
    if not (_NUMBER.fullmatch(text) and typed.isascii() and _FEWEST <= len(typed) <= _MOST):
        return ()
    ways = [text, f"+{typed}"] if len(typed) >= _WITH_A_CODE else [text]
    found = [settled(Phone(each)).number.lstrip("+0") for each in ways]
    return tuple(each for each in dict.fromkeys(found) if len(each) >= _FEWEST - 1)


def is_among(phones: Phones, text: str) -> bool:
    """Whether one of a person's numbers is the one that was typed, or holds it."""
    numbers = (phones.primary, *phones.additional)
    return any(holds(each.number, digits) for digits in sought(text) for each in numbers)


def holds(number: str, digits: str) -> bool:
    """Whether the number, however it is written, has these digits in a row."""
    return digits in re.sub(r"\D", "", number)


def _country(calling: str) -> str:
    """The one country that has this calling code; "" where it is shared or unknown."""
    return "" if calling in SHARED else COUNTRIES.get(calling, "")


def _calling(country: str) -> str:
    return next((code for code, name in COUNTRIES.items() if name == country), "")
