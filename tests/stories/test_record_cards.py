"""Record cards: the ways to one, what stands on it, what its menu leads to, and sharing it."""

import html

import pytest

from bot.sandbox.slack import Message, buttons_of, menu_of, pings_of, text_of
from bot.sandbox.slack.sample import ANA, BEN, CLEO, PRIVATE, RANDOM, SALES
from tests.house import House

MARKS = "\N{ROCKET} \u05e9\u05dc\u05d5\u05dd <!channel> *bold* & `code`"


def contoso(home: House) -> str:
    return next(each["id"] for each in home.crm.all("companies") if each["name"] == "Contoso")


def make_ana_a_person(home: House) -> str:
    """Ana as a person of Contoso, with one open and one closed deal."""
    person = home.crm.add(
        "people",
        {
            "name": {"firstName": "Ana", "lastName": "Silva"},
            "emails": {"primaryEmail": "ana@acme.example"},
            "companyId": contoso(home),
        },
    )["id"]
    closed = "WON" if home.crm.profile == "documented" else "CUSTOMER"
    for name, stage in (("Ana's open deal", "PROPOSAL"), ("Ana's closed deal", closed)):
        home.crm.add("opportunities", {"name": name, "stage": stage, "pointOfContactId": person})
    return person


async def pressed(home: House, on: Message, label: str, *, user: str = ANA) -> Message:
    """Press something on a card and wait for the private answer."""
    before = len(home.slack.ephemerals(user))
    await home.slack.click(on, label, user=user)
    await home.slack.wait_for(lambda: len(home.slack.ephemerals(user)) > before)
    return home.slack.ephemerals(user)[-1]


@pytest.mark.parametrize("typed", ["/crm who @ana", "/crm @ana", "/crm who", "/crm who me"])
async def test_who_is_a_person_with_company_and_open_deals(home, typed):
    """By the Slack email; closed deals are only counted."""
    make_ana_a_person(home)

    answer = await home.ask(typed)

    assert "Ana Silva" in text_of(answer)
    assert "Company: Contoso" in answer.text
    assert "Open deals (1)\n• Ana's open deal" in answer.text
    assert "and 1 closed" in answer.text
    assert "Add note" in buttons_of(answer)


@pytest.mark.parametrize("typed", ["/crm who @ben", "/crm who okafor", "/crm show member ben"])
async def test_who_is_a_member_where_there_is_no_such_person(home, typed):
    """A colleague who is no contact is shown as the CRM's member, with the open deals that they own."""
    ben = next(each["id"] for each in home.crm.all("workspaceMembers") if each["userEmail"] == "ben@acme.example")
    owned = [each for each in home.crm.all("opportunities") if each.get("ownerId") == ben]
    still_open = [each for each in owned if each["stage"] not in ("CUSTOMER", "WON", "LOST")]

    answer = await home.ask(typed)

    assert "Ben Okafor\nMember" in answer.text
    assert "ben@acme.example" in answer.text
    if home.crm.profile == "documented":
        assert "This CRM has no field “Owner” for deals." in answer.text
    else:
        assert f"Open deals ({len(still_open)})\n" in answer.text
        assert any(each["name"] in answer.text for each in still_open)


async def test_who_is_nobody_in_the_crm_can_be_made_a_person(home):
    """Said by name; the form has the name and the address that Slack knows."""
    answer = await home.ask("/crm who @gil")
    assert "Nobody in the CRM has the email address of Gil Guest" in text_of(answer)

    await home.slack.click(answer, "New person", user=ANA)
    form = await home.slack.wait_for(lambda: home._ready(ANA))

    values = {each["block_id"]: each["element"].get("initial_value") for each in form.blocks if "element" in each}
    assert (values["name"], values["email"]) == ("Gil Guest", "gil@elsewhere.example")


@pytest.mark.parametrize("typed", ["who <@U0GONE0001>", "tasks owner:<@U0GONE0001>"])
async def test_somebody_whom_slack_does_not_know_is_said_in_words(one_home, typed):
    """Of another company, or long gone: nobody is told that Slack does not know the asker."""
    assert "Slack does not tell me who that is" in text_of(await one_home.ask(f"/crm {typed}"))


