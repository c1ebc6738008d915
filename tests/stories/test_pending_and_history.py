"""What waits, and what happened: issued again, paged, and told to those whom it concerns."""

from dataclasses import replace

from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ANA, BEN, CLEO, RANDOM, SALES
from bot.team_settings import Approval, Rule, TeamSettings
from tests.house import House


async def proposed(home: House, name: str, *, user: str = ANA) -> None:
    """Somebody has proposed a company, wherever its card is."""
    view = await home.ask_form("/crm new company", user=user)
    await home.slack.submit(view, {"Name": name})
    await home.quiet()


async def propose(home: House, name: str, *, user: str = ANA) -> Message:
    """A waiting proposal for a company, which the proposer decides."""
    await proposed(home, name, user=user)
    return await home.private_card(user)


async def test_pending_cards_come_back_alive(one_home):
    """After a reload the private card is gone; pending issues it again, and Confirm works on it."""
    await propose(one_home, "Lost and Found")
    one_home.slack.reload(ANA)

    await one_home.slack.command(ANA, SALES, "/crm pending")
    card = await one_home.private_card()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Created company")

    assert [each["name"] for each in one_home.crm.all("companies")].count("Lost and Found") == 1


async def test_nothing_pending_is_said(one_home):
    """Without proposals pending says so, and what would stand there; it asks the CRM nothing."""
    answer = await one_home.ask("/crm pending")

    assert "no proposals waiting" in text_of(answer)
    assert "until somebody presses Confirm or Cancel" in text_of(answer)
    assert one_home.crm_requests() == []


async def test_seven_pending_cards_all_come_back(one_home):
    """More cards than a response_url has uses are all shown."""
    for number in range(7):
        await propose(one_home, f"Seven {number}")
    one_home.slack.reload(ANA)

    await one_home.slack.command(ANA, SALES, "/crm pending")
    await one_home.quiet()

    shown = [
        each for each in [*one_home.slack.ephemerals(ANA), *one_home.slack.dm(ANA)] if "Confirm" in buttons_of(each)
    ]
    assert len({text_of(each).split("\n")[0] for each in shown}) == 7


async def another_decides(home: House) -> None:
    """From now on nobody confirms what they proposed themselves."""
    await home.settle(TeamSettings(rules=(Rule(approval=Approval.ANOTHER),)))


async def test_what_waits_for_my_decision_is_listed_with_its_card(one_home):
    """Ben, who has to decide, finds what Ana proposed wherever he asks, and confirms it on a card of his own."""
    await another_decides(one_home)
    await proposed(one_home, "Needs Ben")

    waiting = await one_home.ask("/crm pending", user=BEN, channel=RANDOM)
    assert "Waiting for your decision" in text_of(waiting)
    assert "Create company: Needs Ben\nProposed by Ana Silva, expires " in text_of(waiting)
    await one_home.slack.click(waiting, "Show", user=BEN)
    card = await one_home.private_card(BEN)
    await one_home.slack.click(card, "Confirm", user=BEN)
    await one_home.shows(card, "Created company")

    assert [each["name"] for each in one_home.crm.all("companies")].count("Needs Ben") == 1
    assert "no proposals waiting" in text_of(await one_home.ask("/crm pending", user=BEN))


async def test_home_shows_what_waits_for_my_decision(one_home):
    """The decider's Home names it; the proposer's has it among the own, and whoever may not decide sees nothing."""
    await another_decides(one_home)
    await proposed(one_home, "Needs Ben")

    homes = {}
    for user in (ANA, BEN):
        await one_home.slack.open_home(user)
        await one_home.quiet()
        homes[user] = text_of(one_home.slack.home(user))

    assert "Waiting for your decision" in homes[BEN]
    assert "Create company: Needs Ben" in homes[BEN]
    assert "Waiting for your decision" not in homes[ANA]


async def test_a_message_is_told_of_in_its_own_channel_only(one_home):
    """Its first line is the proposal's title, and the channel may be private."""
    await another_decides(one_home)
    await one_home.save_note(title="Between us")

    assert "no proposals waiting" in text_of(await one_home.ask("/crm pending", user=BEN, channel=RANDOM))
    assert "Create note: Between us" in text_of(await one_home.ask("/crm pending", user=BEN, channel=SALES))


async def test_nobody_is_asked_to_decide_what_the_proposer_decides(one_home):
    """Without a policy pending is about one's own."""
    await propose(one_home, "Just mine")

    assert "no proposals waiting" in text_of(await one_home.ask("/crm pending", user=BEN))


async def test_a_create_is_issued_again_with_what_it_may_double_by_now(one_home):
    """Somebody made that company meanwhile: the card that is issued again offers it."""
    view = await one_home.ask_form("/crm new company Zephyr")
    await one_home.slack.submit(view, {"Domain": "zephyr.example"})
    await one_home.quiet()
    assert "Use existing" not in buttons_of(await one_home.private_card())
    one_home.crm.add("companies", {"name": "Zephyr", "domainName": {"primaryLinkUrl": "https://zephyr.example"}})

    await one_home.slack.command(ANA, SALES, "/crm pending")
    await one_home.quiet()

    assert "Use existing" in buttons_of(await one_home.private_card())


async def test_history_tells_who_did_what(one_home):
    """The proposer's history holds the proposal and the confirmation; a stranger's is empty."""
    card = await propose(one_home, "Historic")
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Created company")

    mine = text_of(await one_home.ask("/crm history"))
    record = text_of(await one_home.ask("/crm history company Historic"))
    theirs = text_of(await one_home.ask("/crm history", user=BEN))

    assert f"@{ANA} proposed to create the company “Historic”" in mine
    assert f"@{ANA} confirmed creating" in mine
    assert mine.count("; written") == 1
    assert "Written: create the company" in record
    assert "Nothing has been proposed" in theirs


