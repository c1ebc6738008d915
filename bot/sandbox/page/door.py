"""The JSON door: everything that the page's people can do, for scripts too. The page itself has no other way in.

    GET  /api/state?user=U0ANA0001&channel=C0SALES01   what this person sees there, and how bot and CRM are
    POST /api/command   {"user", "channel", "text": "/crm acme"}
    POST /api/say       {"user", "channel", "text", "thread"?}
    POST /api/shortcut  {"user", "channel", "ts", "callback_id": "save_as_note"}
    POST /api/click     {"user", "label": "Confirm"}  the newest such button that this person sees, or in "channel"/"ts"
                        or the open form; or exactly, as the page does: {"user", "channel", "ts" | "view", "block_id",
                        "action_id", "value"?, "state"?}
    POST /api/submit    {"user", "answers": {"Title": "Call", "Records": ["Contoso"]}}  or "state" by block and action
    POST /api/suggest   {"user", "view" | "channel" and "ts", "block_id", "action_id", "text"}
    POST /api/close     {"user", "all"?: true}
    POST /api/home      {"user"}
    POST /api/wait      {"user", "channel"?, "text", "seconds"?: 10}  until it can be read somewhere by this person
    POST /api/fault     {"name": "slow", "on": true, "user"?, "channel"?}    POST /api/change  {"user"}
    POST /api/bot       {"do": "kill" | "start" | "restart"}                  POST /api/reset   {}

A body is JSON and says so in its Content-Type. An answer says `ok`; `bot` is what the bot answered to Slack, `trouble`
is what Slack itself would tell the person, and with status 400 `problem` says what cannot be done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.page import aiming
from bot.sandbox.page.faults import Unknown
from bot.sandbox.page.house import House
from bot.sandbox.page.seat import seated
from bot.sandbox.page.telling import state
from bot.sandbox.slack import Answer, Message, View

Json = dict[str, Any]
PATIENCE = 10.0
COMMAND = "/crm"
TROUBLES = {
    "operation_timeout": "The app did not respond within 3 seconds (operation_timeout).",
    "cannot_reach_the_bot": "The app cannot be reached: it is not running.",
}


class Door:
    """Answers `/api/...`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._acts: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "command": self.command,
            "say": self.say,
            "shortcut": self.shortcut,
            "click": self.click,
            "submit": self.submit,
            "suggest": self.suggest,
            "close": self.close,
            "home": self.home,
            "wait": self.wait,
            "fault": self.fault,
            "change": self.change,
            "bot": self.bot,
            "reset": self.reset,
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/state", self.show), web.post("/api/{act}", self.act)]

    async def show(self, request: web.Request) -> web.Response:
        """What somebody sees."""
        seat = seated(self._house.stage.slack, {"as": request.query.get("user", ""), "team": self._team(request.query)})
        return web.json_response(state(self._house, seat, request.query.get("channel")))

    async def act(self, request: web.Request) -> web.Response:
        """Do one thing and say what came of it."""
        act = self._acts.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound(text=f"There are {', '.join(self._acts)}.")
        try:
            return web.json_response(await act(await request.json()))
        except KeyError as missing:
            return _refused(f"{missing} is missing, or there is no such thing.")
        except TimeoutError:
            return _refused("It did not come.")
        except (LookupError, ValueError, TypeError) as error:
            return _refused(str(error))

    def _team(self, ask: Any) -> str:
        user = self._house.stage.slack.state.users.get(ask.get("user", ""))
        return str(ask.get("team") or (user.team if user else ""))

    # what people do

    async def command(self, ask: Json) -> Json:
        typed = ask["text"].strip()
        if typed.split(maxsplit=1)[:1] != [COMMAND]:
            return {"ok": False, "trouble": f"{typed.split(maxsplit=1)[0] if typed else '/'} is not a valid command."}
        return _told(await self._house.stage.slack.command(ask["user"], ask["channel"], typed))

    async def say(self, ask: Json) -> Json:
        said = self._house.stage.slack.say(ask["user"], ask["channel"], ask["text"], thread_ts=ask.get("thread"))
        return {"ok": True, "ts": said.ts}

    async def shortcut(self, ask: Json) -> Json:
        slack = self._house.stage.slack
        return _told(await slack.message_shortcut(ask["callback_id"], ask["user"], ask["channel"], ask["ts"]))

    async def click(self, ask: Json) -> Json:
        on = aiming.aim(self._house.stage.slack, ask)
        if isinstance(on, View):
            self._house.stage.slack.enter_all(on, ask.get("state") or {})
        if self._house.faults.double:
            first, _ = await asyncio.gather(self._press(on, ask), self._press(on, ask))
            return _told(first)
        return _told(await self._press(on, ask))

    async def _press(self, on: Message | View, ask: Json) -> Answer:
        slack, user = self._house.stage.slack, ask["user"]
        if "action_id" not in ask:
            return await slack.click(on, ask["label"], user=user, choose=ask.get("choose"))
        ids = {"block_id": ask["block_id"], "action_id": ask["action_id"]}
        return await slack.press(on, user=user, raw=ask.get("value"), **ids)

    async def submit(self, ask: Json) -> Json:
        slack = self._house.stage.slack
        view = aiming.form_of(slack, ask)
        await slack.fill(view, ask.get("answers") or {}, user=ask["user"])
        problems = slack.enter_all(view, ask.get("state") or {})
        if problems:
            slack.show_errors(view, problems)
            return {"ok": False, "errors": problems}
        answer = await slack.submit(view, {}, user=ask["user"])
        return _told(answer) | ({"errors": dict(view.errors)} if view.errors else {})

    async def suggest(self, ask: Json) -> Json:
        slack, on = self._house.stage.slack, aiming.aim(self._house.stage.slack, ask)
        ids = {"block_id": ask["block_id"], "action_id": ask["action_id"]}
        found = await slack.options(on, user=ask["user"], typed=ask["text"], **ids)
        return {"ok": True, "options": [aiming.shown_option(option) for option in found]}

    async def close(self, ask: Json) -> Json:
        view = aiming.form_of(self._house.stage.slack, ask)
        answer = await self._house.stage.slack.close(view, everything=bool(ask.get("all")))
        return _told(answer) if answer else {"ok": True}

    async def home(self, ask: Json) -> Json:
        return _told(await self._house.stage.slack.open_home(ask["user"]))

    async def wait(self, ask: Json) -> Json:
        """Wait until a text can be read."""
        seconds = min(float(ask.get("seconds", PATIENCE)), 60.0)
        async with asyncio.timeout(seconds):
            while True:
                version = self._house.version
                if aiming.can_read(self._house.stage.slack, ask["user"], ask["text"], ask.get("channel")):
                    return {"ok": True}
                await self._house.newer(version)

    # what goes wrong

    async def fault(self, ask: Json) -> Json:
        seat = seated(self._house.stage.slack, self._place(ask))
        try:
            self._house.faults.turn(ask["name"], seat, on=bool(ask["on"]))
        finally:
            self._house.tell()
        return {"ok": True}

    async def change(self, ask: Json) -> Json:
        return {"ok": True, "said": self._house.faults.change_record(seated(self._house.stage.slack, self._place(ask)))}

    def _place(self, ask: Json) -> dict[str, str]:
        return {"as": ask.get("user", ""), "in": ask.get("channel", ""), "team": self._team(ask)}

    async def bot(self, ask: Json) -> Json:
        """Kill it, start it, or both."""
        if ask["do"] not in ("kill", "start", "restart"):
            raise Unknown("The bot can be told to kill, start or restart.")
        if ask["do"] != "start":
            await self._house.kill_bot()
        if ask["do"] != "kill":
            await self._house.start_bot()
        return {"ok": self._house.problem == "", "health": self._house.stage.bot.health}

    async def reset(self, ask: Json) -> Json:
        """Everything anew; answered once the bot is ready again."""
        await self._house.reset()
        return {"ok": await self._house.ready()}


def _refused(problem: str) -> web.Response:
    return web.json_response({"ok": False, "problem": problem}, status=400)


def _told(answer: Answer) -> Json:
    told: Json = {"ok": answer.ok, "bot": {"status": answer.status, "seconds": round(answer.seconds, 3)}}
    if answer.body:
        told["bot"]["body"] = answer.json or answer.body
    return told if answer.ok else told | {"trouble": _trouble(answer)}


def _trouble(answer: Answer) -> str:
    if answer.status:
        return f"The app answered with an error (http_error {answer.status})."
    return TROUBLES.get(answer.body.partition(":")[0], answer.body)
