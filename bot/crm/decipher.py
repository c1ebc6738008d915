"""What an answer from Maton or Twenty means: data, or the error that the right person should hear.

All shapes of maton.md section 3 and twenty.md section 1.3, and nothing that is not listed crashes. Pure.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from bot.errors import (
    BotError,
    CredentialBroken,
    Duplicate,
    InvalidChoice,
    NotFound,
    NotRouted,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    Refused,
    Unavailable,
    UnknownField,
)
from bot.language.clipping import clip
from bot.models import Choice

READS = ("GET",)
DEFAULT_PAUSE = 2.0
"""Seconds to wait after a 429 without `Retry-After` (twenty.md section 6: at least 1 to 5)."""

_LONGEST = 300
_SECRETS = re.compile(
    r"(?i)(bearer\s+\S+|session_token=\S+|(?:api[_-]?key|token|secret|password)[\"']?\s*[:=]\s*\S+"
    r"|eyJ[\w-]{8,}[\w.-]*|\b[A-Za-z0-9_-]{32,}\b)"
)
_SQL = re.compile(
    r"(?i)violates|constraint|relation \"|column \"|syntax error at|invalid input|duplicate key|workspace_\w"
    r"|\b(select|insert|update|delete)\b.+\b(from|into|set|where)\b"
)
_NO_FIELD = re.compile(r"doesn't have any \"([^\"]+)\" field")
_NOT_SORTABLE = re.compile(r"Field \"([^\"]+)\" does not exist or is not sortable")
_CHOICES = re.compile(r"Invalid value \"?([^\"]*)\"? for field \"([^\"]+)\"\. Valid values are: (.+)", re.DOTALL)
_ENUM = re.compile(r"invalid input value for enum [^:]*: \"([^\"]*)\"")
_NO_PHONE = re.compile(r"Provided phone number is invalid (.*)", re.DOTALL)
_OTHER_COUNTRY = re.compile(r"(?:country|calling) code are conflicting|Invalid (?:country|calling) code")
_NO_FILTER = re.compile(r"'filter' invalid for '(.*)'\. eg: ", re.DOTALL)
_UNROUTED = re.compile(
    r"(?i)^cannot (get|post|patch|put|delete) |object '[^']*' not found|query path .* invalid"
    r"|not routed|no route|method not allowed"
)
_CREDENTIAL = re.compile(
    r"(?i)credential|token (is )?(invalid|expired)|token has expired|unauthori[sz]ed|authenticat|oauth|api key|reauth"
)
_CONNECTION = re.compile(r"(?i)\bconnection\b")
_PERMISSION = re.compile(r"(?i)permission|forbidden resource")

GONE_QUIET = "The CRM did not answer, so it is not known yet whether this was written."
UNREACHABLE = "The CRM cannot be reached just now. Nothing was changed; please try again."
KEY_REFUSED = "The bot's own access to Maton is not accepted; its operator must act."
NOT_ACCEPTED = "The CRM no longer accepts this workspace's connection."


def decipher(method: str, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """The answer's JSON (None when it is empty), or raise what it means.

    `CredentialBroken` from here is a suspicion: whose credential it is only Maton can tell (maton.md section 3).
    """
    if 200 <= status < 300:
        return _data(method, body)
    complaint, code = complaint_of(body)
    if status == 429:
        raise _too_many(headers, body)
    raise _error(method, status, complaint, code)


def silence(method: str) -> BotError:
    """What it means that a request left and nothing came back."""
    return Unavailable(UNREACHABLE) if method in READS else OutcomeUnknown(GONE_QUIET)


def complaint_of(body: bytes) -> tuple[str, str]:
    """The server's own words, untouched, and its code; both may be empty."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode(errors="replace").strip()
        return ("" if text.startswith("<") else text), ""
    if not isinstance(said, Mapping):
        return (said if isinstance(said, str) else ""), ""
    return _words(said), str(said.get("code") or "")


def presentable(complaint: str) -> str:
    """The words as people may see them: one line, short, without secrets; "" for database text."""
    line = " ".join(complaint.split())
    return "" if _SQL.search(line) else clip(_SECRETS.sub("…", line), _LONGEST)


def pause(headers: Mapping[str, str], body: bytes = b"", *, now: datetime | None = None) -> float:
    """The seconds that the server asks to wait, from a number or a date, between 0 and 120."""
    said = headers.get("retry-after") or headers.get("Retry-After") or ""
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said, now) if said else _from_body(body)
    return min(max(seconds, 0.0), 120.0) if seconds == seconds else DEFAULT_PAUSE


