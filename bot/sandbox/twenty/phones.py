"""Phone numbers as the CRM keeps them: national digits, a country and a calling code (twenty.md section 4.2)."""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.twenty.refusals import invalid

COUNTRIES: Mapping[str, tuple[str, ...]] = {
    "+1": ("US", "CA"),
    "+31": ("NL",),
    "+33": ("FR",),
    "+34": ("ES",),
    "+39": ("IT",),
    "+41": ("CH",),
    "+43": ("AT",),
    "+44": ("GB",),
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
    """National digits, country and calling code; a missing one of the two codes is inferred."""
    if calling and calling not in COUNTRIES:
        raise invalid(f"Invalid calling code {calling}")
    if country and country not in CALLING:
        raise invalid(f"Invalid country code {country}")
    if country and calling and CALLING[country] != calling:
        raise invalid("Provided country code and calling code are conflicting")
    if not number:
        return None, country or None, calling or None
    digits, found = _national(number)
    if found and calling and found != calling:
        raise invalid("Provided and inferred calling code are conflicting")
    calling = calling or found or (CALLING[country] if country else None)
    return digits, country or (COUNTRIES[calling][0] if calling else None), calling


def _national(raw: Any) -> tuple[str, str | None]:
    """Digits behind the calling code, and that code if the number is international."""
    digits = SEPARATORS.sub("", raw) if isinstance(raw, str) else ""
    code = next((each for each in sorted(COUNTRIES, key=len, reverse=True) if digits.startswith(each)), None)
    national = digits.removeprefix(code) if code else digits
    if not re.fullmatch(r"\d{5,14}", national):
        raise invalid(f"Provided phone number is invalid {raw}")
    return national, code