async def test_a_change_is_told_by_its_fields(one_home):
    """By their names on the card, as the store holds them; the record has its id, and its name may lead to Twenty."""
    deal = one_home.crm.add("opportunities", {"name": "Zephyr renewal", "stage": "MEETING"})
    await one_home.settle(TeamSettings(crm_web_address="https://acme.twenty.com"))
    view = await one_home.ask_form("/crm edit deal Zephyr renewal")
    await one_home.slack.submit(view, {"Stage": "Proposal", "Amount": "12,500"})
    await one_home.quiet()
    one_home.maton.forget_log()

    answer = await one_home.ask("/crm history")

    assert f"@{ANA} proposed to change Amount and Stage of the deal “Zephyr renewal”" in text_of(answer)
    assert one_home.crm_requests() == []
    assert f"https://acme.twenty.com/object/opportunity/{deal['id']}" in str(answer.blocks)
    assert f"(id {deal['id']})" in answer.text


async def test_ones_own_history_tells_how_it_ended(one_home):
    """What another person cancelled, what the CRM refused, and what still waits, each at one line."""
    await another_decides(one_home)
    for name in ("Unwanted", "Refused", "Waiting"):
        await proposed(one_home, name)
    unwanted, refused, _ = [each for each in one_home.slack.messages(SALES) if "Confirm" in buttons_of(each)]
    await one_home.slack.click(unwanted, "Cancel", user=BEN)
    one_home.maton.fault("status", method="POST", path="/rest/companies", status=400, message="Too much of it.")
    await one_home.slack.click(refused, "Confirm", user=BEN)
    await one_home.shows(refused, "Failed")
    await one_home.quiet()

    waiting, failed, cancelled = text_of(await one_home.ask("/crm history")).split("\n")[1:4]

    assert "“Waiting”" in waiting
    assert ";" not in waiting
    assert "; failed; The CRM refused: Too much of it." in failed
    assert f"; cancelled by @{BEN}" in cancelled


async def test_a_record_without_a_history_is_named(one_home):
    """And that what was done in Twenty itself is not to be found here."""
    said = text_of(await one_home.ask("/crm history company contoso"))

    assert said.split("\n") == [
        "What happened to “Contoso”",
        "Nothing has been proposed from Slack yet.",
        "What people change in Twenty itself is not told here.",
    ]


async def test_members_are_offered_no_history(one_home):
    """They are read only here, so nothing was ever proposed for them."""
    one_home.crm.add("companies", {"name": "Okafor Brothers"})

    said = text_of(await one_home.ask("/crm history okafor"))

    assert said.startswith("What happened to “Okafor Brothers”")


async def test_what_was_deleted_has_a_history_by_its_id(one_home):
    """The CRM knows the record no more; who deleted it is told all the same, under its name."""
    company = one_home.crm.add("companies", {"name": "Shortlived"})
    await one_home.slack.command(ANA, SALES, f"/crm delete {company['id']}")
    card = await one_home.private_card()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Deleted company")

    said = text_of(await one_home.ask(f"/crm history {company['id']}"))

    assert said.startswith("What happened to “Shortlived”")
    assert f"@{ANA} confirmed deleting the company “Shortlived”" in said


async def test_what_was_deleted_has_a_history_by_its_name(one_home):
    """Also where another record matches the words: the one that was called just so is meant."""
    for name in ("Gone Ltd", "Gone Ltd Holding"):
        one_home.crm.add("companies", {"name": name})
    await one_home.slack.command(ANA, SALES, "/crm delete company Gone Ltd")
    card = await one_home.private_card()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Deleted company")

    assert "What happened to “Gone Ltd”" in text_of(await one_home.ask("/crm history gone ltd"))
    assert "What happened to “Gone Ltd”" in text_of(await one_home.ask("/crm history company Gone  Ltd"))
    assert "No person matches" in text_of(await one_home.ask("/crm history person gone ltd"))


async def test_the_teams_history_is_for_admins(one_home):
    """Only an admin sees everybody's."""
    await propose(one_home, "Everybodys")

    assert "for workspace admins" in text_of(await one_home.ask("/crm history team", user=BEN))
    assert "Everybodys" in text_of(await one_home.ask("/crm history team", user=CLEO))


async def test_history_is_paged(one_home):
    """Eleven events are two pages, newest first."""
    for number in range(11):
        await propose(one_home, f"Page {number}")

    first = await one_home.ask("/crm history")
    assert "Page 10" in text_of(first)
    assert "Page 0" not in text_of(first).replace("Page 10", "")
    await one_home.slack.click(first, "Next", user=ANA)

    second = await one_home.shows(first, "“Page 0”")
    assert "Page 10" not in text_of(second)


async def test_history_of_several_matches_is_a_choice(one_home):
    """Two tasks of one name: the asker chooses whose history is meant."""
    for _ in range(2):
        one_home.crm.add("tasks", {"title": "Twin"})

    answer = await one_home.ask("/crm history task twin")
    assert buttons_of(answer) == ["History", "History"]

    first = next(block for block in answer.blocks if block.get("accessory"))
    await one_home.slack.click(replace(answer, blocks=(first,)), "History", user=ANA)
    await one_home.told(ANA, "What happened to this record")
