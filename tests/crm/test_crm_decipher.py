"""Every answer that Maton or Twenty is known to give, and what it means."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.crm.decipher import complaint_of, decipher, pause, presentable
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


def twenty(message: str, status: int = 400, code: str = "") -> bytes:
    """Twenty's envelope (twenty.md section 1.3)."""
    body = {"statusCode": status, "error": "Error", "messages": [message]} | ({"code": code} if code else {})
    return msgspec.json.encode(body)


def maton(message: str) -> bytes:
    return msgspec.json.encode({"message": message})


@pytest.mark.parametrize(
    ("method", "status", "body", "meant"),
    [
        ("GET", 401, maton("Invalid or missing API key"), CredentialBroken),
        ("GET", 412, maton("Connection is not usable"), CredentialBroken),
        ("GET", 400, maton("No active connection found for app twenty"), CredentialBroken),
        ("GET", 404, maton("Connection not found"), CredentialBroken),
        ("GET", 404, twenty("Record not found", 404), NotFound),
        ("PATCH", 404, twenty("Record not found", 404, "RECORD_NOT_FOUND"), NotFound),
        ("GET", 404, twenty("Cannot GET /rest/noteTargets", 404), NotRouted),
        ("GET", 400, twenty("object 'noteTargets' not found. eg: companies"), NotRouted),
        ("PATCH", 400, twenty("Query path '/rest/a/b/c' invalid. Valid examples: /rest/companies/id"), NotRouted),
        ("POST", 400, twenty('Object note doesn\'t have any "body" field.'), UnknownField),
        ("GET", 400, twenty('Field "city" does not exist or is not sortable'), UnknownField),
        ("POST", 400, twenty('Invalid value "X" for field "stage". Valid values are: NEW, WON'), InvalidChoice),
        ("GET", 400, twenty('invalid input value for enum workspace_1."s": "WON"'), InvalidChoice),
        ("POST", 400, twenty("A duplicate entry was detected"), Duplicate),
        ("POST", 400, twenty('duplicate key value violates unique constraint "IDX"'), Duplicate),
        ("POST", 400, twenty("Entity performing the request does not have permission", 400), PermissionDenied),
        ("POST", 403, twenty("Entity performing the request does not have permission", 403), PermissionDenied),
        ("GET", 403, b"<html>blocked</html>", Unavailable),
        ("POST", 403, b"<html>blocked</html>", Unavailable),
        ("GET", 403, twenty("Missing authentication token", 403), CredentialBroken),
        ("GET", 402, b"", Refused),
        ("GET", 429, twenty("Limit reached (100 tokens per 60000 ms)", 429), RateLimited),
        ("POST", 429, b"", RateLimited),
        ("GET", 500, maton("Failed to refresh the credential"), CredentialBroken),
        ("POST", 500, maton("Token has expired."), CredentialBroken),
        ("GET", 500, b"", Unavailable),
        ("POST", 500, b"", OutcomeUnknown),
        ("POST", 500, twenty("Data validation error.", 500), Refused),
        *((method, status, b"", meant) for status in (502, 503, 504) for method, meant in
          (("GET", Unavailable), ("POST", OutcomeUnknown), ("PATCH", OutcomeUnknown), ("DELETE", OutcomeUnknown))),
        ("GET", 302, b"", Unavailable),
        ("GET", 200, b'{"data": {"oops', Unavailable),
        ("POST", 201, b"<html>", OutcomeUnknown),
        ("POST", 400, msgspec.json.encode({"detail": [{"loc": ["a"], "msg": "field required"}]}), Refused),
    ],
)  # fmt: skip
def test_an_error_is_what_the_right_person_should_hear(
    method: str, status: int, body: bytes, meant: type[BotError]
) -> None:
    """One row per known shape; the most exact class and no other."""
    with pytest.raises(BotError) as raised:
        decipher(method, status, {}, body)
    assert type(raised.value) is meant
    assert len(str(raised.value)) > 10


