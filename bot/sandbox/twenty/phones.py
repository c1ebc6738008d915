"""Phone numbers as the CRM keeps them: national digits, a country and a calling code (twenty.md section 4.2)."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.twenty.refusals import invalid

COUNTRIES: Mapping[str, tuple[str, ...]] = {
    "+1": ("US", "CA"),
    "+7": ("RU", "KZ"),
    "+31": ("NL",),
    "+33": ("FR",),
    "+34": ("ES",),
    "+39": ("IT", "VA"),
    "+41": ("CH",),
    "+43": ("AT",),
    "+44": ("GB", "GG", "IM", "JE"),
    "+46": ("SE",),
    "+48": ("PL",),
    "+49": ("DE",),
    "+55": ("BR",),
    "+61": ("AU",),
    "+81": ("JP",),
    "+91": ("IN",),
    "+234": ("NG",),
    "+351": ("PT",),
    "+353": ("IE",),
    "+358": ("FI",),
}
CALLING = {country: code for code, countries in COUNTRIES.items() for country in countries}
_CANADA = """
204 226 236 249 250 257 263 273 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 460 468 474 506 514 519
548 579 581 584 587 600 604 613 622 633 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 905 942
"""
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "+1": dict.fromkeys(_CANADA.split(), "CA") | {"555": ""},
    "+7": {"6": "KZ", "7": "KZ"},
    "+39": {"06698": "VA"},
    "+44": {"1481": "GG", "1534": "JE", "1624": "IM"},
}
"""Whose a number of a shared calling code is, by its first digits, where not the first country's; "" is nobody's."""
SEPARATORS = re.compile(r"[\s().\-/]")


def phones(value: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The stored phones; additional numbers that are not resent are lost."""
    names = {"number": "primaryPhoneNumber", "country": "primaryPhoneCountryCode", "calling": "primaryPhoneCallingCode"}
    known = before if "primaryPhoneNumber" not in value else {}
    number, country, calling = phone(*(value.get(each, known.get(each)) for each in names.values()))
    more = value.get("additionalPhones")
    return {
        "primaryPhoneNumber": number,
        "primaryPhoneCountryCode": country,
        "primaryPhoneCallingCode": calling,
        "additionalPhones": [_additional(each) for each in more] if more else None,
    }


def _additional(each: Mapping[str, Any]) -> dict[str, Any]:
    number, country, calling = phone(each.get("number"), each.get("countryCode"), each.get("callingCode"))
    return {"number": number, "countryCode": country, "callingCode": calling}


def phone(number: Any, country: Any, calling: Any) -> tuple[str | None, str | None, str | None]:
    """National digits, country and calling code; a missing one of the two codes is inferred.

    Of several countries with one calling code the digits tell which, and any other that was sent is refused.
    """
    if country and country not in CALLING:
        raise invalid(f"Invalid country code {country}")
    if calling and calling not in COUNTRIES:
        raise invalid(f"Invalid calling code {calling}")
    if country and calling and CALLING[country] != calling:
        raise invalid("Provided country code and calling code are conflicting")
    if not number:
        return None, country or None, calling or None
    digits, found = _national(number, calling or (CALLING[country] if country else None))
    inferred = _country(digits, found)
    if inferred and country and inferred != country:
        raise invalid("Provided and inferred country code are conflicting")
    if calling and found != calling:
        raise invalid("Provided and inferred calling code are conflicting")
    return digits, country or inferred, found


def _national(raw: Any, assumed: str | None) -> tuple[str, str]:
    """Digits behind the calling code, and that code: the number's own, else the assumed one, and never none."""
    digits = SEPARATORS.sub("", raw) if isinstance(raw, str) else ""
    own = next((each for each in sorted(COUNTRIES, key=len, reverse=True) if digits.startswith(each)), None)
    code = own or assumed
    national = digits.removeprefix(own) if own else digits
    if code is None or not re.fullmatch(r"\d{2,17}", national):
        raise invalid(f"Provided phone number is invalid {raw}")
    return (national if code == "+39" else national.removeprefix("0")), code


def _country(digits: str, calling: str) -> str | None:
    """The country whose number this is; None for one that is nobody's, such as one without its area code."""
    if calling == "+1" and len(digits) != 10:
        return None
    elsewhere = ELSEWHERE.get(calling, {})
    first = next((start for start in elsewhere if digits.startswith(start)), None)
    return COUNTRIES[calling][0] if first is None else elsewhere[first] or None
