"""`/crm find` as most people would write it: Bolt's AsyncApp with its defaults, an httpx client, `respond`."""

import asyncio
import os
from typing import Any

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

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


async def read(plural: str, word: str) -> list[dict[str, Any]]:
    field = "name.firstName" if plural == "people" else "name"
    response = await crm.get(f"/twenty/rest/{plural}", params={"filter": f"{field}[ilike]:%{word}%", "limit": 60})
    response.raise_for_status()
    return response.json()["data"][plural]


def row(record: dict[str, Any]) -> dict[str, Any]:
    name = record["name"]
    name = name if isinstance(name, str) else f"{name['firstName']} {name['lastName']}"
    button = {"type": "button", "text": {"type": "plain_text", "text": "Show"}, "action_id": "show"}
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"*{name}*"},
        "accessory": {**button, "value": record["id"]},
    }


@app.command("/crm")
async def find(ack: Any, respond: Any, command: dict[str, Any]) -> None:
    await ack()
    word = command["text"].split()[-1]
    companies, people, deals = await asyncio.gather(
        *(read(each, word) for each in ("companies", "people", "opportunities"))
    )
    blocks = [row(record) for record in (*companies, *people, *deals)]
    await respond(text=f"{len(blocks)} found", blocks=blocks)


if __name__ == "__main__":
    web.run_app(app.web_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