def _data(method: str, body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # A page with status 200 may come from something in front of the CRM that never passed the write on.
        raise silence(method) from None


def _too_many(headers: Mapping[str, str], body: bytes) -> RateLimited:
    """Twenty's own refusal always tells its `statusCode` (twenty.md section 6); any other comes from Maton's limit."""
    sentence = "The CRM is busy. Please try again in a moment."
    return RateLimited(sentence, retry_after=pause(headers, body), by_account=b'"statusCode"' not in body)


def _error(method: str, status: int, complaint: str, code: str) -> BotError:
    match status:
        case 401 | 412:
            return CredentialBroken(NOT_ACCEPTED, whose="team")
        case 403:
            return _forbidden(complaint, code)
        case 404:
            return _not_found(complaint)
        case 402:
            return Refused("The CRM's plan has used up its allowance of API calls.")
        case 500:
            return _fault(method, complaint)
        case _ if status >= 500:
            return silence(method)
        case _ if status >= 400:
            return _refusal(complaint, code)
        case _:
            return Unavailable(UNREACHABLE)  # a redirect, which is never followed: nothing was executed


def _forbidden(complaint: str, code: str) -> BotError:
    if code == "PERMISSION_DENIED" or _PERMISSION.search(complaint):
        return _denied()
    if not complaint:
        return Unavailable(UNREACHABLE)  # a page from something in front of the CRM, which let nothing through
    return CredentialBroken(NOT_ACCEPTED, whose="team")


def _not_found(complaint: str) -> BotError:
    if _UNROUTED.search(complaint):
        return NotRouted("This CRM does not offer that.")
    if _CONNECTION.search(complaint):
        return CredentialBroken(NOT_ACCEPTED, whose="binding")
    return NotFound("The CRM has no such record (any more).")


def _fault(method: str, complaint: str) -> BotError:
    if _CREDENTIAL.search(complaint):
        return CredentialBroken(NOT_ACCEPTED, whose="team")
    if "Data validation error" in complaint:
        return Refused("The CRM did not accept a value. Nothing was written.")
    return silence(method)


def _refusal(complaint: str, code: str) -> BotError:
    if code == "PERMISSION_DENIED" or "does not have permission" in complaint:
        return _denied()
    if found := _NO_FIELD.search(complaint):
        return UnknownField(f"This CRM has no field \u201c{presentable(found[1])}\u201d.", field=found[1])
    if found := _NOT_SORTABLE.search(complaint):
        return UnknownField(f"This CRM cannot sort by \u201c{presentable(found[1])}\u201d.", field=found[1])
    if found := _CHOICES.search(complaint):
        return _wrong_choice(*found.groups())
    if found := _ENUM.search(complaint):
        sentence = f"This CRM has no option \u201c{presentable(found[1])}\u201d there."
        return InvalidChoice(sentence, field="", valid=(), value=found[1])
    if re.search(r"(?i)duplicate (entry|key)", complaint):
        return Duplicate("The CRM already has a record with this id, email or domain.")
    if _UNROUTED.search(complaint):
        return NotRouted("This CRM does not offer that.")
    if re.search(r"(?i)no (active )?connection|connection (is )?not|missing .*connection", complaint):
        return CredentialBroken(NOT_ACCEPTED, whose="binding")
    if "foreign key" in complaint:
        return Refused("A record that this refers to is no longer in the CRM. Nothing was written.")
    return Refused(_of_a_value(complaint) or _as_said(complaint))


def _of_a_value(complaint: str) -> str:
    """What is wrong with a value, for the complaints that would leave people guessing (twenty.md section 1.3)."""
    if found := _NO_PHONE.search(complaint):
        said = presentable(found[1])
        return f"The CRM does not take \u201c{said}\u201d for a phone number; write it like +1 555 0100."
    if _OTHER_COUNTRY.search(complaint):
        return "The CRM finds a phone number in another country than it was given; write it like +1 555 0100."
    if found := _NO_FILTER.search(complaint):
        return f"The CRM does not understand \u201c{presentable(found[1])}\u201d as a filter."
    if "URL of the link is not valid" in complaint:
        return "The CRM does not take this for a web address; write it like acme.com."
    return ""


def _as_said(complaint: str) -> str:
    said = presentable(complaint)
    return f"The CRM refused: {said}" if said else "The CRM did not accept that. Nothing was written."


def _wrong_choice(value: str, field: str, valid: str) -> InvalidChoice:
    options = tuple(each.strip().strip("\"'") for each in valid.rstrip(". \n").split(",") if each.strip())
    called, *others = (presentable(str(Choice(each))) for each in (value, *options))
    sentence = f"This CRM has no option \u201c{called}\u201d for {field}. It has: {', '.join(others)}."
    return InvalidChoice(sentence, field=field, valid=options, value=value)


def _denied() -> PermissionDenied:
    return PermissionDenied("The CRM does not let this connection do that: its role lacks the permission.")


def _words(said: Mapping[str, Any]) -> str:
    """The complaint in any of the known shapes, in maton.md's order."""
    error, detail, messages = said.get("error"), said.get("detail"), said.get("messages")
    if isinstance(said.get("message"), str):
        return str(said["message"])
    if isinstance(error, Mapping) and isinstance(error.get("message"), str):
        return str(error["message"])
    if isinstance(detail, str):
        return detail
    if isinstance(detail, list):
        return "; ".join(str(each.get("msg") or "") for each in detail if isinstance(each, Mapping))
    if isinstance(messages, list):
        return "; ".join(str(each) for each in messages)
    return error if isinstance(error, str) else ""


def _until(said: str, now: datetime | None) -> float:
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return DEFAULT_PAUSE
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - (now or datetime.now(UTC))).total_seconds()


def _from_body(body: bytes) -> float:
    try:
        said = msgspec.json.decode(body)
        return float(said["retryAfterSeconds"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return DEFAULT_PAUSE
