"""Things that go wrong on Slack's side, switched on by a test or by the sandbox's page."""

from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    kind: str
    times: int
    seconds: float = 0.0
    error: str = ""


class Faults:
    """Faults by Web API method; `response_url` counts as a method."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Fault]] = {}

    def ratelimit(self, method: str, *, times: int = 1, retry_after: int = 1) -> None:
        """Answer 429 with `Retry-After`; nothing is done."""
        self._add(method, Fault("ratelimit", times, seconds=retry_after))

    def delay(self, method: str, seconds: float, *, times: int = 1_000_000) -> None:
        """Do it at once and answer late."""
        self._add(method, Fault("delay", times, seconds=seconds))

    def lose_answer(self, method: str, *, times: int = 1) -> None:
        """Do it, then close the connection instead of answering."""
        self._add(method, Fault("lose", times))

    def fail(self, method: str, error: str, *, times: int = 1) -> None:
        """Answer with this error; nothing is done."""
        self._add(method, Fault("fail", times, error=error))

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that strikes this call, used up once."""
        for fault in self._waiting.get(method, []):
            if fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _add(self, method: str, fault: Fault) -> None:
        self._waiting.setdefault(method, []).append(fault)
