"""`/crm find` as most people would write it: Bolt's AsyncApp with its defaults, an httpx client, `respond`."""

import asyncio
import os
from typing import Any

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.bench.rivals import rows

app = AsyncApp(
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    # Taken out of the environment, where Bolt would find it and warn that it goes unused beside a client.
    client=AsyncWebClient(token=os.environ.pop("SLACK_BOT_TOKEN"), base_url=os.environ["SLACK_API_URL"]),
)
crm = httpx.AsyncClient(
    base_url=os.environ["MATON_API_URL"],
    headers={"Authorization": f"Bearer {os.environ['MATON_API_KEY']}", "Maton-Connection": "bench"},
    timeout=30,
)


async def read(plural: str, words: list[str]) -> list[dict[str, Any]]:
    response = await crm.get(f"/twenty/rest/{plural}", params=rows.asked(plural, words))
    response.raise_for_status()
    return response.json()["data"][plural]


@app.command("/crm")
async def find(ack: Any, respond: Any, command: dict[str, Any]) -> None:
    await ack()
    words = command["text"].split()[1:]
    found = await asyncio.gather(*(read(each, words) for each in rows.PATHS))
    await respond(**rows.answer(words, found))


if __name__ == "__main__":
    web.run_app(app.web_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
