"""The switches with which things go wrong, each one the trouble that real users of such bots complain of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.page.proposals import Proposal, proposals
from bot.sandbox.page.seat import HOME, Seat
from bot.sandbox.stage import Stage
from bot.sandbox.twenty import FakeCRM, Fault

CRM = "^/twenty/"
WRITES = ("POST", "PATCH", "DELETE")
SLOW = 2.0
RETRY_AFTER = 20


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch as the page shows it. `once`: it turns itself off when it has struck."""

    name: str
    label: str
    about: str
    once: bool = False


SWITCHES = (
    Switch("slow", "Slow CRM", "Every answer of the CRM takes two seconds."),
    Switch("hang", "CRM hangs", "The CRM takes requests and never answers."),
    Switch("busy", "CRM says 429", "Too many requests: the CRM refuses everything for now."),
    Switch("lost", "Lost answer", "The next write is carried out, and its answer gets lost on the way.", once=True),
    Switch("expired", "Expired credential", "The gateway can no longer log in to this workspace's CRM."),
    Switch("away", "Bot not in channel", "Somebody removed the app from the channel you are in."),
    Switch("double", "Double click", "Every press of a button is sent twice at the same moment."),
)


class Unknown(LookupError):
    """No such switch, or nothing that it could act on."""


@dataclass(slots=True)
class Faults:
    """Which switches are on. `double` is for whoever sends the clicks."""

    stage: Stage
    double: bool = False
    _on: dict[str, list[Fault]] = field(default_factory=dict)

    def is_on(self, name: str, seat: Seat) -> bool:
        """Whether it is on, for the place where somebody sits."""
        if name == "double":
            return self.double
        if name == "away":
            return self._is_away(seat)
        faults = self._on.get(name, [])
        if name == "lost" and any(fault.hits for fault in faults):
            self._off(name)
        return bool(self._on.get(name))

    def turn(self, name: str, seat: Seat, *, on: bool) -> None:
        """Turn one on or off; twice the same is the same as once."""
        if name not in {switch.name for switch in SWITCHES}:
            raise Unknown(f"There is no switch {name!r}.")
        if name == "double":
            self.double = on
        elif name == "away":
            self._move_bot(seat, away=on)
        else:
            self._off(name)
            if on:
                self._on[name] = MAKERS[name](self, seat)

    def change_record(self, seat: Seat) -> str:
        """Somebody else changes, in the CRM, what the newest open proposal is about; a sentence on what was done."""
        crm = self.stage.crm(seat.team)
        waiting = [p for p in proposals(self.stage.database, seat.team) if p.state == "pending" and p.verb != "create"]
        if crm is None or not waiting:
            raise Unknown("First propose an edit or a delete: then somebody else can be quicker in the CRM.")
        return _change(crm, waiting[0])

    def _off(self, name: str) -> None:
        for fault in self._on.pop(name, []):
            fault.remove()
            fault.release()

    def _is_away(self, seat: Seat) -> bool:
        bot = self.stage.slack.state.installation_for(seat.team)
        room = self.stage.slack.state.channels.get(seat.place)
        return bool(room and room.kind != "im" and bot and bot.bot_user not in room.members)

    def _move_bot(self, seat: Seat, *, away: bool) -> None:
        room = self.stage.slack.state.channels.get(seat.place)
        if seat.place == HOME or room is None or room.kind == "im":
            raise Unknown("Go to a channel first: the app cannot be removed from its own messages.")
        (self.stage.slack.remove_bot if away else self.stage.slack.invite_bot)(room.id)

    def slow(self, _: Seat) -> list[Fault]:
        return [self.stage.maton.fault("delay", path=CRM, times=None, seconds=SLOW)]

    def hang(self, _: Seat) -> list[Fault]:
        return [self.stage.maton.fault("hang", path=CRM, times=None)]

    def busy(self, _: Seat) -> list[Fault]:
        return [self.stage.maton.fault("status", path=CRM, times=None, status=429, retry_after=RETRY_AFTER)]

    def lost(self, _: Seat) -> list[Fault]:
        return [self.stage.maton.fault("lost_after", method=method, path=CRM) for method in WRITES]

    def expired(self, seat: Seat) -> list[Fault]:
        connection = self.stage.connection(seat.team)
        return [self.stage.maton.fault("expired", path=CRM, times=None, connection_id=connection)]


MAKERS: dict[str, Callable[[Faults, Seat], list[Fault]]] = {
    "slow": Faults.slow,
    "hang": Faults.hang,
    "busy": Faults.busy,
    "lost": Faults.lost,
    "expired": Faults.expired,
}

PLURALS = {"company": "companies", "person": "people", "deal": "opportunities", "note": "notes", "task": "tasks"}
QUICKER: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "employees": lambda now: {"employees": (now["employees"] or 0) + 1},
    "stage": lambda now: {"stage": "SCREENING" if now["stage"] != "SCREENING" else "MEETING"},
    "amount": lambda now: {"amount": {"amountMicros": 4_200_000_000, "currencyCode": "EUR"}},
    "close_date": lambda now: {"closeDate": "2031-01-01T00:00:00.000Z"},
    "status": lambda now: {"status": "IN_PROGRESS" if now["status"] != "IN_PROGRESS" else "DONE"},
    "due": lambda now: {"dueAt": "2031-01-01T09:00:00.000Z"},
    "text": lambda now: {"bodyV2": {"markdown": "Changed by somebody else."}},
    "job_title": lambda now: {"jobTitle": "Chief of Staff"},
    "city": lambda now: {"address": {"addressCity": "Reykjavik"}} if "address" in now else {"city": "Reykjavik"},
    "title": lambda now: {"title": f"{now['title']} (changed meanwhile)"},
    "name": lambda now: {"name": _renamed(now["name"])},
}
"""For each of the bot's field keys: what somebody else could make of the record."""


def _renamed(name: Any) -> Any:
    if isinstance(name, dict):
        return {**name, "lastName": f"{name.get('lastName') or ''}-Renamed"}
    return f"{name} (renamed)"


def _change(crm: FakeCRM, proposal: Proposal) -> str:
    plural = PLURALS[proposal.kind]
    now = crm.get(plural, proposal.record_id)
    touched = [key for key in proposal.changed_keys if key in QUICKER]
    key = (touched or ["title" if plural in ("notes", "tasks") else "name"])[0]
    crm.edit(plural, proposal.record_id, QUICKER[key](now))
    return f"Somebody else just changed {key.replace('_', ' ')} of {proposal.name}. Now press Confirm."
