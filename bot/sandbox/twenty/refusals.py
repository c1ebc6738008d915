"""What the fake CRM says when it refuses, in the envelopes of both server generations (twenty.md section 1.3)."""

from typing import Any

NAMES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
}


class Refusal(Exception):
    """An error answer. With a `code` it is one of Twenty's own exceptions, without one a plain framework exception."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, new_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.new_code = new_code
        self.error: str | None = None
        self.extra: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    def envelope(self, *, new: bool) -> dict[str, Any]:
        """The JSON body; `new` chooses the generation, which differs in `error` and `code`."""
        code = self.code or (self.new_code if new else None)
        named = NAMES.get(self.status, "Error")
        error = self.error or ("Error" if self.code and not new else named)
        body: dict[str, Any] = {"statusCode": self.status, "error": error, "messages": [self.message]}
        return body | ({"code": code} if code else {}) | self.extra


class NotTaught(Exception):
    """The request asks for something that nobody taught the fake: a loud 501, never a guess."""


def bad(message: str) -> Refusal:
    """A plain 400."""
    return Refusal(message)


def invalid(message: str, code: str = "INVALID_QUERY_INPUT") -> Refusal:
    """A 400 by one of Twenty's own exception classes."""
    return Refusal(message, code=code)


def postgres(message: str) -> Refusal:
    """A 400 that carries raw database text."""
    return Refusal(message, code="INVALID_INPUT")


def not_found() -> Refusal:
    """No such record, or it is in the trash."""
    return Refusal("Record not found", status=404, new_code="RECORD_NOT_FOUND")


def duplicate() -> Refusal:
    """The id or a unique value is taken; the body does not say which (twenty.md section 1.3)."""
    return bad("A duplicate entry was detected")


def denied(*, new: bool) -> Refusal:
    """The role lacks the permission: 403 now, 400 in 2.21 (twenty.md section 1.3)."""
    message = "Entity performing the request does not have permission"
    return Refusal(message, status=403 if new else 400, code="PERMISSION_DENIED")


def limited(*, limit: int, window_ms: int, retry_after: int | None) -> Refusal:
    """Too many requests; with `retry_after` in the newer shape, with headers (twenty.md section 6)."""
    refusal = Refusal(f"Limit reached ({limit} tokens per {window_ms} ms)", status=429)
    refusal.error = "HttpException"
    if retry_after is not None:
        refusal.error = "RATE_LIMITED"
        refusal.extra = {"limit": limit, "remaining": 0, "retryAfterSeconds": retry_after}
        refusal.headers = {
            "Retry-After": str(retry_after),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(retry_after),
        }
    return refusal