@pytest.mark.parametrize(
    "typed",
    [
        "/crm show https://acme.twenty.com/object/company/{id}",
        "/crm https://acme.twenty.com/object/company/{id}?view=1",
        "/crm show {id}",
        "/crm {id}",
        "/crm show contoso",
        "/crm show company contoso",
    ],
)
async def test_every_way_to_a_card(home, typed):
    """A link with or without `show`, an id, words: the same card, and never more than nine requests."""
    answer = await home.ask(typed.format(id=contoso(home)))

    assert text_of(answer).startswith("Contoso\nCompany")
    assert buttons_of(answer)[:3] == ["Add note", "Add task", "Edit"]
    assert len(home.crm_requests()) <= 9


async def test_words_that_are_no_record_are_looked_for_among_notes_and_tasks(home):
    """Notes and tasks are searched only when no company, person or deal is called so."""
    home.crm.add("notes", {"title": "Quokka briefing"})

    answer = await home.ask("/crm show quokka")

    assert text_of(answer).startswith("Quokka briefing\nNote")
    home.maton.forget_log()
    await home.ask("/crm show ada")
    assert not [each for each in home.crm_requests() if each.path.endswith(("/notes", "/tasks"))]


async def test_a_card_is_whole_without_its_blocks(home):
    """What stands in the blocks stands in the text, in the same order."""
    answer = await home.ask("/crm show company contoso")

    said = html.unescape(answer.text)
    for line in text_of(answer).split("\n"):
        assert line in said or line in buttons_of(answer) + menu_of(answer), line


@pytest.mark.parametrize("name", [MARKS, "x" * 300, "Zero\u202eWidth\u200b Name", "  spaces   inside  "])
async def test_no_name_breaks_a_card_or_pings_anybody(home, name):
    """Long, right-to-left, marked-up or odd: the card is there, it says the name, and nobody is called.

    A character that would turn the card's own words around shows as a replacement mark.
    """
    company = home.crm.add("companies", {"name": name})
    shown = name.replace("\u202e", "\ufffd")

    answer = await home.ask(f"/crm show {company['id']}")

    assert not pings_of(answer)
    assert " ".join(shown.split())[:100] in " ".join(html.unescape(answer.text).split())
    assert len(answer.blocks) <= 15


async def test_a_cards_height_does_not_grow_with_what_hangs_on_it(home):
    """A hundred people and deals make a card no taller than five do."""
    few = await home.ask(f"/crm show {contoso(home)}")
    for number in range(60):
        home.crm.add("people", {"name": {"firstName": "P", "lastName": str(number)}, "companyId": contoso(home)})
        home.crm.add("opportunities", {"name": f"D{number}", "companyId": contoso(home), "stage": "MEETING"})

    many = await home.ask(f"/crm show {contoso(home)}")

    assert len(many.blocks) == len(few.blocks)
    assert len(many.text.split("\n")) <= len(few.text.split("\n")) + 4


async def test_notes_and_tasks_of_a_record_from_its_card(home):
    """The menu leads to all notes and all tasks, or to the sentence that this CRM ties none."""
    card = await home.ask(f"/crm show {contoso(home)}")
    assert menu_of(card) == ["All notes", "All tasks", "Share to channel", "History", "Delete"]
    if home.crm.profile == "documented":
        assert "does not let notes and tasks be attached" in text_of(await pressed(home, card, "All notes"))
        return
    for number in range(7):
        note = home.crm.add("notes", {"title": f"Minutes {number}"})
        home.crm.add("noteTargets", {"noteId": note["id"], "targetCompanyId": contoso(home)})
    task = home.crm.add("tasks", {"title": "Ring them", "status": "TODO"})
    home.crm.add("taskTargets", {"taskId": task["id"], "targetCompanyId": contoso(home)})
    home.maton.forget_log()

    notes = text_of(await pressed(home, card, "All notes"))
    tasks = await pressed(home, card, "All tasks")

    assert "Notes of Contoso" in notes
    assert all(f"Minutes {number}" in notes for number in range(7))
    assert "Tasks of Contoso" in text_of(tasks)
    assert "Ring them" in text_of(tasks)
    assert "Done" in buttons_of(tasks)
    assert len(home.crm_requests()) <= 4


async def shared(home: House, channel: str) -> Message:
    """Contoso's card, shared by Ana from her private answer."""
    card = await home.ask("/crm show company contoso", channel=channel)
    await home.slack.click(card, "Share to channel", user=ANA)
    return await home.slack.wait_for(
        lambda: next((each for each in home.slack.messages(channel) if "shared this from the CRM" in each.text), None)
    )


