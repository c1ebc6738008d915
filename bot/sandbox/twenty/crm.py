"""A fake Twenty CRM, in memory: strict at its REST surface, and open from behind for tests and the page."""

from collections.abc import Mapping

from bot.sandbox.twenty.rest import Answer, Ask, answer
from bot.sandbox.twenty.workspace import Workspace


class FakeCRM(Workspace):
    """One workspace and its REST surface."""

    def answer(self, method: str, path: str, query: Mapping[str, list[str]] | None = None, body: bytes = b"") -> Answer:
        """What the REST API answers; `path` stands behind `/rest`, `query` holds every value of every parameter."""
        return answer(self, Ask(method, path, query or {}, body))
