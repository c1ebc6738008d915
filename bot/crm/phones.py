"""Phone numbers as Twenty keeps them: national digits, country and calling code (twenty.md section 4.2)."""

import re

from bot.models import Phone

_SEPARATORS = re.compile(r"[\s().\-/\u00a0]+")

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
"""The country that a calling code stands for, or the greatest of those that share it, as Twenty infers it."""


def settled(phone: Phone) -> Phone:
    """The number split as Twenty splits it, as far as its calling code is known here."""
    digits = _SEPARATORS.sub("", phone.number)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if not digits.startswith("+"):
        return Phone(digits, phone.country, phone.calling or _calling(phone.country))
    code = next((digits[:size] for size in (4, 3, 2) if digits[:size] in COUNTRIES), "")
    if not code:
        return Phone(digits, phone.country, phone.calling)
    country = phone.country if _calling(phone.country) == code else COUNTRIES[code]
    return Phone(digits.removeprefix(code), country, code)


def _calling(country: str) -> str:
    return next((code for code, name in COUNTRIES.items() if name == country), "")