@pytest.mark.parametrize("channel", [SALES, RANDOM, PRIVATE])
async def test_a_shared_card_says_who_shared_it_and_can_be_taken_back(home, channel):
    """Also where the bot is no member; afterwards not even the name is left."""
    card = await shared(home, channel)
    assert card.only_for is None
    assert f"<@{ANA}> shared this from the CRM." in card.text
    assert "Share to channel" not in menu_of(card)
    home.maton.forget_log()

    await home.slack.click(card, "Make private again", user=ANA)

    back = await home.shows(card, "card private again")
    assert "Contoso" not in text_of(back) + back.text
    assert home.crm_requests() == []


async def test_only_the_sharer_or_an_admin_takes_a_card_back(one_home):
    """Ben may not, and is told so privately; Cleo, an admin, may."""
    card = await shared(one_home, SALES)

    told = await pressed(one_home, card, "Make private again", user=BEN)
    assert "Only the one who shared this card" in text_of(told)
    assert "Contoso" in text_of(one_home.slack.message(SALES, card.ts))

    await one_home.slack.click(card, "Make private again", user=CLEO)
    await one_home.shows(card, "card private again")


async def test_a_card_in_a_window_is_shared_where_the_window_was_opened(one_home):
    """A modal belongs to no channel, but remembers the message that it was opened on."""
    said = one_home.slack.say(ANA, SALES, "Any news from Contoso?")
    await one_home.slack.message_shortcut("look_up", ANA, SALES, said.ts)
    await one_home.quiet()

    await one_home.slack.click(one_home.slack.modal(ANA), "Share to channel", user=ANA)
    await one_home.quiet()

    assert [each for each in one_home.slack.messages(SALES) if f"<@{ANA}> shared this" in each.text]


@pytest.mark.parametrize("way", ["Show", "its id"])
async def test_a_member_has_a_card(home, way):
    """By the button in the list and by its id: nothing can be changed on it, and it takes three requests at most."""
    found = await home.ask("/crm members ben")
    ben = next(each["id"] for each in home.crm.all("workspaceMembers") if each["userEmail"] == "ben@acme.example")
    home.maton.forget_log()
    card = await (pressed(home, found, "Show") if way == "Show" else home.ask(f"/crm show member {ben}"))

    assert "ben@acme.example" in text_of(card)
    assert buttons_of(card) == menu_of(card) == []
    assert len(home.crm_requests()) <= 3


async def test_everything_is_private_by_default(home):
    """No lookup puts anything into a channel."""
    before = len(home.slack.messages(SALES))
    for line in ("contoso", "companies", "deals", "show company contoso", "who @ben", "workflows", "zzz", "help"):
        assert (await home.ask(f"/crm {line}")).only_for == ANA

    assert len(home.slack.messages(SALES)) == before


async def test_a_slow_crm_is_said_once_and_the_answer_follows(one_home):
    """Whoever waits longer than a moment is told so privately; then comes the answer."""
    hanging = one_home.maton.fault("hang", times=None)
    await one_home.slack.command(ANA, SALES, "/crm contoso")

    word = await one_home.told(ANA, "takes longer than usual; the answer follows")
    hanging.remove()
    hanging.release()

    await one_home.told(ANA, "Found for “contoso”")
    said = [text_of(each) for each in one_home.slack.ephemerals(ANA)]
    assert word.only_for == ANA
    assert sum("takes longer" in each for each in said) == 1


async def test_times_are_the_readers_own(one_home):
    """The same task is due at one in the afternoon in Amsterdam and at seven in the morning in New York."""
    task = one_home.crm.add("tasks", {"title": "Call", "status": "TODO", "dueAt": "2027-02-03T12:00:00.000Z"})

    assert "Due: Wed 3 Feb 2027, 13:00" in (await one_home.ask(f"/crm show {task['id']}")).text
    assert "Due: Wed 3 Feb 2027, 07:00" in (await one_home.ask(f"/crm show {task['id']}", user=BEN)).text


async def test_a_limit_that_makes_somebody_wait_is_said(one_home):
    """A CRM that refuses for four seconds makes the bot wait its turn, say so once, and answer."""
    one_home.maton.fault("status", status=429, retry_after=4, times=3)
    await one_home.slack.command(ANA, SALES, "/crm contoso")

    await one_home.told(ANA, "waits its turn; the answer follows")
    await one_home.told(ANA, "Found for “contoso”")

    assert sum("waits its turn" in text_of(each) for each in one_home.slack.ephemerals(ANA)) == 1
