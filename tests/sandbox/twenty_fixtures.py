"""What the tests of the fake CRM share: a workspace and a short way to ask it."""

import json
from typing import Any

from bot.sandbox.twenty import FakeCRM
from bot.sandbox.twenty.rest import Answer

NOWHERE = "00000000-0000-4000-8000-000000000000"


def ask(crm: FakeCRM, method: str, path: str, body: Any = None, **query: Any) -> Answer:
    """One REST request without a socket; a parameter may be a list to be given twice."""
    sent = b"" if body is None else json.dumps(body).encode()
    values = {name: value if isinstance(value, list) else [str(value)] for name, value in query.items()}
    return crm.answer(method, path, values, sent)


def message(answer: Answer) -> str:
    """The error's only message."""
    (text,) = answer.body["messages"]
    return str(text)


def names(answer: Answer, plural: str = "companies") -> list[Any]:
    """The names on a page of a list."""
    assert answer.status == 200, answer.body
    return [record["name"] for record in answer.body["data"][plural]]


def company(crm: FakeCRM, name: str, **fields: Any) -> dict[str, Any]:
    """A company, made behind the API's back."""
    return crm.add("companies", {"name": name, **fields})
