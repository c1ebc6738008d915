"""The few pages of an install: what happened and what to do next. Everything foreign in them is escaped."""

from html import escape

from aiohttp import web

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of the redirect holds a code
    "X-Content-Type-Options": "nosniff",
}

_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;"
    "color:#1d2a3a;background:#fff}code{background:#eef1f5;padding:.1em .35em;border-radius:.3em}"
    "@media(prefers-color-scheme:dark){body{color:#e6ebf1;background:#14191f}code{background:#262e38}a{color:#8ab8ff}}"
)


def page(title: str, *paragraphs: str, link: tuple[str, str] | None = None, status: int = 200) -> web.Response:
    """A page; text between backticks is set as code, `link` is (text, address) and stands last."""
    body = "".join(f"<p>{_with_code(each)}</p>" for each in paragraphs)
    if link:
        body += f'<p><a href="{escape(link[1])}">{escape(link[0])}</a></p>'
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def _with_code(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
