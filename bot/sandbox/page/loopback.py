"""Who may talk to the page: nobody but this machine's own browser on this very page, and scripts on this machine.

A web site that makes its visitor's browser call loopback, or points its own name there, is turned away.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

NAMES = ("127.0.0.1", "localhost", "[::1]")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and origins, and writes that a plain form could have sent."""
    if not _is_ours(request):
        raise web.HTTPForbidden(text="This page answers only to this machine.")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send JSON, with Content-Type: application/json.")
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Nothing from elsewhere may be loaded, run or asked."""
    response.headers.update(HEADERS)


def _is_ours(request: web.Request) -> bool:
    host = request.host
    origin = request.headers.get("Origin")
    return host.rpartition(":")[0] in NAMES and (origin is None or urlsplit(origin).netloc == host)
