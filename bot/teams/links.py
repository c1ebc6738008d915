"""The address of a record in Twenty's own web app, when the workspace's is known (twenty.md section 9)."""

from bot.models import Kind, Ref

_OBJECTS = {Kind.DEAL: "opportunity", Kind.MEMBER: "workspaceMember"}


def record_url(web_address: str, ref: Ref) -> str | None:
    """`https://acme.twenty.com/object/company/<id>`; None without an address or for members, who have no page."""
    if not web_address or ref.kind is Kind.MEMBER:
        return None
    return f"{web_address.rstrip('/')}/object/{_OBJECTS.get(ref.kind, ref.kind.value)}/{ref.id}"
