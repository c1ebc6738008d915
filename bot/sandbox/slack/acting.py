"""What people do in Slack: commands, shortcuts, clicks, forms and events, each sent to the bot as Slack sends it.

Every act returns the bot's `Answer`. What Slack's client would not let a person do raises `FormError` in the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack import encoding, payloads, response_urls, views
from bot.sandbox.slack.blocks import check_options
from bot.sandbox.slack.deliver import Answer, Delivery, Signature
from bot.sandbox.slack.forms import FormError, check_complete, enter, field_named, label_of, option_named
from bot.sandbox.slack.mishaps import Mishaps
from bot.sandbox.slack.pressing import find_action
from bot.sandbox.slack.reading import elements_of
from bot.sandbox.slack.state import Refusal, ResponseUrl, View
from bot.sandbox.slack.world import Json, Message

EXTERNAL = ("external_select", "multi_external_select")
DEFAULT_QUERY_LENGTH = 3
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """What Slack itself told a person because the bot did not answer well."""

    user: str
    what: str
    answer: Answer = field(repr=False)


class Acting(Mishaps):
    """The people's side. `url` is where this Slack is served."""

    url: str
    delivery: Delivery
    troubles: list[Trouble]
    _offered: dict[tuple[str, str, str], list[Json]]

    # Commands and shortcuts

    async def command(
        self, user: str, channel: str, typed: str, *, escape: bool = True, signature: Signature = "valid"
    ) -> Answer:
        """Type a slash command; an answer in the response is shown as Slack shows it."""
        team = self.state.team_where(user, channel)
        form = payloads.slash_command(
            self.state, self.url, user=user, channel=channel, team=team, typed=typed, escape=escape
        )
        answer = await self._act(user, "slash_commands", form, signature)
        if answer.ok and answer.body.strip():
            self._say_in_answer(user, channel, team, answer)
        return answer

    async def message_shortcut(
        self, callback_id: str, user: str, channel: str, ts: str, *, signature: Signature = "valid"
    ) -> Answer:
        """Choose a shortcut in a message's menu."""
        message = self.state.posted.get((channel, ts))
        if message is None:
            raise FormError(f"no message {ts} in {channel}")
        team = self.state.team_where(user, channel)
        payload = payloads.message_action(
            self.state, self.url, callback_id=callback_id, user=user, message=message, team=team
        )
        return await self._act(user, "interactive", payload, signature)

    async def global_shortcut(self, callback_id: str, user: str, *, signature: Signature = "valid") -> Answer:
        """Choose a shortcut beside the message box."""
        team = self.state.users[user].team
        payload = payloads.shortcut(self.state, callback_id=callback_id, user=user, team=team)
        return await self._act(user, "interactive", payload, signature)

    # Clicks

    async def click(
        self,
        on: Message | View,
        label: str | None = None,
        *,
        user: str,
        action_id: str | None = None,
        choose: Any = None,
        signature: Signature = "valid",
    ) -> Answer:
        """Press a button or an overflow entry by what it says, or with `choose` pick from a select, date or check box.

        A message is clicked as it was seen, even if it has changed since.
        """
        action = find_action(on, label, action_id=action_id, choose=choose, offered=self._offered_on(on))
        if isinstance(on, View):
            self._check_open(on)
            if action["type"] not in ("button", "overflow"):
                state = {key: value for key, value in action.items() if key not in ("block_id", "action_id")}
                on.entered[action["block_id"], action["action_id"]] = state
            payload = payloads.click_in_view(self.state, user=user, view=on, action=action)
        else:
            self._check_visible(on, user)
            now = self.state.find(on.channel, on.ts) or on
            payload = payloads.click_on_message(self.state, self.url, user=user, message=now, action=action)
        return await self._act(user, "interactive", payload, signature)

    # Forms

    async def fill(self, view: View, answers: Mapping[str, Any], *, user: str | None = None) -> None:
        """Fill in fields by label without submitting; type-ahead fields are typed into when nothing is offered yet."""
        self._check_open(view)
        for label, answer in answers.items():
            block, element = field_named(view, label)
            if element["type"] in EXTERNAL and answer:
                given = answer if isinstance(answer, list | tuple) else [answer]
                await self._type_ahead(view, label, (block["block_id"], element), given, user or view.user)
        enter(view, answers, lambda block, action: self._offered.get((view.id, block, action), ()))

    async def submit(
        self,
        view: View,
        answers: Mapping[str, Any] | None = None,
        *,
        user: str | None = None,
        signature: Signature = "valid",
    ) -> Answer:
        """Fill in fields by label and submit; the bot's answer is applied to the modal."""
        who = user or view.user
        await self.fill(view, answers or {}, user=who)
        if not view.content.get("submit"):
            raise FormError(f"{view.title!r} has nothing to submit")
        check_complete(view)
        view.errors = {}
        answer = await self._act(who, "interactive", payloads.submission(self.state, user=who, view=view), signature)
        if answer.ok:
            self._apply(view, who, answer)
        return answer

    async def close(self, view: View, *, everything: bool = False) -> Answer | None:
        """Close a modal, or the whole stack; the bot hears of it when it asked to."""
        self._check_open(view)
        payload = payloads.closed(self.state, user=view.user, view=view, is_cleared=everything)
        views.close(self.state, view, everything=everything)
        if not view.content.get("notify_on_close"):
            return None
        return await self._act(view.user, "interactive", payload, "valid")

    async def suggest(self, on: View | Message, label: str, typed: str, *, user: str | None = None) -> list[str]:
        """Type into a type-ahead field; the options' texts, none before `min_query_length` is reached."""
        found = [(b, e) for b, e in elements_of(on) if label in (label_of(b, e), e["action_id"])]
        if not found or found[0][1]["type"] not in EXTERNAL:
            raise FormError(f"no type-ahead field {label!r}")
        block, element = found[0]
        if len(typed) < element.get("min_query_length", DEFAULT_QUERY_LENGTH):
            return []
        who = user or (on.user if isinstance(on, View) else on.only_for) or ""
        ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
        payload = payloads.suggestion(self.state, user=who, seen=on, typed=typed, **ids)
        answer = await self._act(who, "interactive", payload, "valid")
        options = self._options_in(answer, who)
        self._offered[_name(on), block["block_id"], element["action_id"]] = options
        return [option["text"]["text"] for option in options]

    # Events

    async def event(
        self,
        team: str,
        inner: Json,
        *,
        event_id: str = "",
        retries: int = RETRIES,
        signature: Signature = "valid",
    ) -> Answer:
        """Send an event, again and again until the bot answers 200, as Slack does three times; the last answer."""
        payload = payloads.event(self.state, team, inner, event_id=event_id)
        answer = await self.delivery.send("events_api", payload, how=signature)
        for retry in range(1, retries + 1):
            if answer.ok:
                break
            answer = await self.delivery.send("events_api", payload, how=signature, retry=retry)
        return answer

    async def open_home(self, user: str, *, tab: str = "home") -> Answer:
        """Open the app's Home: the bot gets `app_home_opened`."""
        inner: Json = {"type": "app_home_opened", "user": user, "channel": self.dm_channel(user), "tab": tab}
        home = self.home(user)
        if home and tab == "home":
            inner["view"] = payloads.shown_view(self.state, home)
        return await self.event(self.state.users[user].team, inner)

    async def uninstall(self, team: str) -> Answer:
        """Remove the app from a team: its token dies, `tokens_revoked` and `app_uninstalled` go out."""
        bot_user = self.installation(team).bot_user
        self.revoke_token(team)
        await self.event(team, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot_user]}})
        return await self.event(team, {"type": "app_uninstalled"})

    async def verify_url(self) -> Answer:
        """Slack's check of an events url: the bot must answer with the challenge."""
        payload = {"type": "url_verification", "token": payloads.TOKEN, "challenge": "sandbox-challenge"}
        return await self.delivery.send("events_api", payload)

    async def ssl_check(self) -> Answer:
        """Slack's check of a command's certificate: any 200 will do."""
        return await self.delivery.send("plain", {"ssl_check": "1", "token": payloads.TOKEN})

    def say(self, user: str, channel: str, typed: str, *, thread_ts: str | None = None) -> Message:
        """Post a message as a person; it is encoded as Slack's composer does."""
        if user not in self.state.channels[channel].members:
            raise FormError(f"{user} is not in {channel}")
        team = self.state.users[user].team
        leaves = encoding.leaves(self.state, typed, team)
        section = {"type": "rich_text_section", "elements": leaves}
        blocks = ({"type": "rich_text", "block_id": self.state.new_id("b"), "elements": [section]},)
        text = encoding.encoded(self.state, leaves, names=False)
        return self.state.put(Message(channel, self.state.new_ts(), user, text, blocks, thread_ts, team=team))

    # What Slack does with answers

    async def _act(self, user: str, kind: Any, payload: Json, signature: Signature) -> Answer:
        answer = await self.delivery.send(kind, payload, how=signature)
        if not answer.ok:
            self._trouble(user, answer.body if answer.status == 0 else f"http_error {answer.status}", answer)
        self.state.changes.tell()
        return answer

    def _trouble(self, user: str, what: str, answer: Answer) -> None:
        self.troubles.append(Trouble(user, what, answer))
        self.state.changes.tell()

    def _say_in_answer(self, user: str, channel: str, team: str, answer: Answer) -> None:
        body = answer.json if isinstance(answer.json, dict) and answer.json else {"text": answer.body}
        try:
            response_urls.say(self.state, ResponseUrl(user, channel, team, 0), body)
        except Refusal as refusal:
            self._trouble(user, refusal.error, answer)

    def _apply(self, view: View, user: str, answer: Answer) -> None:
        if views.find(self.state, view_id=view.id) is None:
            return  # the bot's own call was quicker than its answer
        try:
            views.apply_answer(self.state, view, answer.json)
        except Refusal as refusal:
            self._trouble(user, f"{refusal.error} {refusal.more or ''}".strip(), answer)

    def _options_in(self, answer: Answer, user: str) -> list[Json]:
        if not answer.ok:
            return []
        problems = check_options(answer.json)
        if problems:
            self._trouble(user, "; ".join(problems), answer)
            return []
        grouped = [option for group in answer.json.get("option_groups") or () for option in group["options"]]
        return [*(answer.json.get("options") or ()), *grouped]

    # What a person can reach

    async def _type_ahead(
        self, view: View, label: str, place: tuple[str, Json], answers: Sequence[Any], user: str
    ) -> None:
        """Type whatever is not among the offers yet, and keep all that was offered on the way."""
        block_id, element = place
        key = (view.id, block_id, element["action_id"])
        initial = element.get("initial_options") or [o for o in [element.get("initial_option")] if o]
        for text in answers:
            offered = self._offered.get(key, [])
            try:
                option_named([*offered, *initial], text)
            except FormError:
                await self.suggest(view, label, text, user=user)
                self._offered[key] = [*offered, *self._offered.get(key, [])]

    def _offered_on(self, on: Message | View) -> Mapping[tuple[str, str], list[Json]]:
        name = _name(on)
        return {(block, action): options for (seen, block, action), options in self._offered.items() if seen == name}

    def _check_open(self, view: View) -> None:
        is_home = self.state.homes.get((view.team, view.user)) is view
        if not is_home and views.find(self.state, view_id=view.id) is None:
            raise FormError(f"{view.title!r} is not open any more")

    def _check_visible(self, message: Message, user: str) -> None:
        place = self.state.channels[message.channel]
        if message.only_for not in (None, user) or (place.is_private and user not in place.members):
            raise FormError(f"{user} cannot see this message")


def _name(on: Message | View) -> str:
    return on.id if isinstance(on, View) else f"{on.channel}/{on.ts}"
