"""One story through a sandbox that has just been started: look up, save a message, Confirm, see the note in the CRM.

python .ci/story.py SANDBOX_LOG     the log tells the sandbox's address, and that it is ready
"""

import json
import pathlib
import re
import sys
import time
import urllib.request

ANA, SALES = "U0ANA0001", "C0SALES01"


def main(log: pathlib.Path) -> None:
    """Drive the story; an AssertionError names the first thing that did not hold."""
    began = time.monotonic()
    url = address(log)
    print(f"ready after {time.monotonic() - began:.1f} s")
    notes = state(url)["records"]["notes"]

    act(url, "command", channel=SALES, text="/crm fabrikam")
    act(url, "wait", text="Fabrikam renewal")

    message = state(url)["messages"][0]
    act(url, "shortcut", channel=SALES, ts=message["ts"], callback_id="save_as_note")
    until(lambda: (state(url)["modal"] or {}).get("labels"), "the form")
    act(url, "submit", answers={"Title": "Call with Fabrikam", "Records": ["Fabrikam"]})
    act(url, "wait", text="Nothing is written before Confirm")
    act(url, "click", label="Confirm")
    until(lambda: state(url)["records"]["notes"] == notes + 1, "the note in the CRM")
    act(url, "wait", text="Created note")

    now = state(url)
    assert not now["surprises"], now["surprises"]
    assert not now["refused"], now["refused"]
    print(f"looked up, saved, confirmed and found in the CRM after {time.monotonic() - began:.1f} s")


def address(log: pathlib.Path) -> str:
    """Where the sandbox is, once it says that it is ready."""
    text = until(lambda: "Ready." in log.read_text() and log.read_text(), "the sandbox", seconds=30)
    return re.search(r"http://127\.0\.0\.1:\d+", text)[0]


def until(fact, what: str, *, seconds: float = 15):
    """Wait for something to become true, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.05)
    return found


def state(url: str) -> dict:
    """What Ana sees."""
    with urllib.request.urlopen(f"{url}/api/state?user={ANA}&channel={SALES}") as answer:
        return json.load(answer)


def act(url: str, what: str, **ask: object) -> dict:
    """Do something as Ana; it must be answered well."""
    body = json.dumps({"user": ANA, **ask}).encode()
    request = urllib.request.Request(f"{url}/api/{what}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        told = json.load(answer)
    assert told["ok"], told
    return told


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
