"""Slack's Web API by the SDK's methods and with its errors, but on a shorter way there and back.

The SDK's own way costs 0.09 ms of CPU for a `users.info` and 0.14 for a card beyond what aiohttp takes: it writes each
request and each answer out for a debug log that is not kept, and its JSON is Python's.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import msgspec
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

TRIES = 3
"""Of a call that Slack answers with 429. Nothing else is tried again: after a lost answer the SDK's retry would post a
message twice (slack.md section 1)."""

JSON = {"Content-Type": "application/json; charset=utf-8"}


class WebAPI(AsyncWebClient):
    """The client of one token, on the session that it is given."""

    async def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        **special: Any,
    ) -> AsyncSlackResponse:
        """Call a method; raises `SlackApiError` when Slack refuses. What is `special`, as OAuth's, the SDK does."""
        if any(each is not None for each in special.values()) or "token" in (json or params or {}):
            return await super().api_call(api_method, http_verb=http_verb, params=params, json=json, **special)
        url, given = self.base_url + api_method, self._given(params, json)
        answer = await self._asked(http_verb, url, given)
        for _ in range(1, TRIES):
            if answer.status_code != 429:
                break
            await asyncio.sleep(_pause(answer.headers))
            answer = await self._asked(http_verb, url, given)
        answer.validate()  # type: ignore[no-untyped-call]
        return answer

    def _given(self, params: dict[str, Any] | None, json: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **self.headers} if self.token else self.headers
        if json is not None:
            return {"headers": {**headers, **JSON}, "data": msgspec.json.encode(json), "proxy": self.proxy}
        return {"headers": headers, "params": _spelled(params or {}), "proxy": self.proxy}

    async def _asked(self, http_verb: str, url: str, given: dict[str, Any]) -> AsyncSlackResponse:
        assert self.session is not None  # noqa: S101 - narrows the type for mypy
        async with self.session.request(http_verb, url, **given) as said:
            return AsyncSlackResponse(
                client=self,
                http_verb=http_verb,
                api_url=url,
                req_args=given,
                data=_data(await said.read()),
                headers=said.headers,  # type: ignore[arg-type]
                status_code=said.status,
            )


def _spelled(params: Mapping[str, Any]) -> dict[str, Any]:
    """As a query takes them: Slack's truth is 1 or 0."""
    return {name: int(each) if isinstance(each, bool) else each for name, each in params.items() if each is not None}


def _pause(headers: Mapping[str, str]) -> float:
    asked_for = headers.get("Retry-After", "")
    return (int(asked_for) if asked_for.isdigit() else 1) + random.random()  # noqa: S311 - it only spreads load


def _data(body: bytes) -> dict[str, Any]:
    """What Slack says; nothing when it is not Slack who answers, but something on the way."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}
