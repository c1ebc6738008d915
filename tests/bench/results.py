"""What a run of the look-up road saw: samples by contender and load, in rounds that can be compared with each other."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.bench.figures import Figure, Figures
from tests.bench.load import Sample

STEADY = 200  # commands a second
OURS, PLAIN, JAVASCRIPT, LIMIT = "this bot", "Bolt for Python, plain", "Bolt for JavaScript", "by hand, the limit"
JAVASCRIPT_OF_MANY, LIMIT_OF_MANY = "Bolt for JavaScript, many workspaces", "by hand, many workspaces"
"""As many workspaces as ours, and who is asking is looked up; the other rivals know one, by its token, and ask nobody.

So these do the same work as ours when cold, and the others never do it.
"""

Of = Callable[[Sample], float]


@dataclass(frozen=True, slots=True)
class Load:
    """A CRM of this latency, and so many in flight (or, with `many` 0, `STEADY` a second).

    Cold means: each command comes from a team that the process has never heard of.
    """

    latency_ms: int
    many: int
    cold: bool = False

    def __str__(self) -> str:
        return f"{self.people} at {self.latency_ms} ms{', cold' if self.cold else ''}"

    @property
    def people(self) -> str:
        """How many at once, as a table shows it."""
        return str(self.many or f"{STEADY}/s")

    @property
    def place(self) -> tuple[int, float, bool]:
        """Where it stands in a table."""
        return self.latency_ms, self.many or math.inf, self.cold

    @property
    def warm(self) -> "Load":
        """The same load from teams that have just been served."""
        return replace(self, cold=False)


ALONE, BUSY, STEADILY = Load(0, 1), Load(0, 64), Load(50, 0)


@dataclass(slots=True)
class Results:
    """Everything that was seen; the n-th entry of every list comes from the n-th round.

    `said` is the first line that a contender wrote on stderr, where it wrote any.
    """

    samples: dict[tuple[str, Load], list[Sample]] = field(default_factory=lambda: defaultdict(list))
    started: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    idle: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    said: dict[str, str] = field(default_factory=dict)

    def figures(self, name: str, load: Load) -> Figures:
        """One contender at one load."""
        return Figures.of(self.samples.get((name, load), []))

    def of(self, name: str, load: Load, value: Of) -> Figure:
        """One value of one contender at one load."""
        return Figure.of(value(each) for each in self.samples.get((name, load), []))

    def against(self, rival: str, load: Load, value: Of) -> Figure:
        """Ours as a multiple of a rival's, round by round; the warm of one that knows no teams is its cold."""
        mine = self.samples.get((OURS, load), [])
        theirs = self.samples.get((rival, load)) or self.samples.get((rival, load.warm), [])
        return Figure.of(ratio(value(a), value(b)) for a, b in zip(mine, theirs, strict=False))

    def memory(self, name: str, load: Load = BUSY) -> Figure:
        """Resident megabytes at the end of that load."""
        return self.of(name, load, lambda sample: sample.memory)


def ratio(mine: float, theirs: float) -> float:
    """How many times; not a number where there is nothing to compare with."""
    return mine / theirs if theirs and not math.isnan(theirs) else math.nan