def test_data_comes_through_and_an_empty_answer_is_no_error() -> None:
    """Empty 2xx bodies happen (maton.md section 5)."""
    assert decipher("GET", 200, {}, b'{"data":{"a":1}}') == {"data": {"a": 1}}
    assert decipher("DELETE", 204, {}, b"") is None


@pytest.mark.parametrize(
    ("complaint", "next_step"),
    [
        ("Provided phone number is invalid 123", "\u201c123\u201d for a phone number; write it like +1 555 0100"),
        ("Provided and inferred country code are conflicting", "another country than it was given"),
        ("Provided country code and calling code are conflicting", "another country than it was given"),
        ("Invalid calling code +999", "write it like +1 555 0100"),
        ("The URL of the link is not valid", "write it like acme.com"),
        (
            "'filter' invalid for 'name:acme'. eg: price[gte]:10",
            "\u201cname:acme\u201d as a filter",
        ),
    ],
)
def test_a_refused_value_is_told_with_one_that_would_do(complaint: str, next_step: str) -> None:
    """The CRM's own words for a number or an address say what is wrong to a programmer only."""
    with pytest.raises(Refused) as raised:
        decipher("POST", 400, {}, twenty(complaint))

    assert next_step in str(raised.value)


def test_the_refusal_of_an_option_lists_those_there_are() -> None:
    """The only place where a CRM tells its options."""
    with pytest.raises(InvalidChoice) as raised:
        decipher("POST", 400, {}, twenty('Invalid value "WON" for field "stage". Valid values are: NEW, MEETING'))
    assert (raised.value.field, raised.value.value, raised.value.valid) == ("stage", "WON", ("NEW", "MEETING"))
    assert "\u201cWon\u201d for stage. It has: New, Meeting." in str(raised.value)


@pytest.mark.parametrize(
    ("complaint", "shown"),
    [
        ("The URL of the link is not valid", "The URL of the link is not valid"),
        ('insert or update on table "x" violates foreign key constraint', ""),
        ('relation "workspace_abc"."company" does not exist', ""),
        ("bad Bearer sk_live_123 here", "bad … here"),
        ("see https://x/?session_token=abc.def", "see https://x/?…"),
        ("line\n  break", "line break"),
    ],
)
def test_people_see_neither_secrets_nor_database_text(complaint: str, shown: str) -> None:
    """Short, one line, harmless."""
    assert presentable(complaint) == shown


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, b"", 7),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, b"", 30),
        ({"retry-after": "soon"}, b"", 2),
        ({"retry-after": "-3"}, b"", 0),
        ({"retry-after": "999999"}, b"", 120),
        ({"retry-after": "nan"}, b"", 2),
        ({}, b'{"retryAfterSeconds": 4}', 4),
        ({}, b"", 2),
    ],
)
def test_the_pause_is_read_from_a_number_a_date_or_the_body(
    headers: dict[str, str], body: bytes, seconds: float
) -> None:
    """And is bounded whatever stands there."""
    assert pause(headers, body, now=datetime(2026, 11, 24, 12, tzinfo=UTC)) == seconds


@given(st.sampled_from(["GET", "POST"]), st.integers(200, 599), st.binary(max_size=60))
def test_no_answer_crashes(method: str, status: int, body: bytes) -> None:
    """Anything that is not listed is still an error that can be explained, or data."""
    try:
        decipher(method, status, {}, body)
    except BotError as error:
        assert str(error)  # noqa: PT017 -- either outcome is right


def test_every_known_envelope_is_read() -> None:
    """In the order of maton.md section 3."""
    for body in (b'{"message":"no"}', b'{"error":{"message":"no"}}', b'{"detail":"no"}', b'{"messages":["no"]}', b"no"):
        assert complaint_of(body)[0] == "no"
    assert complaint_of(b"<html>no</html>") == ("", "")
    assert issubclass(errors.NotRouted, errors.Refused)
