"""What the bot did, as Prometheus metrics: counts and times, never names, ids or contents.

One registry per bot, not the library's global one, so that several bots can live in one process (the sandbox, tests).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Every metric the bot keeps; `queue_depth` is asked when somebody scrapes."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._acknowledged = Histogram(
            "crm_bot_acknowledgement_seconds", "Time to acknowledge Slack", buckets=SECONDS, registry=self._registry
        )
        self._answered = Histogram(
            "crm_bot_answer_seconds", "Time to answer", ["story"], buckets=SECONDS, registry=self._registry
        )
        self._stories = Counter(
            "crm_bot_stories_total", "What people did, by how it ended", ["story", "outcome"], registry=self._registry
        )
        self._crm = Histogram(
            "crm_bot_crm_seconds", "CRM requests", ["method", "outcome"], buckets=SECONDS, registry=self._registry
        )
        self._of_request = cache(self._crm.labels)  # both are few; the library would check them each time
        self._proposals = Counter(
            "crm_bot_proposals_total", "Proposals entering a state", ["state"], registry=self._registry
        )
        self._open = Gauge(
            "crm_bot_open_proposals", "Proposals of all teams that can still change", ["state"], registry=self._registry
        )
        self._running = Gauge("crm_bot_errands", "Errands running now", registry=self._registry)

    def watch_queue(self, depth: Callable[[], float]) -> None:
        """Report `depth()` as the number of errands at each scrape."""
        self._running.set_function(depth)

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Time one acknowledgement."""
        began = time.perf_counter()
        yield
        self._acknowledged.observe(time.perf_counter() - began)

    def story(self, name: str, outcome: str, seconds: float) -> None:
        """A story ended; `outcome` is "ok" or the error's class name."""
        self._stories.labels(name, outcome).inc()
        self._answered.labels(name).observe(seconds)

    def crm_request(self, method: str, outcome: str, seconds: float) -> None:
        """A request to the CRM ended; `outcome` is its status or the kind of fault."""
        self._of_request(method, outcome).observe(seconds)

    def proposal(self, state: str) -> None:
        """A proposal entered a state."""
        self._proposals.labels(state).inc()

    def open_proposals(self, counts: Mapping[str, int]) -> None:
        """How many stand in each open state just now; none at all when that is not known."""
        self._open.clear()
        for state, count in counts.items():
            self._open.labels(state).set(count)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
